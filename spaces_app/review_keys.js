// Keys of the tab Review, and a warning before the page is left with changes that were not
// downloaded. Runs once for a page; `element` is the part of the page that shows the text.
if (!window.agirReview) {
  const state = { isTyped: false };
  window.agirReview = state;
  const byId = (id) => document.getElementById(id);
  const buttons = {
    n: "next", p: "previous", u: "unreviewed", a: "accept", r: "reject", z: "undo", y: "redo",
  };
  const FIELDS = "input:not([type=checkbox]):not([type=button]), textarea, select, gait-scene, " +
    "[contenteditable=true], [role=listbox], [role=combobox], [role=dialog]";
  const isField = (event) =>
    event.composedPath().some((node) => node.matches && node.matches(FIELDS));
  const isShown = (node) => node && node.offsetParent !== null;

  const onKey = (event) => {
    const editor = byId("agir-review-editor");
    if (!isShown(editor) || event.ctrlKey || event.metaKey || event.altKey) return;
    const isText = isField(event);
    if (event.key === "Escape" && isText && editor.contains(event.target)) event.target.blur();
    const switched = document.querySelector("#agir-review-keys input[type=checkbox]");
    if (isText || (switched && !switched.checked)) return;
    const key = event.key.toLowerCase();
    if (key === "e") {
      event.preventDefault();
      editor.querySelector("textarea").focus();
    } else if (buttons[key] && !event.repeat) {
      event.preventDefault();
      byId(`agir-review-${buttons[key]}`).click();
    }
  };

  const onTyped = (event) => {
    if (event.target.closest && event.target.closest("#agir-review-editor textarea")) {
      state.isTyped = true;
    }
  };
  // A text that was shown by the server is also kept by it.
  new MutationObserver(() => { state.isTyped = false; }).observe(
    element, { childList: true, subtree: true });

  window.addEventListener("keydown", onKey);
  document.addEventListener("input", onTyped);
  // Before the listener of Gradio, which ends the session even if the user then stays on the page.
  window.addEventListener("beforeunload", (event) => {
    if (!state.isTyped && !document.querySelector("[data-unsaved=yes]")) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    event.returnValue = "";
  }, true);
}

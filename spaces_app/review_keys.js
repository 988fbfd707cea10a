// Keys of the tab Review, and whether it has changes that were not downloaded. Runs once for a page;
// `element` is the part of the page with the text.
if (!window.agirReview) {
  let isTyped = false;
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
      isTyped = true;
    }
  };
  // Whether the server has stored what the fields contain. The part of the page above them has the
  // stored texts; an empty field means the original text.
  const words = (text) => text.split(/\s+/).filter(Boolean).join(" ");
  const isStored = () => {
    const fields = document.querySelectorAll("#agir-review-editor textarea");
    const parts = [...document.querySelectorAll("#agir-review [data-stored]")];
    return fields.length === parts.length && parts.every((part, number) => {
      const text = words(fields[number].value);
      return text === words(part.dataset.stored) || (!text && !part.dataset.edited);
    });
  };

  // Whether there are changes that were not downloaded, see first.js.
  const isUnsaved = () =>
    (isTyped && !isStored()) || Boolean(document.querySelector("[data-unsaved=yes]"));
  window.agirReview = { isUnsaved };

  // Each answer of the server has a number. Answers can reach the page in another order; where one
  // replaces a later one, the present state is asked for.
  const newest = new Map();
  const onAnswer = () => {
    let isOld = false;
    for (const id of ["agir-review", "agir-review-recording"]) {
      const number = Number(document.querySelector(`#${id} [data-number]`)?.dataset.number ?? NaN);
      if (number < newest.get(id)) isOld = true;
      else if (number) newest.set(id, number);
    }
    if (isOld) byId("agir-review-refresh").click();
  };
  new MutationObserver(onAnswer).observe(element.closest(".agir-review-row"), {
    childList: true, subtree: true, attributes: true, attributeFilter: ["data-number"],
  });

  window.addEventListener("keydown", onKey);
  document.addEventListener("input", onTyped);
}

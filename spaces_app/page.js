// Own script of the page.
// 1. A result is hidden from the moment at which another file is chosen, until the server has removed
//    it (attributes of the document, see app.css, assess_tab.py and compare_tab.py).
// 2. An answer that reaches the page after another file was chosen is hidden (see tickets.py).
// 3. Names and roles that Gradio leaves out, for screen readers and the keyboard.
(() => {
  "use strict";

  const STARTS = {
    "data-agir-busy": "#agir-assess, .agir-example, #agir-file button[aria-label='Clear']",
    "data-agir-compare-busy": "#agir-compare-start, #agir-compare-example",
  };
  const FILES = {
    "data-agir-busy": "#agir-file",
    "data-agir-compare-busy": "#agir-compare-first, #agir-compare-second",
  };
  const hideOld = (target, selectors) => {
    for (const [mark, selector] of Object.entries(selectors)) {
      if (target.closest?.(selector)) document.documentElement.setAttribute(mark, "");
    }
  };

  document.addEventListener("change", (event) => {
    if (event.target.matches?.("input[type=file]")) hideOld(event.target, FILES);
  }, true);
  document.addEventListener("drop", (event) => hideOld(event.target, FILES), true);
  document.addEventListener("click", (event) => hideOld(event.target, STARTS), true);

  // Gradio gives every field for files the same name, without its visible text.
  const nameFields = () => {
    for (const button of document.querySelectorAll("button.upload-container")) {
      const field = button.closest(".block")?.querySelector("label")?.textContent.trim() || "File";
      const name = `${field}: ${button.textContent.trim().replace(/\s+/g, " ")}`;
      if (button.getAttribute("aria-label") !== name) button.setAttribute("aria-label", name);
    }
  };
  const ticket = (id) =>
    document.querySelector(`#${id} [data-ticket]`)?.getAttribute("data-ticket");
  const hideOutdated = () => {
    for (const tab of ["agir", "agir-compare"]) {
      const newest = ticket(`${tab}-newest`);
      for (const [part, marked] of [["status", "status"], ["results", "top"]]) {
        const own = ticket(`${tab}-${marked}`);
        document.getElementById(`${tab}-${part}`)?.toggleAttribute(
          "data-outdated", Boolean(newest && own && own !== newest));
      }
    }
  };
  let isPlanned = false;
  const plan = () => {
    if (isPlanned) return;
    isPlanned = true;
    requestAnimationFrame(() => {
      isPlanned = false;
      nameFields();
    });
  };
  new MutationObserver(() => {
    hideOutdated();
    plan();
  }).observe(document.documentElement, { childList: true, subtree: true });
})();

// Own script of the page.
// 1. A result is hidden from the moment at which another file is chosen, until the server has removed
//    it (the attribute "data-agir-busy" of the document, see app.css and assess_tab.py).
// 2. Names and roles that Gradio leaves out, for screen readers and the keyboard.
(() => {
  "use strict";

  const busy = () => document.documentElement.setAttribute("data-agir-busy", "");
  const startsAnother = (target) =>
    target.closest?.("#agir-assess, .agir-example, #agir-file button[aria-label='Clear']");

  document.addEventListener("change", (event) => {
    if (event.target.matches?.("#agir-file input[type=file]")) busy();
  }, true);
  document.addEventListener("drop", (event) => {
    if (event.target.closest?.("#agir-file")) busy();
  }, true);
  document.addEventListener("click", (event) => {
    if (startsAnother(event.target)) busy();
  }, true);

  // Gradio gives every field for files the same name, without its visible text.
  const nameFields = () => {
    for (const button of document.querySelectorAll("button.upload-container")) {
      const field = button.closest(".block")?.querySelector("label")?.textContent.trim() || "File";
      const name = `${field}: ${button.textContent.trim().replace(/\s+/g, " ")}`;
      if (button.getAttribute("aria-label") !== name) button.setAttribute("aria-label", name);
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
  new MutationObserver(plan).observe(document.documentElement, { childList: true, subtree: true });
})();

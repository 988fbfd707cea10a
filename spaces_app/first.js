// The browser asks before the page is left with changes of a review. Runs before the scripts of
// Gradio, see first_script.py; `window.agirReview` is from review_keys.js.
window.addEventListener("beforeunload", (event) => {
  if (!window.agirReview?.isUnsaved()) return;
  event.stopImmediatePropagation();
  event.preventDefault();
  event.returnValue = "";
});

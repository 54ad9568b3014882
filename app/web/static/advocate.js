/* Beside the editor: help opens where there is room, and a short answer goes to where the cursor is. */
"use strict";

(() => {
  const beside = document.getElementById("beside");
  if (beside && matchMedia("(min-width: 1100px)").matches) addEventListener("load", () => { beside.open = true; });

  const area = document.getElementById("text");
  const offer = (root) => {
    if (area) for (const button of root.querySelectorAll("[data-insert]")) button.hidden = false;
  };
  offer(document);
  document.addEventListener("htmx:afterSwap", (event) => offer(event.target));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button || !area) return;
    const words = document.getElementById(button.dataset.insert).textContent;
    const { selectionStart: from, selectionEnd: to } = area;
    const before = area.value.slice(0, from);
    const gap = before && !/\s$/.test(before) ? " " : "";
    area.setRangeText(gap + words, from, to, "end");
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();

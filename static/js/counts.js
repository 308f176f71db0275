// The work list's counts and the title of the tab follow what happens, while the page is looked at; the list itself stays as it is.

import { changes, poll } from "./polling.js";

const SECONDS = 30;

export function startCounts(root) {
  const box = root.querySelector("[data-counts]");
  if (!box) return;
  const ask = changes();
  const before = box.querySelector("[data-title]").dataset.title;
  const rest = document.title.slice(before.length);

  poll(async () => {
    const html = await ask(box.dataset.counts);
    if (html) show(html);
    return html !== false;
  }, SECONDS);

  function show(html) {
    const focused = box.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    box.innerHTML = html;
    document.title = box.querySelector("[data-title]").dataset.title + rest;
    if (focused) box.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  }
}

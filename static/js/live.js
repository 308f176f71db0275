// The directory's page: its list follows the box, and the arrow keys walk through it.

import { latest, patient } from "./fetching.js";
import { askedAt } from "./first_six.js";

export function startLive(root) {
  const input = root.querySelector("[data-live]");
  const place = root.querySelector("[data-live-answer]");
  if (!input || !place) return;
  const ask = latest();

  async function look() {
    const words = input.value.trim();
    const html = await ask(askedAt(input.dataset.live, words));
    if (html === null || input.value.trim() !== words) return;
    place.innerHTML = html;
    history.replaceState(null, "", words ? askedAt(location.pathname, words) : location.pathname);
  }

  const lookLater = patient(look);
  input.addEventListener("input", (event) => event.isComposing || lookLater(input.value));
  input.addEventListener("compositionend", () => lookLater(input.value));
  if (input.value !== input.defaultValue) lookLater(input.value); // typed before this script was there
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && !event.isComposing) walk(event, 0);
  });
  place.addEventListener("keydown", (event) => {
    const links = [...place.querySelectorAll("[data-hit]")];
    const at = links.indexOf(event.target.closest("[data-hit-box]")?.querySelector("[data-hit]"));
    if (event.key === "ArrowDown") walk(event, Math.min(at + 1, links.length - 1));
    else if (event.key === "ArrowUp") at <= 0 ? back(event) : walk(event, at - 1);
    else if (event.key === "Escape") back(event);
  });

  function walk(event, to) {
    const link = place.querySelectorAll("[data-hit]")[to];
    if (!link) return;
    event.preventDefault();
    link.focus();
  }

  function back(event) {
    event.preventDefault();
    input.focus();
  }
}

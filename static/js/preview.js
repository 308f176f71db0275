// The preview of a new ticket follows what is chosen; its texts are not sent until the ticket is.

import { debounced, latest } from "./fetching.js";

const ASKED = /^(csrf_token|procedure|urgency|accepted_on|drill|registry-.*|places-.*|residence-.*)$/;

export function startPreview(root) {
  const form = root.querySelector("[data-preview]");
  const place = root.querySelector("[data-preview-answer]");
  if (!form || !place) return;
  const ask = latest();

  const look = debounced(async () => {
    const chosen = new URLSearchParams([...new FormData(form)].filter(([name]) => ASKED.test(name)));
    chosen.set("fragment", "1");
    place.setAttribute("aria-busy", "true");
    const html = await ask(form.dataset.preview, { method: "POST", body: chosen });
    if (html !== null) place.innerHTML = html;
    place.removeAttribute("aria-busy");
  }, 200);

  form.addEventListener("change", (event) => {
    if (ASKED.test(event.target.name)) look();
  });
}

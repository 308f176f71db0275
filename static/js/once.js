// A form is sent once: the second click finds its button resting. The server holds the same by its submission key.

export function startOnce(root) {
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.target) return;
    if (form.dataset.sending) return event.preventDefault();
    form.dataset.sending = "true";
    setTimeout(() => {
      for (const button of form.querySelectorAll("button:not([type=button])")) button.setAttribute("aria-disabled", "true");
    });
    setTimeout(() => wake(form), 8000);
  });
  window.addEventListener("pageshow", () => root.querySelectorAll("form[data-sending]").forEach(wake));
}

function wake(form) {
  delete form.dataset.sending;
  for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
}

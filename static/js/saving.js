// A form with data-save is kept on the server while one types, and once more when the page is left; [data-save-told] says so.
// What is sent, or discarded, is not kept again.

import { debounced, latest } from "./fetching.js";

const PAUSE = 900;

export function startSaving(root) {
  for (const form of root.querySelectorAll("form[data-save]")) new Saving(form);
}

class Saving {
  constructor(form) {
    this.form = form;
    this.told = form.querySelector("[data-save-told]");
    this.ask = latest();
    this.unsaved = false;
    const soon = debounced(() => this.save(), PAUSE);
    const typed = () => { this.unsaved = true; soon(); };
    form.addEventListener("input", typed);
    form.addEventListener("change", typed);
    form.addEventListener("submit", () => { this.sent = true; });
    window.addEventListener("pagehide", () => this.leave());
    window.addEventListener("pageshow", () => { this.sent = false; });
  }

  body() {
    const fields = new URLSearchParams([...new FormData(this.form)].filter(([, value]) => typeof value === "string"));
    fields.set("fragment", "1");
    return fields;
  }

  async save() {
    if (!this.unsaved || this.sent) return;
    this.unsaved = false;
    const html = await this.ask(this.form.dataset.save, { method: "POST", body: this.body() });
    if (html !== null) this.told.innerHTML = html;
    else if (!this.sent && !this.unsaved) this.fail();
  }

  fail() {
    this.unsaved = true;
    this.told.textContent = this.form.dataset.saveFailed;
  }

  leave() {
    if (this.unsaved && !this.sent) navigator.sendBeacon(this.form.dataset.save, this.body());
  }
}

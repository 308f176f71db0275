// A look-up box that answers as one types (ARIA combobox with a listbox; keys: arrows, Home, End, Enter, Escape).
// data-combobox="go" opens the answer's page, "pick" puts a unit's code into the form.

import { announce, latest, patient } from "./fetching.js";
import { askedAt } from "./first_six.js";

let serial = 0;

export function startComboboxes(root) {
  for (const input of root.querySelectorAll("[data-combobox]")) new Combobox(input);
}

class Combobox {
  constructor(input) {
    this.input = input;
    this.id = `options-${++serial}`;
    this.ask = latest();
    this.list = document.createElement("ul");
    this.list.id = this.id;
    this.list.className = "options pick__list";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", input.getAttribute("aria-label") ?? input.labels?.[0]?.textContent ?? "");
    this.list.hidden = true;
    input.after(this.list);
    const roles = { role: "combobox", "aria-expanded": "false", "aria-controls": this.id, "aria-autocomplete": "list", "aria-haspopup": "listbox" };
    for (const [name, value] of Object.entries(roles)) input.setAttribute(name, value);
    const lookLater = patient(() => this.look());
    input.addEventListener("input", (event) => event.isComposing || lookLater(input.value));
    input.addEventListener("compositionend", () => lookLater(input.value));
    if (input.value !== input.defaultValue) lookLater(input.value); // typed before this script was there
    input.addEventListener("keydown", (event) => this.onKey(event));
    input.addEventListener("blur", () => setTimeout(() => this.close(), 120));
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.choose(event.target.closest("[role=option]")));
  }

  async look() {
    const words = this.input.value.trim();
    if (!words) return this.close();
    const html = await this.ask(askedAt(this.input.dataset.options, words));
    if (html === null || this.input.value.trim() !== words || document.activeElement !== this.input) return;
    this.list.innerHTML = html;
    this.options = [...this.list.querySelectorAll("[role=option]:not([aria-disabled])")];
    this.options.forEach((option, place) => { option.id = `${this.id}-${place}`; });
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark(this.input.dataset.combobox === "pick" ? 0 : -1);
    announce(this.list.querySelector("[data-count]")?.dataset.count ?? "");
  }

  onKey(event) {
    const open = !this.list.hidden;
    const last = (this.options?.length ?? 0) - 1;
    const moves = { ArrowDown: this.at >= last ? 0 : this.at + 1, ArrowUp: this.at <= 0 ? last : this.at - 1 };
    if (event.isComposing) return;
    if (event.key in moves) {
      event.preventDefault();
      if (open) this.mark(moves[event.key]);
      else this.look();
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === "Enter" && open && this.options[this.at]) {
      event.preventDefault();
      this.choose(this.options[this.at]);
    } else if (event.key === "Enter" && this.input.dataset.combobox === "pick") {
      event.preventDefault();
    }
  }

  mark(place) {
    this.at = place;
    this.options.forEach((option, index) => option.setAttribute("aria-selected", String(index === place)));
    const marked = this.options[place];
    if (marked) {
      this.input.setAttribute("aria-activedescendant", marked.id);
      marked.scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }

  choose(option) {
    if (!option || option.hasAttribute("aria-disabled")) return;
    this.close();
    if (this.input.dataset.combobox === "go") {
      location.href = option.dataset.url;
      return;
    }
    const pick = this.input.closest("[data-pick]");
    this.input.value = option.dataset.name;
    pick.querySelector("[data-pick-asked]").value = option.dataset.name;
    codeField(pick).value = option.dataset.code;
    pick.querySelector("[data-pick-name]").innerHTML = option.querySelector(".unit").outerHTML;
    pick.querySelector("[data-pick-chosen]").hidden = false;
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  close() {
    this.at = -1;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}

// The hidden field for the code; the radio buttons that a server without scripts offered give way to it.
function codeField(pick) {
  const hits = pick.querySelector("[data-pick-hits]");
  if (hits) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = hits.querySelector("input").name;
    field.dataset.pickCode = "";
    hits.replaceWith(field);
  }
  return pick.querySelector("[data-pick-code]");
}

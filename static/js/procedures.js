// A new ticket shows the further places that the chosen procedure needs, and adds rows for more of them and for citizens.

import { startComboboxes } from "./combobox.js";

export function startProcedures(root) {
  const form = root.querySelector("[data-preview]");
  if (!form) return;

  const show = () => {
    const chosen = form.querySelector("input[name=procedure]:checked");
    const needed = (chosen?.dataset.places ?? "").split(",");
    for (const part of form.querySelectorAll("[data-needs]")) part.hidden = !needed.includes(part.dataset.needs);
    const repeats = (chosen?.dataset.repeatable ?? "").split(",");
    for (const button of form.querySelectorAll("[data-add-place]")) button.hidden = !repeats.includes(button.dataset.addPlace);
    const urgency = chosen?.dataset.urgency;
    if (urgency === "urgent") form.querySelector("input[name=urgency][value=urgent]").checked = true;
  };
  form.addEventListener("change", (event) => {
    if (event.target.name !== "procedure") return;
    for (const box of form.querySelectorAll("input[name=materials]")) box.checked = false;
    show();
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-row]");
    if (button && addRow(button)) event.preventDefault();
  });
  show();
}

// A copy of the last row, empty and numbered on; false where there is none to copy, or no more may be added.
function addRow(button) {
  const part = button.closest(".form__part");
  const rows = [...part.querySelectorAll("[data-row]")];
  if (!rows.length || rows.length >= Number(button.dataset.addRow)) return false;
  const row = rows.at(-1).cloneNode(true);
  for (const left of row.querySelectorAll(".options, .field__wrong, .hint, [data-pick-hits]")) left.remove();
  renumber(row, rows.length - 1, rows.length);
  for (const field of row.querySelectorAll("input")) field.value = "";
  for (const chosen of row.querySelectorAll("[data-pick-chosen]")) chosen.hidden = true;
  rows.at(-1).after(row);
  startComboboxes(row);
  row.querySelector("input:not([type=hidden])").focus();
  return true;
}

function renumber(row, before, after) {
  const number = new RegExp(`(places|citizens)-${before}-`, "g");
  for (const element of [row, ...row.querySelectorAll("*")]) {
    for (const name of ["id", "name", "for", "aria-describedby"]) {
      if (element.hasAttribute(name)) element.setAttribute(name, element.getAttribute(name).replace(number, `$1-${after}-`));
    }
  }
  for (const label of row.querySelectorAll(".pick > label")) label.textContent = label.textContent.replace(String(before + 1), String(after + 1));
  const pick = row.querySelector("[data-pick]");
  if (pick && !pick.querySelector("[data-pick-code]")) pick.append(codeField(after));
}

function codeField(number) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: `places-${number}-code` });
  field.dataset.pickCode = "";
  return field;
}

// A new ticket shows the further places that the chosen procedure needs, and adds rows for more of them and for citizens.

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
    if (event.target.name === "procedure") show();
  });
  show();
}

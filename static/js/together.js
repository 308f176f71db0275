// Ticking several lines of a list: all at once, and how many are ticked.

export function startTogether(root) {
  for (const form of root.querySelectorAll("[data-together]")) {
    const boxes = [...form.querySelectorAll("input[name=task]")];
    const all = form.querySelector("[data-together-all]");
    const count = form.querySelector("[data-together-count]");
    const every = all.querySelector("input");
    const tell = () => {
      const ticked = boxes.filter((box) => box.checked).length;
      count.textContent = String(ticked);
      count.hidden = !ticked;
      every.checked = ticked === boxes.length;
      every.indeterminate = ticked > 0 && ticked < boxes.length;
    };
    all.hidden = false;
    every.addEventListener("change", () => {
      for (const box of boxes) box.checked = every.checked;
      tell();
    });
    form.addEventListener("change", (event) => { if (event.target !== every) tell(); });
    tell();
  }
}

// [data-print]: a button that prints the page.

export function startPrint(root) {
  for (const button of root.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
}

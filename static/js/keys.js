// Keys that work on every page: "/" goes to the look-up box, Escape closes an open menu, Ctrl+Enter sends the form one writes in.

export function startKeys(root) {
  root.addEventListener("keydown", (event) => {
    if (event.key === "/" && !typing(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) focusFind(event);
    if (event.key === "Escape") closeMenus();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) event.target.form?.requestSubmit();
  });
  root.addEventListener("click", (event) => {
    for (const menu of root.querySelectorAll("[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  function focusFind(event) {
    const box = root.querySelector("[data-find-first]") ?? root.querySelector("[data-find]");
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select();
  }

  function closeMenus() {
    for (const menu of root.querySelectorAll("[data-menu][open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
}

function typing(target) {
  return target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName);
}

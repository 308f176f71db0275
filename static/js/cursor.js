// Where the cursor stands when a page has come: at what the page says is wrong, else where one begins to type. Whoever has
// begun already, since the page was there before this was, keeps it where it is.

export function startCursor(root) {
  const here = root.activeElement;
  if (moved(here, root) || written(here)) return;
  const wrong = root.querySelector("[data-focus]");
  // The browser goes to the field only when it has drawn the page: what is typed before that would be keys of the page.
  const first = here === root.body && !location.hash ? root.querySelector("[autofocus]") : null;
  (wrong ?? first)?.focus();
}

function moved(here, root) {
  return here !== root.body && !here.matches("[autofocus]");
}

function written(field) {
  return "defaultValue" in field && field.value !== field.defaultValue;
}

// Keys that work on every page. Which there are is said by portal/web/navigation.py; the places bear theirs as data-go.

const WAITS = 1_500;
const LINES = "main :is([data-hit], .work__title, .sheet tbody tr > :is(th, td):first-child a)";

export function startKeys(root) {
  let going = 0;
  const dialog = root.querySelector("[data-keys]");
  const single = {
    "/": () => focusFind(),
    "?": () => dialog && (dialog.open ? dialog.close() : dialog.showModal()),
    n: () => go("n"),
    j: () => walk(1),
    k: () => walk(-1),
    c: () => call(),
  };

  root.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") closeMenus();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) event.target.form?.requestSubmit();
    if ("noSingleKeys" in document.body.dataset || typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const after = Date.now() - going < WAITS;
    going = !after && event.key === "g" ? Date.now() : 0;
    if (dialog?.open && event.key !== "?") return;
    const done = after ? go(event.key) : single[event.key]?.();
    if (done !== undefined || event.key === "?") event.preventDefault();
  });
  root.addEventListener("click", (event) => {
    for (const menu of root.querySelectorAll("[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
    if (dialog && (event.target === dialog || event.target.closest("[data-keys-open]"))) single["?"]();
  });

  function focusFind() {
    const box = root.querySelector("[data-find]");
    box?.focus();
    box?.select();
    return box ?? undefined;
  }

  // Each answers something where it did something, so that the key is not used for another purpose as well.
  function go(key) {
    const link = root.querySelector(`[data-go="${CSS.escape(key)}"]`);
    if (link) location.href = link.href;
    return link ?? undefined;
  }

  function walk(step) {
    const lines = [...root.querySelectorAll(LINES)].filter((line) => line.offsetParent);
    const row = root.activeElement?.closest("tr, li, [data-hit-box]");
    const at = lines.findIndex((line) => line === root.activeElement || row?.contains(line));
    const to = lines[Math.min(Math.max(at + step, 0), lines.length - 1)];
    to?.focus();
    to?.scrollIntoView({ block: "nearest" });
    return to;
  }

  // The number of the person one was led to, or of the line one is at, else the first of the page.
  function call() {
    const places = [root.activeElement?.closest("[data-hit-box]"), root.querySelector("main :target"), root.querySelector("main")];
    const number = places.map((place) => place?.querySelector("a[href^='tel:']")).find(Boolean);
    number?.click();
    return number;
  }

  function closeMenus() {
    for (const menu of root.querySelectorAll("[data-menu][open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
}

function typing(target) {
  const writes = /^(input|textarea|select)$/i.test(target.tagName) && !/^(checkbox|radio|button|submit)$/.test(target.type);
  return target.isContentEditable || writes;
}

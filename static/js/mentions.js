// Naming a colleague: after an @ in a [data-mentions] text the people of the ticket are offered (keys: arrows, Enter or Tab,
// Escape). At most two requests for a word: who there is, and once more with what is typed where they are too many.

import { announce, debounced, latest } from "./fetching.js";

const WORD = /(?:^|[^A-Za-z0-9._%+-])[@＠]([^\s@＠]{0,20})$/;

export function startMentions(root) {
  const list = document.createElement("ul");
  Object.assign(list, { className: "options mentions", id: "mentions", hidden: true });
  list.setAttribute("role", "listbox");
  const ask = latest();
  const again = debounced(() => fetchMore(), 200);
  let area = null;
  let word = null;
  let at = 0;

  root.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-mentions]") && !event.isComposing) look(event.target);
  });
  root.addEventListener("compositionend", (event) => event.target.matches?.("[data-mentions]") && look(event.target));
  root.addEventListener("keydown", onKey, true);
  root.addEventListener("focusout", (event) => event.target === area && hide());
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => choose(event.target.closest("[role=option]")));

  function look(field) {
    const typed = field.value.slice(0, field.selectionEnd).match(WORD);
    if (!typed) return end();
    const begins = field.selectionEnd - typed[1].length;
    if (area !== field || word?.begins !== begins) begin(field, begins);
    word.typed = typed[1].toLowerCase();
    if (word.given) return;
    if (word.options) show();
    if (word.more && word.asked < 2 && word.typed) again();
  }

  function begin(field, begins) {
    end();
    area = field;
    word = { begins, typed: "", asked: 0, more: false, options: null, given: false };
    area.after(list);
    load("");
  }

  const fetchMore = () => word?.more && word.asked < 2 && load(word.typed);

  async function load(typed) {
    const mine = word;
    mine.asked += 1;
    const url = new URL(area.dataset.mentions, location.href);
    const to = area.form.elements.to?.value;
    if (to) url.searchParams.set("to", to);
    if (typed) url.searchParams.set("q", typed);
    const html = await ask(url);
    if (html === null || word !== mine || mine.given || document.activeElement !== area) return;
    list.innerHTML = html;
    mine.options = [...list.children];
    mine.options.forEach((option, place) => { option.id = `mentions-${place}`; });
    mine.more = Boolean(list.querySelector("[data-more]"));
    show();
    if (mine.more && mine.typed && mine.asked < 2) again();
  }

  function show() {
    const fits = (option) => option.dataset.label.toLowerCase().includes(word.typed)
      || option.dataset.sounds.split(" ").some((sound) => sound.startsWith(word.typed));
    const found = word.options.filter(fits);
    list.replaceChildren(...found);
    list.hidden = !found.length;
    if (list.hidden) return hide();
    list.setAttribute("aria-label", area.labels?.[0]?.textContent ?? "");
    area.setAttribute("aria-controls", list.id);
    mark(0);
  }

  function mark(place) {
    at = place;
    [...list.children].forEach((option, index) => option.setAttribute("aria-selected", String(index === place)));
    area.setAttribute("aria-activedescendant", list.children[at].id);
    list.children[at].scrollIntoView({ block: "nearest" });
    announce(list.children[at].textContent);
  }

  function onKey(event) {
    if (event.target !== area || list.hidden || event.isComposing) return;
    const last = list.children.length - 1;
    const keys = {
      ArrowDown: () => mark(at >= last ? 0 : at + 1),
      ArrowUp: () => mark(at <= 0 ? last : at - 1),
      Enter: () => choose(list.children[at]),
      Tab: () => choose(list.children[at]),
      Escape: () => { word.given = true; hide(); },
    };
    if (!keys[event.key] || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  }

  function choose(option) {
    if (!option) return;
    const field = area;
    field.setRangeText(`${option.dataset.label} `, word.begins, field.selectionEnd, "end");
    end();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function hide() {
    list.hidden = true;
    area?.removeAttribute("aria-activedescendant");
    area?.removeAttribute("aria-controls");
  }

  function end() {
    hide();
    list.replaceChildren();
    area = word = null;
  }
}

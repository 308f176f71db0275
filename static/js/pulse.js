// A ticket's open page: says that it is open and where one writes, hears who else is there, and offers what is new. What is
// typed, where one reads and where the cursor is stay as they are.

import { announce } from "./fetching.js";
import { changes, poll } from "./polling.js";
import { post, postAtTheEnd } from "./posting.js";

const SECONDS = 20;
const WRITES_FOR = 60_000;

export function startPulse(root) {
  const box = root.querySelector("[data-pulse]");
  if (!box) return;
  const answer = box.querySelector("[data-pulse-answer]");
  const ask = changes();
  const writing = { form: "", at: 0 };

  const where = () => (Date.now() - writing.at < WRITES_FOR ? writing.form : "");
  const say = () => post(box.dataset.presences, { writing: where() });

  async function round() {
    const said = await say();
    if (!said.ok || said.redirected) return false;
    const html = await ask(`${box.dataset.news}?since=${box.dataset.since}`);
    if (html) show(html);
    return html !== false;
  }

  function show(html) {
    const before = answer.querySelector("[data-new]")?.dataset.new;
    answer.innerHTML = html;
    const told = answer.querySelector("[data-new]");
    if (told && told.dataset.new !== before) announce(told.querySelector("[data-said]").textContent);
    markForms(root, answer);
  }

  root.addEventListener("input", (event) => {
    const form = event.target.matches("textarea") && event.target.form;
    if (!form?.id) return;
    const began = where() !== form.id;
    Object.assign(writing, { form: form.id, at: Date.now() });
    if (began) say().catch(() => {});
  });
  answer.addEventListener("click", (event) => {
    if (!event.target.closest("[data-load]") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    load(root, box, answer).catch(() => location.reload());
  });
  window.addEventListener("pagehide", () => postAtTheEnd(box.dataset.presences, { left: "1" }));
  markForms(root, answer);
  poll(round, SECONDS, { now: true });
}

// At each form: who else is filling it in just now.
function markForms(root, answer) {
  root.querySelectorAll("[data-writes-here]").forEach((mark) => mark.remove());
  for (const one of answer.querySelectorAll("[data-writing]")) {
    const form = root.querySelector(`form#${CSS.escape(one.dataset.writing)}`);
    if (!form) continue;
    const mark = document.createElement("p");
    Object.assign(mark, { className: "writes-here", textContent: one.dataset.said });
    mark.dataset.writesHere = "";
    form.prepend(mark);
  }
}

// Puts what is new into the page, part by part; a part in which somebody writes, or has the cursor, stays.
async function load(root, box, answer) {
  const html = await (await fetch(location.pathname + location.search, { cache: "no-store" })).text();
  const page = new DOMParser().parseFromString(html, "text/html");
  const anchor = document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest("[id]");
  const top = anchor?.getBoundingClientRect().top;
  for (const old of root.querySelectorAll("[data-fresh]")) {
    const fresh = page.querySelector(`[data-fresh="${CSS.escape(old.dataset.fresh)}"]`);
    if (!fresh || busy(old)) continue;
    old.replaceWith(fresh);
    fresh.dispatchEvent(new CustomEvent("duijie:fresh", { bubbles: true }));
  }
  box.dataset.since = page.querySelector("[data-pulse]").dataset.since;
  answer.innerHTML = page.querySelector("[data-pulse-answer]").innerHTML;
  const again = anchor && document.getElementById(anchor.id);
  if (again) scrollBy(0, again.getBoundingClientRect().top - top);
}

function busy(part) {
  if (part.contains(document.activeElement)) return true;
  return [...part.querySelectorAll("textarea, input:not([type=hidden])")].some((field) =>
    /^(checkbox|radio)$/.test(field.type) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue);
}

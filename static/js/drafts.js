// Drafts that survive everything: what is typed into [data-draft] is kept in this browser at once, and where the page says so
// ([data-drafts]) on the server soon after, for this officer on any computer. Both forget it when it is sent. Fields for a
// citizen's data carry no such mark.

import { debounced } from "./fetching.js";
import { post } from "./posting.js";

const SENT = "duijie:sent";
const AFTER = 900;

export function startDrafts(root) {
  const prefix = `duijie:draft:${document.body.dataset.reader ?? ""}:`;
  const server = onServer(root);
  const keyOf = (field) => prefix + field.dataset.draft;
  forgetWhatWasSent(root);
  for (const form of formsWithDrafts(root)) restore(form, keyOf, server);
  root.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches?.("[data-draft]")) return;
    field.value ? write(localStorage, keyOf(field), field.value) : remove(localStorage, keyOf(field));
    server?.saveSoon(field.form, () => draftsOf(field.form).forEach((each) => remove(localStorage, keyOf(each))));
  });
  root.addEventListener("submit", (event) => {
    const keys = draftsOf(event.target).map(keyOf);
    if (!keys.length) return;
    write(sessionStorage, SENT, JSON.stringify(keys));
    server?.stop(event.target);
  });
}

// What the server kept, and keeping it there: one request at a time and form, the last of what was typed wins.
function onServer(root) {
  const place = root.querySelector("[data-drafts]");
  if (!place) return null;
  const kept = JSON.parse(place.textContent);
  const waiting = new WeakMap();

  const save = async (form, done, options) => {
    const mine = new AbortController();
    waiting.get(form)?.running?.abort();
    waiting.set(form, { ...waiting.get(form), running: mine });
    const text = JSON.stringify(contentOf(form));
    const answer = await post(place.dataset.drafts, { form: form.id, fields: text }, { signal: mine.signal, ...options }).catch(() => null);
    if (answer?.ok && text === JSON.stringify(contentOf(form))) done();
  };

  return {
    kept: (form) => kept[form.id]?.fields ?? {},
    saveSoon(form, done) {
      if (!waiting.get(form)?.later) waiting.set(form, { later: debounced((then) => waiting.get(form).sent || save(form, then), AFTER) });
      const state = waiting.get(form);
      state.sent = false;
      state.later(done);
    },
    stop(form) {
      const state = waiting.get(form);
      state?.running?.abort();
      if (state) state.sent = true;
    },
  };
}

// An empty field gets back what this browser could not give the server any more, else what the server kept.
function restore(form, keyOf, server) {
  let told = false;
  for (const field of draftsOf(form)) {
    const text = read(localStorage, keyOf(field)) ?? server?.kept(form)[field.name];
    if (field.value || !text) continue;
    field.value = text;
    told = true;
    for (let fold = field.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  }
  if (told) form.querySelector("[data-draft-told]")?.removeAttribute("hidden");
}

function formsWithDrafts(root) {
  return new Set([...root.querySelectorAll("[data-draft]")].map((field) => field.form));
}

function draftsOf(form) {
  return [...(form.querySelectorAll?.("[data-draft]") ?? [])];
}

function contentOf(form) {
  return Object.fromEntries(draftsOf(form).map((field) => [field.name, field.value]));
}

function forgetWhatWasSent(root) {
  const keys = JSON.parse(read(sessionStorage, SENT) ?? "[]");
  remove(sessionStorage, SENT);
  if (root.querySelector("[data-done]")) keys.forEach((key) => remove(localStorage, key));
}

// A private window, or a full one, refuses to store: then there are no drafts here, and nothing else is lost.

function read(storage, key) {
  try { return storage.getItem(key); } catch { return null; }
}

function write(storage, key, value) {
  try { storage.setItem(key, value); } catch { /* as above */ }
}

function remove(storage, key) {
  try { storage.removeItem(key); } catch { /* as above */ }
}

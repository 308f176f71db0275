// Drafts that survive a closed window: what is typed into [data-draft] is kept in this browser, for this officer, until a page
// says that it was sent. Fields for a citizen's data carry no such mark.

const SENT = "duijie:sent";

export function startDrafts(root) {
  const prefix = `duijie:draft:${document.body.dataset.reader ?? ""}:`;
  forgetWhatWasSent(root);
  for (const field of root.querySelectorAll("[data-draft]")) keep(field, prefix + field.dataset.draft);
  root.addEventListener("submit", (event) => {
    const keys = [...event.target.querySelectorAll("[data-draft]")].map((field) => prefix + field.dataset.draft);
    if (keys.length) write(sessionStorage, SENT, JSON.stringify(keys));
  });
}

function keep(field, key) {
  const kept = read(localStorage, key);
  if (!field.value && kept) {
    field.value = kept;
    field.closest("form")?.querySelector("[data-draft-told]")?.removeAttribute("hidden");
  }
  field.addEventListener("input", () => (field.value ? write(localStorage, key, field.value) : remove(localStorage, key)));
}

function forgetWhatWasSent(root) {
  const keys = JSON.parse(read(sessionStorage, SENT) ?? "[]");
  remove(sessionStorage, SENT);
  if (root.querySelector("[data-done]")) keys.forEach((key) => remove(localStorage, key));
}

// A private window, or a full one, refuses to store: then there are no drafts, and nothing else is lost.

function read(storage, key) {
  try { return storage.getItem(key); } catch { return null; }
}

function write(storage, key, value) {
  try { storage.setItem(key, value); } catch { /* as above */ }
}

function remove(storage, key) {
  try { storage.removeItem(key); } catch { /* as above */ }
}

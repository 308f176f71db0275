// Drafts that survive a closed window: what is typed into [data-draft] is kept in this browser until it is sent.
// Forms that hold a citizen's data carry no such mark.

const PREFIX = "duijie:draft:";

export function startDrafts(root) {
  for (const field of root.querySelectorAll("[data-draft]")) keep(field);
  for (const mark of root.querySelectorAll("[data-draft-sent]")) forget(mark.dataset.draftSent);
}

function keep(field) {
  const key = PREFIX + field.dataset.draft;
  if (!field.value) {
    const kept = read(key);
    if (kept) {
      field.value = kept;
      field.closest("form")?.querySelector("[data-draft-told]")?.removeAttribute("hidden");
    }
  }
  field.addEventListener("input", () => (field.value ? write(key, field.value) : forget(field.dataset.draft)));
}

function forget(name) {
  try { localStorage.removeItem(PREFIX + name); } catch { /* private window */ }
}

function read(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}

function write(key, value) {
  try { localStorage.setItem(key, value); } catch { /* full, or a private window */ }
}

// Asks the server again and again, only while the page is looked at; with an ETag, so that "nothing new" costs a few bytes.

// Calls `round` now and then, at once when the page is looked at again, more seldom while it fails (answers false or throws).
export function poll(round, seconds, { now = false } = {}) {
  let timer = 0;
  let failures = 0;
  let running = false;

  async function go() {
    clearTimeout(timer);
    if (running || document.hidden) return;
    running = true;
    try {
      failures = (await round()) === false ? failures + 1 : 0;
    } catch {
      failures += 1;
    }
    running = false;
    later();
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(go, seconds * 1000 * 2 ** Math.min(failures, 4));
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : go()));
  if (now) go();
  else later();
}

// A function that fetches a fragment of HTML: the text where it is another than last time, null where it is the same,
// false where there is none to be had (signed out, no network).
export function changes() {
  let tag = null;
  return async (url) => {
    const headers = { "X-Requested-With": "fetch", ...(tag ? { "If-None-Match": tag } : {}) };
    const answer = await fetch(url, { headers, cache: "no-store" });
    if (answer.status === 304) return null;
    if (!answer.ok || answer.redirected) return false;
    tag = answer.headers.get("ETag");
    return answer.text();
  };
}

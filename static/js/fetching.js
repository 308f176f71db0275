// Asks the server for fragments: at most one request at a time, the earlier one given up for the later.

export function debounced(action, milliseconds) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), milliseconds);
  };
}

const PAUSES = [150, 500, 1_000];

// Calls `action` when one pauses in a word: a short pause is enough for the first time, each further time asks for a longer
// one, so that a word typed slowly is not asked for letter by letter. A further word, or another, begins anew.
export function patient(action) {
  let timer = 0;
  let asked = 0;
  let last = "";
  return (typed) => {
    const goesOn = last && (typed.startsWith(last) || last.startsWith(typed));
    if (!goesOn || count(typed) !== count(last)) asked = 0;
    last = typed;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (typed.trim()) asked += 1;
      action();
    }, PAUSES[Math.min(asked, PAUSES.length - 1)]);
  };
}

function count(words) {
  return words.trim().split(/\s+/).length;
}

// A function that fetches a fragment of HTML; null where a later call was quicker, or the network failed.
export function latest() {
  let running = null;
  return async (url, options = {}) => {
    running?.abort();
    const mine = new AbortController();
    running = mine;
    try {
      const answer = await fetch(url, { ...options, signal: mine.signal, headers: { "X-Requested-With": "fetch", ...options.headers } });
      const type = answer.headers.get("Content-Type") ?? "";
      return answer.redirected || !type.startsWith("text/html") || answer.status >= 500 ? null : await answer.text();
    } catch {
      return null;
    }
  };
}

export function announce(text) {
  const place = document.querySelector("[data-announce]");
  if (place) place.textContent = text;
}

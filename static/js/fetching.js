// Asks the server for fragments: at most one request at a time, the earlier one given up for the later.

export function debounced(action, milliseconds) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), milliseconds);
  };
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

// Tells the server something in passing, as a form would, with the page's token.

export function post(url, fields, options = {}) {
  return fetch(url, { method: "POST", body: body(fields), headers: { "X-Requested-With": "fetch" }, ...options });
}

// The page is being left: the browser sends it by itself.
export function postAtTheEnd(url, fields) {
  navigator.sendBeacon?.(url, body(fields));
}

function body(fields) {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  return new URLSearchParams({ ...fields, csrf_token: token });
}

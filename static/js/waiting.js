// A page that waits for the worker: asks how far it is, and shows the outcome when there is one.

const EVERY = 2000;

export function startWaiting(root) {
  const place = root.querySelector("[data-wait]");
  if (!place) return;

  async function look() {
    try {
      const answer = await fetch(place.dataset.wait, { headers: { Accept: "application/json" } });
      if (answer.ok && !answer.redirected) {
        const { state, done } = await answer.json();
        if (state !== place.dataset.waitState) return location.reload();
        show(place, done);
      }
    } catch {
      // the network comes back, or the reader looks again
    }
    setTimeout(look, EVERY);
  }

  setTimeout(look, EVERY);
}

// Per cent; before the worker has said anything the bar only moves.
function show(place, done) {
  if (!done) return;
  const told = place.querySelector("[data-wait-done]");
  place.querySelector("progress").value = done;
  told.textContent = `${done} %`;
  told.hidden = false;
}

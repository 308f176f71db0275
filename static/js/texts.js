// Puts a text that is written often, filled in by the server, where the cursor is; Enter on the list does the same as the button.

export function startTexts(root) {
  for (const box of root.querySelectorAll("[data-texts]")) offer(box);
}

function offer(box) {
  const choice = box.querySelector("[data-texts-choice]");
  const button = box.querySelector("[data-texts-insert]");
  if (choice.options.length < 2) return;
  choice.hidden = button.hidden = false;

  async function insert() {
    if (!choice.value) return choice.focus();
    const url = box.dataset.texts.replace(/0$/, choice.value) + (box.dataset.task ? `?task=${box.dataset.task}` : "");
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok && !answer.redirected) put(document.getElementById(box.dataset.into), await answer.text());
    choice.value = "";
  }

  button.addEventListener("click", insert);
  choice.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    insert();
  });
}

// As if it were typed, so that it is kept as a draft too; what is selected is replaced.
function put(field, text) {
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

// Files of a form: chosen one after the other, dropped on its [data-files], or pasted into the form; each can be taken out again.
// What the server would refuse for its size is said at once. Without scripts the plain field does.

export function startFiles(root) {
  for (const box of root.querySelectorAll("[data-files]")) collect(box, box.querySelector("input[type=file]"));
}

function collect(box, input) {
  const kept = new DataTransfer();
  const wrong = [];
  const form = input.closest("form");

  const show = () => {
    input.files = kept.files;
    const list = box.querySelector("[data-files-list]");
    list.replaceChildren(...[...kept.files].map((file, place) => line(file, removal(place))), ...wrong.map(([file, why]) => line(file, words("files__size", why), true)));
    list.hidden = !list.children.length;
  };

  const removal = (place) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "btn btn-plain btn-small", textContent: box.dataset.remove });
    button.setAttribute("aria-label", `${box.dataset.remove} ${kept.files[place].name}`);
    button.addEventListener("click", () => {
      kept.items.remove(place);
      show();
      input.focus();
    });
    return button;
  };

  const add = (files) => {
    wrong.length = 0;
    for (const file of files) {
      const why = fault(file, kept.files, box.dataset);
      if (why) wrong.push([file, why]);
      else kept.items.add(file);
    }
    show();
  };

  form.querySelector("[data-files-more]").hidden = false;
  if (input.files.length) add([...input.files]);
  input.addEventListener("change", () => add([...input.files]));
  form.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    add([...event.clipboardData.files]);
  });
  form.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    box.classList.add("files--over");
  });
  form.addEventListener("dragleave", (event) => form.contains(event.relatedTarget) || box.classList.remove("files--over"));
  form.addEventListener("drop", (event) => {
    box.classList.remove("files--over");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    add([...event.dataTransfer.files]);
  });
}

function fault(file, kept, said) {
  if (!file.size) return said.empty;
  if (file.size > Number(said.largest)) return said.tooLarge;
  return kept.length >= Number(said.most) ? said.tooMany : null;
}

function line(file, last, wrong = false) {
  const item = document.createElement("li");
  item.className = wrong ? "files__one files__one--wrong" : "files__one";
  item.append(words("files__name", file.name), words("files__size", size(file.size)), last);
  return item;
}

function words(name, text) {
  const span = document.createElement("span");
  Object.assign(span, { className: name, textContent: text });
  return span;
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

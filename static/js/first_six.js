// A citizen's identity number in a look-up box is cut to its first six digits before it leaves the page (the rule of
// directory/first_six.py): a live look-up would put it into an address, and addresses are kept in histories and logs.

const BETWEEN = "[\\s\\-\\u2010-\\u2015\\u2212]{0,3}";
const NUMBER = new RegExp(`(?<![0-9+])[1-8](?:${BETWEEN}[0-9]){12,17}(?:${BETWEEN}[0-9xX])?(?![0-9])`, "g");
const BORN = /^[0-9]{6}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])/;
const LONGER_THAN_ANY_OTHER = 15;

export function firstSix(typed) {
  const plain = typed.normalize("NFKC");
  const cut = plain.replace(NUMBER, (whole) => {
    const number = whole.replace(/[^0-9xX]/g, "");
    const together = number === whole && number.length >= LONGER_THAN_ANY_OTHER;
    return together || BORN.test(number) ? number.slice(0, 6) : whole;
  });
  return cut === plain ? typed : cut;
}

// The address of a look-up for these words: nothing longer goes into it, and the answer says so.
export function askedAt(address, words) {
  const url = new URL(address, location.href);
  url.searchParams.set("q", firstSix(words));
  if (firstSix(words) !== words) url.searchParams.set("cut", "1");
  return url;
}

// A form is sent with the six digits alone, and they alone stay in a box that one leaves.
export function startFirstSix(root) {
  for (const input of root.querySelectorAll("[data-combobox], [data-live]")) {
    const cut = () => { input.value = firstSix(input.value); };
    input.addEventListener("change", cut);
    input.form?.addEventListener("submit", cut);
  }
}

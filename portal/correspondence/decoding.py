"""From the bytes of a mail to text, also where the charset is missing, unknown or not the one that was used.

What mails declare as GB2312 or GBK is read as GB18030, of which both are part: senders write what only it has.
"""

import binascii
import codecs
import re
from itertools import groupby
from urllib.parse import unquote_to_bytes

LONGEST_VALUE = 20_000
"Bytes read of one header field."

CHARSET = re.compile(r"[a-z0-9][a-z0-9_:-]{1,30}")
GB_FAMILY = re.compile(r"(x-|cs)?gb.*|(x-)?euc-?cn|(cp|ms|windows-)936|chinese|iso-ir-58")
READABLE = re.compile(
    r"utf-(7|8|16|32).*|iso8859-\d+|cp\d+|koi8-[ru]|big5.*|euc_\w+|iso2022_\w+|shift_jis.*|hz|tis-620|johab"
)
"Codecs of Python that mails use: others take quadratic time (punycode) or are no charset at all."

ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
ENCODED_WORDS = re.compile(rf"(?:{ENCODED_WORD.pattern})+")
BETWEEN_ENCODED_WORDS = re.compile(r"(?<=\?=)\s+(?==\?)")
NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")

LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"Among them NUL, which PostgreSQL refuses, what turns the direction of writing, and halves of characters."

PARAMETER = re.compile(
    r';\s*([A-Za-z0-9_-]+)(?:\*(\d{1,3}))?(\*)?\s*=\s*("(?:[^"\\]|\\.)*+(?:"|\\?$)|[^;]*)', re.DOTALL
)
ESCAPED = re.compile(r'\\(["\\])')


def decode(data: bytes, charset: str | None = None) -> tuple[str, str]:
    """The text, without control characters, and what is wrong with it; "" if nothing is."""
    codec = _codec(charset)
    for candidate in _candidates(codec):
        try:
            return without_controls(data.decode(candidate)), ""
        except UnicodeError:
            continue
    if codec is None:
        return without_controls(data.decode("latin-1")), "no charset in which the text can be read"
    return without_controls(data.decode(codec, "replace")), f"the text is not wholly {codec}"


def header(value: bytes) -> str:
    """A header's value in one line: encoded words decoded, and what was put there as it is."""
    return one_line(words(unencoded(value)))


def unencoded(value: bytes) -> str:
    """A header's value in one line, its encoded words left as they are."""
    return one_line(decode(value[:LONGEST_VALUE])[0])


def words(text: str) -> str:
    """The encoded words of RFC 2047 decoded; neighbours together, since senders cut characters in two."""
    return ENCODED_WORDS.sub(_run, BETWEEN_ENCODED_WORDS.sub("", text))


def parameters(value: str) -> dict[str, str]:
    """What follows the first word of a structured header, names in lower case; values as RFC 2231 or 2047 has them."""
    found: dict[str, dict[int, tuple[bool, str]]] = {}
    for name, number, extended, given in PARAMETER.findall(value):
        text = ESCAPED.sub(r"\1", given[1:-1]) if given.startswith('"') and given.endswith('"') else given.strip(' \t"')
        found.setdefault(name.lower(), {}).setdefault(int(number or 0), (bool(extended), text))
    return {name: _parameter([piece for _, piece in sorted(pieces.items())]) for name, pieces in found.items()}


def from_base64(data: bytes) -> bytes:
    """The bytes, as far as they can be had: what is no base64 is passed over, an incomplete end is left out."""
    clean = NOT_BASE64.sub(b"", data).partition(b"=")[0]
    clean = clean[: len(clean) - (len(clean) % 4 == 1)]
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def without_controls(text: str) -> str:
    """Lines end in a line feed; of other control characters only the tabulator stays."""
    return CONTROLS.sub("", LINE_BREAKS.sub("\n", text))


def one_line(text: str) -> str:
    """Without control characters and line breaks, single spaces."""
    return " ".join(without_controls(text).split())


def _codec(charset: str | None) -> str | None:
    found = CHARSET.search((charset or "").lower())
    if found is None:
        return None
    if GB_FAMILY.fullmatch(found[0]):
        return "gb18030"
    try:
        name = codecs.lookup(found[0]).name
    except LookupError:
        return None
    return name if READABLE.fullmatch(name) else None


def _candidates(codec: str | None) -> list[str]:
    if codec is None:
        return ["utf-8", "gb18030"]
    if codec == "iso8859-1":  # takes any bytes, so that what is declared says little
        return ["utf-8", "cp1252"]
    return list(dict.fromkeys([codec, "utf-8", "gb18030"]))


def _run(found: re.Match[str]) -> str:
    """Encoded words without anything between them."""
    encoded = [(charset.partition("*")[0], how, text) for charset, how, text in ENCODED_WORD.findall(found[0])]
    runs = [(charset, list(run)) for charset, run in groupby(encoded, key=lambda word: word[0].lower())]
    return "".join(decode(b"".join(_word(how, text) for _, how, text in run), charset)[0] for charset, run in runs)


def _word(how: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    return from_base64(data) if how in "bB" else binascii.a2b_qp(data, header=True)


def _parameter(pieces: list[tuple[bool, str]]) -> str:
    """One value of its numbered pieces; only the first names the charset."""
    if not any(extended for extended, _ in pieces):
        return words("".join(text for _, text in pieces))
    extended, first = pieces[0]
    charset, quote, rest = first.partition("'")
    if extended and quote:
        pieces = [(True, rest.partition("'")[2]), *pieces[1:]]
    data = b"".join(unquote_to_bytes(text) if coded else text.encode("utf-8", "replace") for coded, text in pieces)
    return one_line(decode(data, charset if extended and quote else None)[0])

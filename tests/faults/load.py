"""Mixed load: other systems that call and officers who click, each of whom sends a thing again until it is answered."""

import http.client
import json
import random
import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode

from tests.clients import TOKEN

SUBMISSION = re.compile(r'name="submission_key"[^>]*value="([^"]+)"')
WORDS = ("linjiang", "昌邑", "lj", "0432", "派出所", "bs")
PATIENCE = 30.0
"Seconds until a caller takes an answer for lost."
AGAIN_AFTER = 0.25
THINKS = 0.1
"Seconds between what one caller does and the next."


@dataclass(frozen=True)
class Sample:
    """One request: when it was sent, how long the answer took, and what it was; status 0: there was none."""

    at: float
    seconds: float
    status: int

    @property
    def failed(self) -> bool:
        return self.status == 0 or self.status >= 500


@dataclass
class Book:
    """What was asked, and what was accepted."""

    samples: list[Sample] = field(default_factory=list)
    tickets: dict[str, str] = field(default_factory=dict)
    "the number that was answered, by key"
    messages: dict[str, str] = field(default_factory=dict)
    "the ticket, by what its message says"
    faults: list[str] = field(default_factory=list)
    "answers that nobody should get"


class Caller(threading.Thread):
    """Asks one server after the other, as behind a proxy: who does not answer is not asked again for this request."""

    def __init__(self, name: str, ports: list[int], book: Book, stopping: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.ports, self.book, self.stopping = ports, book, stopping
        self.dice = random.Random(name)
        self.count = 0
        self.numbers: list[str] = []

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                self.act()
            except Exception as error:  # noqa: BLE001  a caller that stops would hide what it was told
                self.book.faults.append(f"{self.name}: {error!r}")
            time.sleep(THINKS)

    def act(self) -> None:
        raise NotImplementedError

    def key(self) -> str:
        self.count += 1
        return f"{self.name}-{self.count}"

    def ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str]) -> tuple[int, http.client.HTTPMessage, str]:
        """The answer of a server that gives one; 0 where both are gone."""
        ports = self.dice.sample(self.ports, len(self.ports))
        for port in ports:
            began, answer = time.monotonic(), None
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            try:
                connection.request(method, path, body, dict(headers))
                answer = connection.getresponse()
                text = answer.read().decode()
            except (OSError, http.client.HTTPException):
                answer = None
            finally:
                connection.close()
            self.book.samples.append(Sample(began, time.monotonic() - began, answer.status if answer else 0))
            if answer is not None:
                return answer.status, answer.headers, text
        return 0, http.client.HTTPMessage(), ""

    def until_answered(self, method: str, path: str, body: str, headers: Mapping[str, str]) -> tuple[int, http.client.HTTPMessage, str]:
        """The same, word for word, until an answer says something other than that it is broken."""
        while True:
            answer = self.ask(method, path, body, headers)
            if 0 < answer[0] < 500:
                return answer
            time.sleep(AGAIN_AFTER)


class System(Caller):
    """Another system of a unit: opens tickets by key, writes on them, reads them."""

    def __init__(self, *args: object, token: str, registry: str) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.token, self.registry = token, registry

    def act(self) -> None:
        chance = self.dice.random()
        if chance < 0.3 or not self.numbers:
            self.open()
        elif chance < 0.5:
            self.write()
        elif chance < 0.8:
            self.read(f"/api/v1/tickets/{self.dice.choice(self.numbers)}")
        else:
            self.read(f"/api/v1/units?{urlencode({'q': self.dice.choice(WORDS)})}")

    def open(self) -> None:
        key = self.key()
        asked = {"procedure": "enquiry", "registry": self.registry, "message": f"请核对底档 {key}。", "reference": key}
        if number := self.post("/api/v1/tickets", key, asked).get("number"):
            self.book.tickets[key] = number
            self.numbers.append(number)

    def write(self) -> None:
        key, number = self.key(), self.dice.choice(self.numbers)
        if self.post(f"/api/v1/tickets/{number}/messages", key, {"text": f"补充 {key}。"}):
            self.book.messages[f"补充 {key}。"] = number

    def read(self, path: str) -> None:
        self.noted(path, self.ask("GET", path, None, self.headers()), {0, 200, 500, 503})

    def post(self, path: str, key: str, asked: Mapping[str, str]) -> dict[str, str]:
        headers = {**self.headers(), "Content-Type": "application/json", "Idempotency-Key": key}
        answer = self.until_answered("POST", path, json.dumps(asked), headers)
        self.noted(path, answer, {200, 201})
        told: dict[str, str] = json.loads(answer[2]) if answer[0] in {200, 201} else {}
        return told

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def noted(self, path: str, answer: tuple[int, http.client.HTTPMessage, str], fine: set[int]) -> None:
        if answer[0] not in fine:
            self.book.faults.append(f"{path}: {answer[0]} {answer[2][:200]}")


class Officer(Caller):
    """Somebody signed in: reads the work list, looks units up, opens a ticket and writes on it."""

    def __init__(self, *args: object, cookie: str, tickets: list[str]) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.cookies = {"duijie": cookie}
        self.numbers = tickets

    def act(self) -> None:
        chance = self.dice.random()
        if chance < 0.3:
            self.get("/")
        elif chance < 0.5:
            self.get(f"/directory?{urlencode({'q': self.dice.choice(WORDS)})}")
        else:
            self.write(self.dice.choice(self.numbers))

    def write(self, number: str) -> None:
        """The form as the page has it; sent again as a browser does whose reader presses the button again."""
        page = self.get(f"/tickets/{number}")
        token, key = TOKEN.search(page), SUBMISSION.search(page)
        if token is None or key is None:
            return
        text = f"窗口 {self.key()}。"
        form = {"text": text, "to": "", "submission_key": unescape(key[1]), "csrf_token": unescape(token[1])}
        path = f"/tickets/{number}/messages"
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": self.cookie()}
        status, _headers, told = self.until_answered("POST", path, urlencode(form), headers)
        if status == 302:
            self.book.messages[text] = number
        else:
            self.book.faults.append(f"{path}: {status} {told[:200]}")

    def get(self, path: str) -> str:
        """The page, or nothing while there is none."""
        status, headers, text = self.ask("GET", path, None, {"Cookie": self.cookie()})
        for value in headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        if status not in {0, 200, 500, 503}:
            self.book.faults.append(f"{path}: {status}")
        return text if status == 200 else ""

    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


def in_window(samples: list[Sample], begins: float, ends: float) -> Iterator[Sample]:
    """Those that were answered, or given up, within a time."""
    return (each for each in samples if begins <= each.at + each.seconds < ends)

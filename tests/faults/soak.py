"""`python -m tests.faults.soak --minutes 30`: mixed load while every process in turn is killed and the database goes down twice."""

import argparse
import random
import sys
import time
from collections import Counter
from datetime import timedelta

from portal import clock
from tests.faults.load import Book
from tests.faults.plant import Plant, plant
from tests.faults.reckoning import Reckoning, drain, reckon
from tests.faults.seed import seed
from tests.faults.shaking import Shaken, percentile, shake

LEASE = 6 * 60
"Seconds until the mails of a killed worker are taken up by another, and a little."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--every", type=float, default=25, help="seconds between two blows")
    parser.add_argument("--tickets", type=int, default=300, help="that nobody answers")
    parser.add_argument("--seed", type=int, default=2016)
    given = parser.parse_args()
    with plant() as made:
        shaken, found, book = run(made, given.minutes * 60, given.every, given.tickets, given.seed, hurry=given.minutes < 10)
        print(told(shaken, found, book, made))
    return 1 if found.faults else 0


def run(made: Plant, seconds: float, every: float, tickets: int, number: int, *, hurry: bool) -> tuple[Shaken, Reckoning, Book]:
    """Seed, load, blows, and the reckoning; in a hurry nobody waits for the leases of the dead."""
    book, lasts = Book(), timedelta(seconds=seconds)
    seeded = seed(made, random.Random(number), tickets, lasts)
    made.start()
    shaken = shake(made, seeded, book, seconds, every)
    while clock.now() < seeded.until + timedelta(seconds=5):
        time.sleep(0.2)
    drain(made, hurry=hurry, within=90 if hurry else LEASE + 120)
    return shaken, reckon(made, seeded, book, seeded.until), book


def told(shaken: Shaken, found: Reckoning, book: Book, made: Plant) -> str:
    """The figures, for a note."""
    failed = Counter(each.status for each in book.samples if each.failed)
    lines = [
        f"{len(book.samples)} requests; without an answer {failed.pop(0, 0)}, "
        + (", ".join(f"{count} answered {status}" for status, count in sorted(failed.items())) or "none answered 5xx"),
        f"latency: 95 % within {shaken.quiet * 1000:.0f} ms before the first blow, "
        f"within {percentile([each.seconds for each in book.samples]) * 1000:.0f} ms in all",
        f"accepted: {found.tickets} tickets, {found.messages} messages; rungs climbed: {found.rungs}; "
        f"mails delivered: {found.mails}, twice under one Message-ID: {found.arrived_twice}",
    ]
    names = Counter(blow.name for blow in shaken.blows)
    for name, count in names.items():
        after = [blow.well_after for blow in shaken.blows if blow.name == name]
        known = [each for each in after if each is not None]
        worst = f"{max(known):.2f} s" if len(known) == len(after) else "not within half a minute"
        lines.append(f"  {name}, {count} times: back to normal after {worst} at most")
    lines += [f"FAULT {fault}" for fault in found.faults[:40]] or ["nothing was lost, nothing was doubled"]
    if found.faults or failed.keys() - {503}:
        lines += _of_the_program(made.log.read_text())
    return "\n".join(lines)


def _of_the_program(log: str) -> list[str]:
    """What the log says of exceptions that are no outage, each with where it came from."""
    lines = log.splitlines()
    return [line for number, line in enumerate(lines) if any("Exception on" in each or "Error handling" in each for each in lines[max(0, number - 25) : number + 1])][:200]


if __name__ == "__main__":
    sys.exit(main())

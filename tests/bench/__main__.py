"""All benches in one run: `make bench`, or `make bench-quick` in under three minutes; the tables go into docs/performance.md.

Every part is a process of its own and prints figures beside their reference of the same run. What stands in the document
outside its two marks is written by hand, and left alone.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from portal.config import ROOT

DOCUMENT = ROOT / "docs" / "performance.md"
BEGINS, ENDS = "<!-- what the bench printed -->", "<!-- the end of what the bench printed -->"
PAGES, NATION, SWEEPS, MAILS, LOOKUP, SHEETS = "pages", "nation", "sweeping", "mail", "lookup", "sheets"
TITLES: Mapping[str, str] = {
    PAGES: "Pages beside a bare Flask view",
    NATION: "A keystroke of the look-up beside a bare Flask view, with 50,000 units",
    SWEEPS: "The sweep beside one indexed select",
    MAILS: "Delivery beside bare smtplib",
    LOOKUP: "The look-up alone, one province and 50,000 units",
    SHEETS: "The contact table of 50,000 units",
}


def parts(sizes: Sequence[int], *, quick: bool) -> Iterator[tuple[str, list[str]]]:
    """Each bench there is, with what it is called with."""
    written = [str(size) for size in sizes]
    every = {
        PAGES: ["pages", "--sizes", *written, *(["--quick"] if quick else [])],
        NATION: ["pages", "--work", "look-up", "--sizes", "1000", "--units", "50000"],
        SWEEPS: ["sweeping", *written, "--due", "1000" if quick else "10000"],
        MAILS: ["mail", "1000" if quick else "10000"],
        LOOKUP: ["lookup"],
        SHEETS: ["sheets"],
    }
    wanted = (PAGES, SWEEPS, MAILS) if quick else tuple(every)
    return ((name, every[name]) for name in wanted)


def ran(given: Sequence[str]) -> str:
    """What a part printed; it is shown as it comes. RuntimeError where it did not get to its end."""
    lines = []
    command = [sys.executable, "-m", f"tests.bench.{given[0]}", *given[1:]]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)  # noqa: T201  a script
            lines.append(line)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[1:])} ended with {process.returncode}")
    return "".join(lines).strip()


def report(sizes: Sequence[int], *, quick: bool) -> str:
    """All parts, with the command, the machine and the day."""
    command = " ".join(["python -m tests.bench", *(["--quick"] if quick else []), "--sizes", *map(str, sizes)])
    began = time.perf_counter()
    told = [f"## {TITLES[name]}\n\n`python -m tests.bench.{' '.join(given)}`\n\n{shown(ran(given))}"
            for name, given in parts(sizes, quick=quick)]  # fmt: skip
    minutes = (time.perf_counter() - began) / 60
    about = f"`{command}` on {datetime.now(UTC):%d %B %Y}, {minutes:.1f} minutes. {machine()}"
    return "\n\n".join([about, *told])


def shown(text: str) -> str:
    """Tables as they are, other lines as they were printed."""
    return text if "|---" in text else f"```\n{text}\n```"


def machine() -> str:
    """What it ran on, and how busy that was: ratios of one run, so that another's work weighs on both sides."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return (f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}; "
            f"load of the last 1, 5 and 15 minutes: {load}.")  # fmt: skip


def write(text: str, document: Path = DOCUMENT) -> None:
    """Put it between the marks of the document."""
    before, _begins, rest = document.read_text().partition(BEGINS)
    _old, _ends, after = rest.partition(ENDS)
    document.write_text(f"{before}{BEGINS}\n\n{text}\n\n{ENDS}{after}")


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.bench")
    parser.add_argument("--quick", action="store_true", help="fewer rounds of fewer parts; the document stays as it is")
    parser.add_argument("--sizes", type=int, nargs="+", help="tickets, as 10000 100000 1000000")
    given = parser.parse_args(arguments)
    sizes = given.sizes or ([10_000] if given.quick else [10_000, 100_000])
    text = report(sizes, quick=given.quick)
    if not given.quick:
        write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

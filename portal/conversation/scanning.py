"""The virus scanner that the administrator names: a command that reads one file and answers by its exit code."""

import subprocess
from enum import Enum

from flask import current_app

from portal.config import ScanSettings


class Verdict(Enum):
    CLEAN = "clean"
    INFECTED = "infected"
    UNCHECKED = "could not be checked"


BY_EXIT_CODE = {0: Verdict.CLEAN, 1: Verdict.INFECTED}


def scanned(content: bytes) -> Verdict:
    """What the scanner says; without one everything is clean. What it does not answer for is unchecked, and logged."""
    settings: ScanSettings = current_app.extensions["settings"].scan
    if not settings.command:
        return Verdict.CLEAN
    try:
        ran = subprocess.run(  # noqa: S603  the administrator's own command, without a shell
            settings.command,
            input=content,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=settings.timeout,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        current_app.logger.exception("the virus scanner gave no answer")
        return Verdict.UNCHECKED
    verdict = BY_EXIT_CODE.get(ran.returncode, Verdict.UNCHECKED)
    if verdict is Verdict.UNCHECKED:
        current_app.logger.error("the virus scanner ended with %s: %s", ran.returncode, ran.stderr[-500:])
    return verdict

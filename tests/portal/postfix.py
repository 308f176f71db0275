"""Debian's Postfix as an instance of its own: a free port on loopback, its queue and its mailboxes in a folder."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTP

import pytest

from tests.portal.mail_servers import free_port, parsed

POSTFIX = Path("/usr/sbin/postfix")
SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
SETTINGS = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
myhostname = mx.ga.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = ga.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = regexp:{folder}/boxes
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 100
default_database_type = hash
alias_maps =
"""


class Postfix:
    """Takes mail for desk1@ga.example, desk2@… into one maildir; knows nobody else."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        for name, owner in (("queue", "root"), ("data", "postfix"), ("mail", "nobody"), ("etc", "root")):
            (folder / name).mkdir(parents=True)
            shutil.chown(folder / name, owner)
        (folder / "boxes").write_text("/^desk[0-9]+@ga\\.example$/ all/\n")
        (folder / "etc/main.cf").write_text(SETTINGS.format(folder=folder, port=self.port))
        (folder / "etc/master.cf").write_text(SERVICES.format(port=self.port))

    def start(self) -> None:
        self._run("start")
        for _ in range(300):
            with suppress(OSError), SMTP("127.0.0.1", self.port, timeout=2):
                return
            time.sleep(0.1)
        raise AssertionError("Postfix did not start")

    def stop(self) -> None:
        self._run("stop")

    def arrived(self) -> list[EmailMessage]:
        """What was delivered."""
        return [parsed(path.read_bytes()) for path in (self.folder / "mail/all/new").glob("*")]

    def wait_for(self, count: int) -> list[EmailMessage]:
        """What was delivered once it is so many, or ten seconds have passed."""
        for _ in range(300):
            if len(self.arrived()) >= count:
                break
            time.sleep(0.1)
        return self.arrived()

    def _run(self, verb: str) -> None:
        subprocess.run([POSTFIX, "-c", self.folder / "etc", verb], check=False, capture_output=True, timeout=60)


@contextmanager
def postfix(folder: Path) -> Iterator[Postfix]:
    """Runs for the length of the block; skipped, loudly, where it is not installed or we may not start it."""
    if not POSTFIX.exists() or os.geteuid() != 0:
        message = "Postfix is not installed, or we are not root (tests/install.sh)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    folder.mkdir(parents=True, exist_ok=True)
    for parent in [folder, *folder.parents]:
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)  # its processes have users of their own
    made = Postfix(folder)
    made.start()
    try:
        yield made
    finally:
        made.stop()

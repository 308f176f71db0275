"""What the documents name is there: settings, commands, files, make's targets; and what they give to copy passes its checkers."""

import ast
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from portal.cli import portal_commands
from portal.directory_commands import directory_commands
from portal.settings_reference import GROUPS, reference
from tests.conventions.house import ROOT

OPERATIONS = ROOT / "docs" / "operations"
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
COPIED = [path for path in OPERATIONS.iterdir() if path.is_file()]
NAME = re.compile(r"\bPORTAL_[A-Z]+(?:_[A-Z]+)*\b")
BLOCK = re.compile(r"^```sh[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:\bduijie|flask --app wsgi) ((?:portal|directory) [^\n`|)]*)")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
GROUPS_OF_COMMANDS: dict[str, click.Group] = {"portal": portal_commands, "directory": directory_commands}


def settings_read() -> set[str]:
    """The names that the code asks the environment for."""
    trees = [ast.parse(path.read_text()) for path in (ROOT / "portal").rglob("*.py") if path.stem != "settings_reference"]
    texts = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    return {text for text in texts if isinstance(text, str) and NAME.fullmatch(text)}


def settings_listed() -> list[str]:
    return [each.name for settings in GROUPS.values() for each in settings]


def test_the_list_of_settings_is_what_the_code_makes() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == reference(), "make settings"


def test_every_setting_that_the_code_reads_is_listed_once_and_no_other() -> None:
    assert sorted(settings_listed()) == sorted(settings_read())


@pytest.mark.parametrize("path", [*DOCUMENTS, *COPIED], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_setting_that_a_document_names_is_one(path: Path) -> None:
    named = set(NAME.findall(re.sub(r"PORTAL_\w+_\*", "", path.read_text())))
    assert named - set(settings_listed()) == set()


def commands(path: Path) -> Iterator[str]:
    for line in path.read_text().replace("\\\n", " ").splitlines():
        for found in COMMAND.findall(line):
            yield found.split("#")[0].split(" > ")[0].strip(" .,;:")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_a_document_names_is_there_with_its_options(path: Path) -> None:
    assert [command for command in commands(path) if not known(command)] == []


def known(command: str) -> bool:
    words = [word for word in shlex.split(re.sub(r"[\[\]…]", " ", command)) if word]
    at: click.Command = GROUPS_OF_COMMANDS[words.pop(0)]
    while isinstance(at, click.Group) and words and words[0] in at.commands:
        at = at.commands[words.pop(0)]
    options = {option for parameter in at.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return not isinstance(at, click.Group) and {word for word in words if word.startswith("--")} <= options


def test_a_command_or_an_option_that_is_not_there_is_found() -> None:
    assert known("portal token add --unit 220202000000")
    assert not known("portal tokens add")
    assert not known("portal migrate --quickly")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_and_target_that_a_document_leads_to_is_there(path: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    missing = [link for link in LINK.findall(text) if not (path.parent / link).exists()]
    targets = set(re.findall(r"^([a-z-]+):.*?## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    made = set(re.findall(r"(?:`|^ {4})make ([a-z-]+)", text, re.MULTILINE))
    assert (missing, made - targets) == ([], set())


def test_the_blocks_of_a_shell_are_read_by_one() -> None:
    blocks = [block for path in DOCUMENTS for block in BLOCK.findall(path.read_text())]
    assert len(blocks) > 10
    for block in blocks:
        read = subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True, check=False)
        assert (read.returncode, read.stderr) == (0, ""), block


def test_nothing_is_installed_whose_hash_is_not_locked() -> None:
    texts = [path.read_text().replace("\\\n", " ") for path in [ROOT / "docs" / "operations.md", ROOT / "Makefile"]]
    lines = [line.replace("$(HASHED)", re.findall(r"^HASHED := (.*)$", texts[1], re.MULTILINE)[0]) for text in texts
             for line in text.splitlines() if re.search(r"\bpip\)? (install|download)|\(PIP\) (install|download)", line)]  # fmt: skip
    peers = ("build/peers", "build/lock")
    ours = [line for line in lines if not any(folder in line for folder in peers)]
    assert len(ours) >= 9
    assert [line for line in ours if not {"--require-hashes", "--no-build-isolation"} <= set(line.split())] == []


def test_what_is_copied_stands_in_the_text() -> None:
    text = (ROOT / "docs" / "operations.md").read_text()
    assert [path.name for path in COPIED if f"operations/{path.name}" not in text] == []


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_takes_its_file(tmp_path: Path) -> None:
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=duijie.example", "-keyout",
                    tmp_path / "key.pem", "-out", tmp_path / "fullchain.pem"], check=True, capture_output=True)  # fmt: skip
    ports = {"listen 80": "listen 18080", "listen [::]:80": "listen [::]:18080", "listen 443": "listen 18443",
             "listen [::]:443": "listen [::]:18443"}  # fmt: skip
    text = (OPERATIONS / "nginx.conf").read_text().replace("/etc/duijie/tls", str(tmp_path))
    for here, there in ports.items():
        assert here in text
        text = text.replace(here, there)
    (tmp_path / "site").write_text(text)
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\ninclude {tmp_path}/site;\n}}\n")
    told = subprocess.run(["nginx", "-t", "-c", whole], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "warn" not in told.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """With the programs of this folder in the place of the installed ones, which must be there."""
    units = [path for path in COPIED if path.suffix in {".service", ".timer"}]
    assert len(units) == 4
    for path in units:
        named = path.name.replace("@.", "@8001.")
        (tmp_path / named).write_text(path.read_text().replace("/opt/duijie", str(ROOT)).replace("User=duijie", "User=root"))
    for unit in sorted(tmp_path.iterdir()):
        told = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit], capture_output=True,
                              text=True, check=False)  # fmt: skip
        assert (told.returncode, told.stderr) == (0, ""), unit.name

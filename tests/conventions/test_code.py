"""What every module of the house keeps to."""

import ast
import subprocess
import sys

from tests.conventions.house import ROOT, dotted, modules

INNER = {"actions", "attachments", "clocks", "compose", "models", "moves", "opening", "outbox", "queries"}
"Files of a feature that are below its edge: they take a session and never commit."

READS_THE_CLOCK = {
    *(
        f"{name}.{call}"
        for name in ("datetime", "datetime.datetime", "dt.datetime")
        for call in ("now", "utcnow", "today")
    ),
    *("date.today", "datetime.date.today", "dt.date.today"),
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime"),
    *("func.now", "func.current_timestamp", "func.localtimestamp", "sa.func.now"),
}
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40


def test_actions_never_commit() -> None:
    assert not [
        module.at(call)
        for module in modules("directory", "portal")
        if module.name.startswith("directory/") or module.path.stem in INNER
        for call in module.calls()
        if isinstance(call.func, ast.Attribute) and call.func.attr == "commit"
    ], "the edge commits: a view, the sweep, the delivery, a command"


def test_one_module_reads_the_clock() -> None:
    assert not [
        f"{module.at(call)}: {dotted(call.func)}()"
        for module in modules("directory", "portal")
        if module.name != "portal/clock.py"
        for call in module.calls()
        if dotted(call.func) in READS_THE_CLOCK
    ], "take the time as an argument, or ask portal.clock at the edge"


def test_the_clock_is_not_imported_by_another_name() -> None:
    assert not [
        module.at(node)
        for module in modules("directory", "portal")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        if any(alias.name in {"time", "time_ns", "localtime", "gmtime"} for alias in node.names)
    ]


def test_a_module_can_be_read_in_one_sitting() -> None:
    assert not {
        module.name: module.lines for module in modules("directory", "portal") if module.lines >= LONGEST_MODULE
    }, f"from {LONGEST_MODULE} lines on, it holds a concept that has no file yet"


def test_a_function_can_be_seen_at_once() -> None:
    assert not {
        f"{module.at(function)} {function.name}": length
        for module in modules("directory", "portal")
        for function in module.functions()
        if (length := (function.end_lineno or 0) - function.lineno + 1) >= LONGEST_FUNCTION
    }, f"from {LONGEST_FUNCTION} lines on, it holds a concept that has no name yet"


def test_every_module_opens_with_a_sentence() -> None:
    assert not [module.name for module in modules("directory", "portal") if not ast.get_docstring(module.tree)]


def test_a_package_says_what_it_is_and_imports_nothing() -> None:
    """So that a rule can be imported without the web that lives beside it."""
    assert not [
        module.name
        for module in modules("directory", "portal")
        if module.path.name == "__init__.py" and len(module.tree.body) != 1
    ]


def test_the_directory_needs_no_web() -> None:
    script = (
        "import importlib, pkgutil, sys, directory\n"
        "for module in pkgutil.walk_packages(directory.__path__, 'directory.'): importlib.import_module(module.name)\n"
        "print(*{name.partition('.')[0] for name in sys.modules} & {'flask', 'werkzeug', 'wtforms', 'flask_babel', 'portal'})"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert not ran.stdout.split()

"""The house: one trade a file, and arrows that run one way."""

import ast
import re
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]
ROOMS = sorted((ROOT / "spoken_digits").glob("*.py"))
EXERCISES = sorted((ROOT / "spoken_digits" / "exercises").glob("*.py"))
FILES = [*ROOMS, *EXERCISES, ROOT / "helpers.py", ROOT / "experiments.py"]
PAGES = sorted((ROOT / "spoken_digits").glob("*.js"))


def nodes(path):
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("path", [*FILES, *PAGES], ids=lambda path: path.name)
def test_a_file_is_one_trade(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 260


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_functions_are_short(path):
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = node.end_lineno - node.lineno + 1
            assert lines <= 45, f"{node.name} has {lines} lines"


def test_arrows_run_one_way(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert lint_imports("pyproject.toml", no_cache=True, no_logo=True) == 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_another_room_uses_has_a_public_name(path):
    names, rooms = set(), set()
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom) and (node.level or "spoken_digits" in node.module):
            names |= {alias.name for alias in node.names}
            rooms |= {alias.asname or alias.name for alias in node.names} & {
                room.stem for room in ROOMS
            }
    names |= {  # fetching.registry, after `from . import fetching`
        node.attr
        for node in nodes(path)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in rooms
    }
    assert [name for name in sorted(names) if name.startswith("_")] == []


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: path.name)
def test_a_room_imports_neither_the_door_nor_the_command(path):
    imported = {
        module.partition(".")[0]
        for node in nodes(path)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for module in [getattr(node, "module", None), *(alias.name for alias in node.names)]
        if module
    }
    assert not imported & {"helpers", "experiments"}


def test_the_list_of_rooms_is_whole():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (`\w+`(?:, `\w+`)*) \|", text.split("**Where new code goes.**")[0], re.M
    )
    named = {name for row in rows for name in re.findall(r"\w+", row)}
    assert named == {path.stem for path in ROOMS} - {"__init__"} | {"exercises"}

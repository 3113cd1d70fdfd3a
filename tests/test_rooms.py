"""The house: one trade a file, and arrows that run one way."""

import ast
import re
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]
ROOMS = sorted((ROOT / "spoken_digits").glob("*.py"))
FILES = [*ROOMS, ROOT / "helpers.py", ROOT / "experiments.py"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_one_trade_of_short_functions(path):
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 260
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            lines = node.end_lineno - node.lineno + 1
            assert lines <= 45, f"{node.name} has {lines} lines"


def test_arrows_run_one_way(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert lint_imports("pyproject.toml", no_cache=True, no_logo=True) == 0


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: path.stem)
def test_what_another_room_uses_has_a_public_name(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            assert not [alias.name for alias in node.names if alias.name.startswith("_")]


def test_the_list_of_rooms_is_whole():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (`\w+`(?:, `\w+`)*) \|", text.split("**Where new code goes.**")[0], re.M
    )
    named = {name for row in rows for name in re.findall(r"\w+", row)}
    assert named == {path.stem for path in ROOMS} - {"__init__"}

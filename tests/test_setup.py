"""The two doors: they read one list, the list is what is imported, and make finds its Python."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

import nbformat
import pytest
import yaml

from spoken_digits import editions, site

ROOT = Path(__file__).parents[1]
PYTHONS = ["3.11", "3.12", "3.13"]
BESIDE = {"nbgrader": editions.NBGRADER, "sphinx": site.SPHINX}  # each in a folder of its own
LISTS = ["requirements.txt", "requirements-lock.txt", *(f"requirements-{n}.txt" for n in BESIDE)]

# Required, though nothing imports them. An entry that is imported by now has to go.
TOOLS = {
    "bokeh": "Dask's dashboard draws with it",
    "jupyterlab": "`make lab` opens it",
    "importlib-metadata": "Dask and myst-nb import it; `make site` installs no dependencies",
    "ipykernel": "runs the Python of every notebook",
    "pytest-benchmark": "lends a test its `benchmark` fixture",
    "ruff": "`make test` checks the style with it",
}
# Imported, though not required: it says so itself where it is missing.
OPTIONAL = {
    "nbgrader": "only teachers need it: requirements-nbgrader.txt",
    "pocketsphinx": "recorded as a baseline; only recording needs it",
}


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(name):
    """Package -> version, of the lines `package==version` in a requirements file."""
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", read(name), re.MULTILINE))


def python_files():
    return [
        path
        for folder in ("", "spoken_digits", "tests", "recordings")
        for path in (ROOT / folder).glob("*.py")
    ]


def python_sources():
    """The text of every Python file and of every notebook's code, without Jupyter's magics."""
    for path in python_files():
        yield path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        for cell in cells:
            if cell.cell_type == "code":
                yield re.sub(r"^(\s*)[%!].*", r"\1pass", cell.source, flags=re.MULTILINE)


def imported_packages():
    """The installed packages that our code imports, those of the standard library left out."""
    modules = set()
    for node in (node for source in python_sources() for node in ast.walk(ast.parse(source))):
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules.add(node.module.partition(".")[0])
    ours = {path.stem for path in python_files()} | {"spoken_digits"}
    installed = packages_distributions()
    return {
        canonical(installed.get(module, [module])[0])
        for module in modules - sys.stdlib_module_names - ours
    }


# --- The one list ---


def test_both_doors_read_the_one_list():
    environment = yaml.safe_load(read("environment.yml"))
    (from_pip,) = (item["pip"] for item in environment["dependencies"] if isinstance(item, dict))
    assert from_pip == ["-r requirements.txt", "-c requirements-lock.txt", "-e ."]
    assert environment["name"] == "spoken-digits"
    from_conda = [item for item in environment["dependencies"] if isinstance(item, str)]
    assert [re.split("[=<>]", item)[0] for item in from_conda] == ["python", "pip"]
    assert f"-m pip install --disable-pip-version-check \\\n\t\t{' '.join(from_pip)}" in read(
        "Makefile"
    )


def test_requirements_are_what_is_imported_and_nothing_else():
    required, imported = set(pins("requirements.txt")), imported_packages()
    assert imported - required == set(OPTIONAL), "imported, but not in requirements.txt"
    assert required - imported - set(TOOLS) == set(), "in requirements.txt, but not used"
    assert imported & set(TOOLS) == set(), "imported by now: take it out of TOOLS"


@pytest.mark.parametrize(
    "name", ["environment.yml", *(name for name in LISTS if "lock" not in name)]
)
def test_every_line_gives_its_reason(name):
    lines = [line.strip() for line in read(name).splitlines()]
    if name == "environment.yml":
        lines = [line for line in lines if line.startswith("- ") and not line.endswith(":")]
    for line in lines:
        if line and not line.startswith("#"):
            assert re.search(r" # .*\w{3}", line), f"no reason: {line}"
            assert name == "environment.yml" or re.match(r"[a-z0-9-]+==\d", line), line


def test_the_lock_holds_every_requirement_once_and_no_address():
    locked = pins("requirements-lock.txt")
    assert pins("requirements.txt").items() <= locked.items()
    lines = [line for line in read("requirements-lock.txt").splitlines() if line[:1] != "#"]
    assert len(lines) == len(locked), "a package stands twice, or a line is no pin"
    for name in (*LISTS, "environment.yml"):
        assert "://" not in read(name)
        assert "index" not in read(name)


@pytest.mark.parametrize("name", BESIDE)
def test_what_it_needs_is_there(name):
    """It is installed without its dependencies: nothing else would notice a missing one."""
    if not BESIDE[name].is_dir():
        pytest.skip(f"make {name} has not been run")
    beside = pins(f"requirements-{name}.txt")
    assert not set(beside) & set(pins("requirements-lock.txt")), "in both lists"
    found = {canonical(each.name): each.version for each in distributions(path=[str(BESIDE[name])])}
    assert found == beside
    env = os.environ | {"PYTHONPATH": str(BESIDE[name])}
    command = [sys.executable, "-m", "pip", "check"]
    told = subprocess.run(command, env=env, capture_output=True, text=True).stdout.splitlines()
    assert told, "pip said nothing"
    assert [line for line in told if canonical(line.split()[0]) in beside] == []


def test_the_same_pythons_everywhere():
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert project["requires-python"] == ">=3.11,<3.14"
    assert re.search(r"^SUPPORTED = (.*)$", read("Makefile"), re.MULTILINE)[1].split() == [
        *reversed(PYTHONS)
    ]
    assert re.search(r"- python=([\d.]+)", read("environment.yml"))[1] in PYTHONS
    workflow = yaml.safe_load(read(".github/workflows/test.yml"))
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == PYTHONS
    for name in ("README.md", "environment.yml", "requirements.txt"):
        assert re.search(r"Python 3\.11, 3\.12 (and|or) 3\.13", read(name)), name


# --- make ---

# Stands in for a Python: runs `-c` for real, with another version; imitates venv and pip.
FAKE_PYTHON = """#!/bin/sh
case "$*" in
  "-c "*) exec "{python}" -c 'import sys; code = sys.argv[1]
{disguise}
exec(code)' "$2" ;;
  "--version") echo "Python of a test" ;;
  "-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
  "-m pip install "*) echo "$*" >> pip.log; test ! -e pip_fails ;;
  "-m jupyterlab.labextensions disable "*) ;;
  *) echo "unexpected: $*"; exit 9 ;;
esac
"""
DISGUISES = {
    "fits": "sys.version_info = (3, 13, 1)",
    "too new": "sys.version_info = (3, 14, 0)",
    "too old": "sys.version_info = (3, 10, 9)",
    "no venv": "sys.version_info = (3, 12, 3); import importlib.util as u; "
    "u.find_spec = lambda name: None",
    "Intel Mac": 'import platform; platform.machine = lambda: "x86_64"; '
    'sys.platform = "darwin"; sys.version_info = (3, 13, 1)',
}


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A folder with what `make setup` reads, and a PATH that holds no Python yet."""
    if shutil.which("make") is None or os.name == "nt":
        pytest.skip("there is no make here")
    for name in ("Makefile", "pyproject.toml", *LISTS):
        shutil.copy(ROOT / name, tmp_path)
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("make", "sh", "cat", "grep", "echo", "rm", "mkdir", "cp"):
        (tools / tool).symlink_to(shutil.which(tool))
    monkeypatch.setenv("PATH", str(tools))
    for name in (
        "MAKEFLAGS",
        "MAKELEVEL",
        "MAKEOVERRIDES",
        "MFLAGS",
    ):  # of the make that runs the tests
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def add_python(clone, name, kind):
    path = clone / "bin" / name
    path.write_text(FAKE_PYTHON.format(python=sys.executable, disguise=DISGUISES[kind]))
    path.chmod(0o755)


def make(clone, *arguments):
    done = subprocess.run(
        ["make", *(arguments or ["setup"])], cwd=clone, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def times_installed(clone):
    log = clone / "pip.log"
    return len(log.read_text().splitlines()) if log.exists() else 0


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("too new", "python3 is Python 3.14\n"),
        ("too old", "python3 is Python 3.10\n"),
        ("no venv", "python3 is Python 3.12 without venv\n"),
        ("Intel Mac", "python3 is Python 3.13 for Intel Macs\n"),
    ],
)
def test_make_tells_which_python_it_found_and_what_to_do(clone, kind, told):
    add_python(clone, "python3", kind)
    code, output = make(clone)
    assert code != 0
    assert told in output
    assert "3.13 3.12 3.11" in output
    assert "Traceback" not in output
    for remedy in ("install Python 3.13", "python3-venv", "PYTHON=/path", "conda env create"):
        assert remedy in output
    assert not (clone / ".venv").exists()


def test_make_tells_that_there_is_no_python(clone):
    code, output = make(clone)
    assert code != 0
    assert "Found:\n  none\n" in output


def test_make_takes_the_first_python_that_fits(clone):
    add_python(clone, "python3", "too new")
    add_python(clone, "python3.12", "fits")
    code, output = make(clone)
    assert code == 0, output
    assert times_installed(clone) == 1


def test_make_takes_the_python_that_one_names_spaces_and_all(clone):
    add_python(clone, "python3", "too new")
    add_python(clone, "my python", "fits")
    code, output = make(clone, "setup", f"PYTHON={clone}/bin/my python")
    assert code == 0, output
    assert times_installed(clone) == 1


def test_make_installs_once_and_again_only_after_a_change(clone):
    add_python(clone, "python3", "fits")
    assert [make(clone)[0], make(clone)[0]] == [0, 0]
    (clone / "requirements.txt").touch()
    assert make(clone) == (0, "")
    assert times_installed(clone) == 1
    with (clone / "requirements.txt").open("a") as file:
        file.write("another==1.0  # a change\n")
    assert make(clone)[0] == 0
    assert times_installed(clone) == 2


def test_what_teachers_need_is_installed_apart_and_once(clone):
    add_python(clone, "python3", "fits")
    (clone / "build" / "nbgrader").mkdir(parents=True)  # as pip would make it
    assert "Installing nbgrader" in make(clone, "nbgrader")[1]
    (clone / "build" / "nbgrader").mkdir(parents=True, exist_ok=True)
    make(clone, "nbgrader")
    setup, apart = (clone / "pip.log").read_text().splitlines()[:2]
    assert "nbgrader" not in setup
    assert "--target build/nbgrader --no-deps -r requirements-nbgrader.txt" in apart


@pytest.mark.parametrize("folder", ["offline", "a stick/offline"])
def test_with_a_folder_from_make_offline_pip_asks_no_network(clone, folder):
    add_python(clone, "python3", "fits")
    (clone / folder / "wheels").mkdir(parents=True)
    done = subprocess.run(
        ["make", "setup", f"OFFLINE={folder}"], cwd=clone, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (asked,) = (clone / "pip.log").read_text().splitlines()
    assert asked.endswith(f"-e . --no-index --find-links {folder}/wheels")


def test_wheels_for_another_system_are_told(clone):
    add_python(clone, "python3", "fits")
    (clone / "offline" / "wheels").mkdir(parents=True)
    (clone / "offline" / "made_for").write_text("macOS (arm64) with Python 3.12\n")
    (clone / "pip_fails").touch()
    assert "are for macOS (arm64) with Python 3.12." in make(clone)[1]


def test_make_repairs_an_unfinished_installation(clone):
    add_python(clone, "python3", "fits")
    (clone / "pip_fails").touch()
    code, output = make(clone)
    assert code != 0
    assert "The packages are not all installed" in output
    leftover = clone / ".venv" / "half_a_package"
    leftover.touch()
    (clone / "pip_fails").unlink()
    assert make(clone)[0] == 0
    assert not leftover.exists()
    assert make(clone) == (0, "")


def test_make_replaces_a_venv_whose_python_has_gone(clone):
    add_python(clone, "python3", "fits")
    assert make(clone)[0] == 0
    (clone / ".venv" / "bin" / "python").unlink()
    code, output = make(clone)
    assert code == 0
    assert "Making .venv" in output
    assert times_installed(clone) == 2


def test_help_is_the_default_and_lists_every_target(clone):
    targets = re.search(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE)[1].split()
    code, output = make(clone, "help")
    assert code == 0
    assert make(clone, "--silent") == (code, output)
    for target in set(targets) - {"setup", *BESIDE}:
        assert f"make {target} " in output

"""Who may import whom: the rooms of the house, held by a test."""

import ast
import subprocess
import sys

import pytest

from playground.settings import ROOT

PACKAGE = ROOT / "playground"
FOUNDATION = {"types", "errors", "events", "vocabulary", "settings", "hub_app", "registry", "table_files"}
# Each room may import the rooms named here (and the foundation, and itself).
MAY_IMPORT = {
    "models": set(),
    "preferences": set(),
    "runs": set(),
    "pocket": {"models", "preferences"},  # its build decodes with the one and counts with the other
    "completions": {"models", "preferences", "runs", "pocket"},
    "rewards": {"models", "preferences", "runs", "pocket"},
    "training": {"models", "runs", "pocket", "completions", "rewards"},  # rows, never the store
    "evaluation": {"preferences", "pocket", "completions", "rewards"},  # asks an Examiner; loads no model itself
    "services": {"models", "runs", "pocket", "completions", "rewards", "training"},
    "phenomena": {"models", "runs", "pocket", "completions", "rewards", "training", "evaluation"},  # experiments
    "workbench": {"models", "preferences", "runs", "pocket", "completions", "evaluation"},
    "ui": {"models", "preferences", "runs", "pocket", "completions", "evaluation", "workbench"},
    "api": {"preferences", "runs", "pocket", "evaluation", "workbench"},
}
HEAVY = {"torch", "transformers", "peft", "trl", "datasets", "accelerate", "safetensors", "tokenizers"}
ONLY_IN = {"gradio": {"ui"}, "sqlalchemy": {"preferences"}, "trl": {"training", "services"}, "plotly": {"ui", "api"}}
FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports(path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_only_the_rooms_above_it(path):
    room = room_of(path)
    if room == "__init__":
        return
    rooms = {name.split(".")[1] for name in imports(path) if name.startswith("playground.") and name.count(".")}
    below = {"training", "evaluation"} if room in FOUNDATION else {room} | MAY_IMPORT[room]  # the registry looks there
    known = {room_of(p) for p in FILES}
    assert rooms & known <= FOUNDATION | below


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_libraries_stay_in_their_rooms(path):
    tops = {name.split(".")[0] for name in imports(path)}
    for library, rooms in ONLY_IN.items():
        assert library not in tops or room_of(path) in rooms


@pytest.mark.parametrize("module", ["playground.workbench", "playground.ui.page", "playground.api.routes"])
def test_importing_the_page_loads_no_torch(module):
    code = f"import sys, {module}; print(sorted({HEAVY!r} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("read", "folder"),
    [
        ("algorithms", "training/algorithms"),
        ("questions", "evaluation/questions"),
        ("audits", "evaluation/audits"),
    ],
)
def test_reading_the_registry_finds_every_file_and_loads_no_torch(read, folder):
    count = f"from playground.registry import {read}; print(len({read}()), "
    code = f"import sys; {count} {HEAVY!r} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    files = [path for path in (PACKAGE / folder).glob("*.py") if path.stem != "__init__"]
    assert files
    assert result.stdout.split() == [str(len(files)), "set()"], result.stderr


def test_importing_the_intervals_loads_no_database():
    code = "import sys, playground.rewards.agreement; print({'sqlalchemy', 'torch'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.stdout.strip() == "set()", result.stderr


def test_the_wilson_interval_is_written_once():
    files = [path for path in FILES if "def wilson(" in path.read_text(encoding="utf-8")]
    assert len(files) == 1


def test_the_app_file_stays_small():
    assert len((ROOT / "app.py").read_text().splitlines()) <= 40


def test_importing_the_page_writes_no_stub_files_for_editors():
    code = (
        "import sys\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, of: opened.append(str(of[0])) if event == 'open' else None)\n"
        "import playground.ui, gradio\n"
        "assert any('gradio' in path for path in opened)\n"
        "print([path for path in opened if path.endswith('.pyi')])\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.stdout == "[]\n", result.stdout + result.stderr

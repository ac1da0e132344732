"""Imports go one way: records <- pure <- shell <- pipeline <- command line. Read from the source, not run."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "holdfast"

LAYERS: dict[str, str] = {
    "records": "model errors reasons results",
    "settings": "kinds keys config",
    "pure": (
        "urls families hosts scan spelling splice oracle origins rewrite restoration policy plan "
        "words naming media decoding containers recordings svg metadata addresses sites records holdings "
        "report"
    ),
    "ground": "disk progress looping dialogue inspecting",
    "shell": "fetch store manifest files walk ignoring upkeep site generators",
    "branches": "check offline prove",
    "pipeline": "pipeline",
    "surface": "cli console options demo __main__ __init__",
}
"""From the bottom to the top; a module imports from its own layer (but see `SIDEWAYS`) and those below."""

SIDEWAYS = {("walk", "ignoring"), ("site", "generators")}
"""Shell modules that may import each other: a module and the part that was split from it."""

OUTSIDE = {"aiofiles", "asyncio", "httpx", "os", "pathlib", "socket", "threading", "time"}
"""What no pure module imports: it has no disk, clock, socket or thread."""


def layer_of(module: str) -> int:
    for number, modules in enumerate(LAYERS.values()):
        if module in modules.split():
            return number
    raise AssertionError(f"{module} is in no layer: decide where it belongs, in {Path(__file__).name}")


def modules() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def top(path: Path) -> str:
    """The module or package right below the root that a file belongs to."""
    parts = path.relative_to(SOURCE).parts
    return parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The program's own modules that a file imports, by their top names; also inside functions."""
    found = set()
    depth = len(path.relative_to(SOURCE).parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or node.level == 0:
            continue
        if node.level < depth:
            continue  # within the package
        names = [node.module.partition(".")[0]] if node.module else [alias.name for alias in node.names]
        found |= {name for name in names if (SOURCE / name).is_dir() or (SOURCE / f"{name}.py").exists()}
    return found


def foreign(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_imports_go_one_way(path: Path) -> None:
    here = top(path)
    for name in imported(path) - {here}:
        assert layer_of(name) <= layer_of(here), f"{here} imports {name}, which stands above it"


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_no_two_shell_modules_import_each_other_sideways(path: Path) -> None:
    here = top(path)
    if here not in LAYERS["shell"].split():
        return
    for name in imported(path) - {here}:
        assert name not in LAYERS["shell"].split() or (here, name) in SIDEWAYS, (
            f"{here} imports {name} sideways"
        )


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_pure_modules_touch_nothing(path: Path) -> None:
    if top(path) in f"{LAYERS['records']} {LAYERS['pure']}".split():
        assert not foreign(path) & OUTSIDE


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_no_module_outgrows_its_room(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_only_the_surface_prints(path: Path) -> None:
    calls = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not calls or top(path) in LAYERS["surface"].split()


def test_every_module_says_what_it_is_for() -> None:
    assert not [
        path for path in modules() if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]


def test_the_engine_is_known_to_the_network_alone() -> None:
    users = {top(path) for path in modules() if foreign(path) & {"httpx", "pyreqwest", "httpcore"}}
    assert users == {"fetch"}

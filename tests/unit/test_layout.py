"""The layout: what the import contracts name exists and is complete, no file is too long, folders stay small."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("controller", "trajectories", "sim", "hardware", "workbench", "urdf", "massage_arm")
LONGEST_FILE = 400
"""Lines of a file."""
MOST_NAMES = 15
"""Names at the top of workbench."""
SAFETY_MAY_IMPORT = {"safety", "types", "values"}


def _children(package: Path) -> set[str]:
    """Return the modules and packages directly below a package."""
    modules = {path.stem for path in package.glob("*.py") if path.stem != "__init__"}
    return modules | {path.parent.name for path in package.glob("*/__init__.py")}


def _contracts() -> list[dict[str, object]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts: list[dict[str, object]] = settings["tool"]["importlinter"]["contracts"]
    return contracts


def test_the_contract_of_the_safety_core_names_every_other_part_of_the_controller() -> None:
    (core,) = [one for one in _contracts() if one.get("source_modules") == ["controller.safety"]]
    forbidden = core["forbidden_modules"]
    assert isinstance(forbidden, list)
    named = {name.removeprefix("controller.") for name in forbidden if name.startswith("controller.")}
    assert named == _children(ROOT / "controller") - SAFETY_MAY_IMPORT


def test_what_the_contracts_name_exists() -> None:
    names: set[str] = set()
    for contract in _contracts():
        for key in ("source_modules", "forbidden_modules", "ancestors"):
            listed = contract.get(key, [])
            assert isinstance(listed, list)
            names |= {name for name in listed if name.partition(".")[0] in PACKAGES}
        layers, containers = contract.get("layers", []), contract.get("containers", [])
        assert isinstance(layers, list)
        assert isinstance(containers, list)
        for container in containers:
            names |= {f"{container}.{part.strip()}" for layer in layers for part in layer.split("|")}
    paths = [ROOT / name.replace(".", "/") for name in names]
    missing = [path for path in paths if not (path.is_dir() or path.with_suffix(".py").is_file())]
    assert len(paths) > 40
    assert missing == []


def test_no_file_is_too_long() -> None:
    product = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in product}
    assert len(lengths) > 200
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_the_workbench_has_few_names_at_its_top() -> None:
    names = {path.name for path in (ROOT / "workbench").iterdir() if path.name != "__pycache__"}
    assert len(names) <= MOST_NAMES, sorted(names)


def test_no_array_begins_with_what_memory_holds() -> None:
    kernels = [path for package in ("controller", "trajectories", "sim") for path in (ROOT / package).rglob("*.py")]
    texts = {path: path.read_text(encoding="utf-8") for path in kernels}
    assert sum("np.zeros(" in text for text in texts.values()) > 20
    assert [path for path, text in texts.items() if "np.empty" in text] == []

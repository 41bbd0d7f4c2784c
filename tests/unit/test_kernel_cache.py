"""The cache of compiled kernels: equal sources load it wherever and whenever they were written, others never do."""

from __future__ import annotations

import ast
import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType, ModuleType

import pytest

from controller.kernel_cache import LOCATORS, ROOT, SourceLocator, kernel_sources, sources_digest

KERNEL = """
from controller.compiled import compiled
from sim.numbers import FACTOR

@compiled
def scaled(value):
    return FACTOR * value
"""
USE = """
import json, sys
from sim.kernel import scaled
value = scaled(1.0)
stats = scaled.stats
print(json.dumps([value, sum(stats.cache_hits.values()), sum(stats.cache_misses.values())]))
"""


def _tree(root: Path, factor: float, modified_s: float = 1e9) -> Path:
    """Write a small tree with one kernel whose constant stands in another file."""
    for name in ("__init__.py", "compiled.py", "kernel_cache.py"):
        target = root / "controller" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "controller" / name, target)
    (root / "sim").mkdir()
    for name, text in (("__init__", ""), ("numbers", f"FACTOR = {factor!r}\n"), ("kernel", KERNEL), ("other", "")):
        (root / "sim" / f"{name}.py").write_text(text, encoding="utf-8")
    for path in root.rglob("*.py"):
        os.utime(path, (modified_s, modified_s))
    return root


def _used(tree: Path, cache: Path, **environment: str) -> tuple[float, int, int]:
    """Return what the kernel of a tree gives, how many kernels were loaded and how many compiled."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    env = kept | {"XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(tree)} | environment
    done = subprocess.run([sys.executable, "-c", USE], env=env, cwd=tree, capture_output=True, text=True, check=True)
    value, hits, misses = json.loads(done.stdout)
    return value, hits, misses


def test_a_copied_tree_loads_what_another_compiled_at_another_path_and_time(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert _used(_tree(tmp_path / "first", 2.0), cache) == (2.0, 0, 1)
    assert _used(_tree(tmp_path / "second" / "deeper", 2.0, modified_s=1.5e9), cache) == (2.0, 1, 0)


def test_a_changed_constant_of_another_file_compiles_anew(tmp_path: Path) -> None:
    tree, cache = _tree(tmp_path / "tree", 2.0), tmp_path / "cache"
    numbers = tree / "sim" / "numbers.py"
    assert _used(tree, cache) == (2.0, 0, 1)
    before = numbers.stat()
    numbers.write_text("FACTOR = 3.0\n", encoding="utf-8")
    os.utime(numbers, ns=(before.st_atime_ns, before.st_mtime_ns))  # neither its time nor its length tells
    assert _used(tree, cache) == (3.0, 0, 1)


def test_a_folder_of_one_s_own_never_gives_stale_code(tmp_path: Path) -> None:
    own = {"NUMBA_CACHE_DIR": str(tmp_path / "own")}
    assert _used(_tree(tmp_path / "first", 2.0), tmp_path, **own) == (2.0, 0, 1)
    assert _used(_tree(tmp_path / "second", 2.0), tmp_path, **own) == (2.0, 1, 0)
    assert _used(_tree(tmp_path / "third", 3.0), tmp_path, **own) == (3.0, 0, 1)


def test_the_digest_is_of_kernels_and_of_what_they_import(tmp_path: Path) -> None:
    tree = _tree(tmp_path, 2.0)
    names = {path.relative_to(tree).as_posix() for path in kernel_sources(tree)}
    assert names == {"controller/compiled.py", "sim/kernel.py", "sim/numbers.py"}
    before = sources_digest(tree)
    (tree / "sim" / "other.py").write_text("FACTOR = 3.0\n", encoding="utf-8")
    assert sources_digest(tree) == before
    (tree / "sim" / "kernel.py").rename(tree / "sim" / "moved.py")
    assert sources_digest(tree) != before


def _kernel_modules() -> Iterator[ModuleType]:
    for path in kernel_sources():
        if "from controller.compiled import" in path.read_text(encoding="utf-8"):
            yield importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def _imported(module: ModuleType) -> dict[str, str]:
    """Return which names a module imports from where."""
    body = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body
    froms = [node for node in body if isinstance(node, ast.ImportFrom) and node.module is not None]
    return {alias.asname or alias.name: str(node.module) for node in froms for alias in node.names}


def test_every_number_that_a_kernel_uses_stands_in_a_file_of_the_digest() -> None:
    files, checked = set(kernel_sources()), 0
    for module in _kernel_modules():
        imported = _imported(module)
        kernels = [value.py_func for value in vars(module).values() if hasattr(value, "py_func")]
        for kernel in kernels:
            assert isinstance(kernel, FunctionType)
            for name in set(kernel.__code__.co_names) & set(imported):
                origin = importlib.import_module(imported[name])
                if not str(origin.__file__).startswith(str(ROOT / "")) or hasattr(vars(module)[name], "py_func"):
                    continue
                checked += 1
                assert Path(str(origin.__file__)) in files, f"{name} of {origin.__name__}"
                assert name not in _imported(origin), f"{origin.__name__} has {name} from another file"
    assert checked > 50


def test_functions_of_others_are_left_to_numba() -> None:
    assert SourceLocator.from_function(test_functions_of_others_are_left_to_numba, __file__) is None
    assert LOCATORS.split(",")[1] == "UserProvidedCacheLocator"


def test_a_folder_that_cannot_be_made_is_left_to_numba(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))
    kernel = ROOT / "controller" / "robot.py"
    assert SourceLocator.from_function(_used, str(kernel)) is None
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "folder"))
    assert SourceLocator.from_function(_used, str(kernel)) is not None

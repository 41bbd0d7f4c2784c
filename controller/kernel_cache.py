"""Where compiled kernels are kept: by what their sources say, not by where or when the files were written.

A copied, moved or installed tree loads what an equal tree compiled before. Numba's own cache notices a change of the
file a function stands in, but not of the functions and constants it uses from other files; here all of them count.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PACKAGES = ("controller", "trajectories", "sim", "workbench")
"""Packages that hold compiled functions."""
KEPT_CACHES = 4
"""Older caches are removed."""

_MARK = re.compile(rb"^from controller\.compiled import", re.MULTILINE)
_IMPORT = re.compile(rb"^from ((?:" + "|".join(PACKAGES).encode() + rb")(?:\.\w+)*) import", re.MULTILINE)


def kernel_sources(root: Path = ROOT) -> tuple[Path, ...]:
    """Return all files that hold compiled functions, and those that these import names from, in a fixed order.

    Args:
        root: folder of the packages.
    """
    found: set[Path] = set()
    for package in PACKAGES:
        for path in (root / package).rglob("*.py"):
            text = path.read_bytes()
            if _MARK.search(text):
                found.add(path)
                found.update(_file_of(root, name.decode()) for name in _IMPORT.findall(text))
    return tuple(sorted(path for path in found if path.is_file()))


def _file_of(root: Path, module: str) -> Path:
    path = root.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def sources_digest(root: Path = ROOT) -> str:
    """Return a digest of all sources of compiled functions: of their text and their places below the root.

    Args:
        root: folder of the packages.
    """
    digest = hashlib.sha256()
    for path in kernel_sources(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def _own_digest() -> str:
    """Return the digest of the sources that this process began with."""
    return sources_digest()


def cache_folder() -> Path:
    """Return the folder of this state of the sources; falls back to a temporary one where home is read-only."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "massage-arm"
    try:
        base.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=base):
            pass
    except OSError:
        base = Path(tempfile.gettempdir()) / f"massage-arm-{os.getuid()}"
    folder = base / f"numba-{_own_digest()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _forget_old(base, folder)
    except OSError:
        return folder
    return folder


def _forget_old(base: Path, current: Path) -> None:
    def age(path: Path) -> float:
        return path.stat().st_mtime

    os.utime(current)
    others = sorted((path for path in base.glob("numba-*") if path != current), key=age, reverse=True)
    for folder in others[KEPT_CACHES - 1 :]:
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
        folder.rmdir()


class SourceLocator:
    """Tells numba where the cache of one of the project's functions is and when it is stale.

    Numba finds it by its name in ``NUMBA_CACHE_LOCATOR_CLASSES`` and calls the methods of its ``_CacheLocator``.

    Args:
        file: the file that the function stands in, below ``ROOT``.
        line: number of its first line.
    """

    def __init__(self, file: Path, line: int) -> None:
        self._py_file = str(file)  # numba names it in a warning
        self._line = line
        self._folder = Path(os.environ.get("NUMBA_CACHE_DIR") or cache_folder()) / file.parent.relative_to(ROOT)

    @classmethod
    def from_function(cls, py_func: Callable[..., Any], py_file: str) -> SourceLocator | None:
        """Return the locator of a function; None leaves functions of other people to numba's own."""
        file = Path(py_file)
        if not any(file.is_relative_to(ROOT / package) for package in PACKAGES):
            return None
        locator = cls(file, py_func.__code__.co_firstlineno)
        try:
            locator.ensure_cache_path()
        except OSError:
            return None
        return locator

    def ensure_cache_path(self) -> None:
        """Make the folder; raises OSError where it cannot be written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if not os.access(self._folder, os.W_OK):
            raise PermissionError(f"{self._folder} cannot be written")

    def get_cache_path(self) -> str:
        """Return the folder of the function's files."""
        return str(self._folder)

    def get_source_stamp(self) -> str:
        """Return what has to be equal for a stored function to be used."""
        return _own_digest()

    def get_disambiguator(self) -> str:
        """Return what tells functions of one name in one file apart."""
        return str(self._line)


OWN_LOCATOR = f"{SourceLocator.__module__}.{SourceLocator.__name__}"
LOCATORS = ",".join((OWN_LOCATOR, "UserProvidedCacheLocator", "InTreeCacheLocator", "UserWideCacheLocator"))
"""What numba asks, in this order, where to keep a function."""

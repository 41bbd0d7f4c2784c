"""A typed name for the one numba decorator the project uses, and a cache that never serves stale code.

Numba's cache notices a change of the file a function stands in, but not of the functions and constants it uses from
other files. The cache folder is therefore named after the text of every file that holds compiled functions.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")

PACKAGES = ("controller", "trajectories", "sim")
"""Packages that hold compiled functions."""
KEPT_CACHES = 4
"""Older caches are removed."""


def sources_digest() -> str:
    """Return a digest of all files that hold compiled functions."""
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            text = path.read_bytes()
            if b"compiled" in text or b"law_memory" in text:
                digest.update(path.relative_to(root).as_posix().encode() + b"\0" + text)
    return digest.hexdigest()[:16]


def cache_folder() -> Path:
    """Return the folder of this state of the sources; falls back to a temporary one where home is read-only."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "massage-arm"
    try:
        base.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=base):
            pass
    except OSError:
        base = Path(tempfile.gettempdir()) / f"massage-arm-{os.getuid()}"
    folder = base / f"numba-{sources_digest()}"
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


os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder()))

from numba import njit  # noqa: E402  the cache folder has to be named before numba is loaded


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Return ``function`` compiled by numba, cached on disk, with IEEE arithmetic left as written."""
    return cast("Callable[P, R]", njit(cache=True, fastmath=False)(function))

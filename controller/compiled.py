"""A typed name for the one numba decorator the project uses; compiled functions are kept by ``kernel_cache``."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from controller import kernel_cache

P = ParamSpec("P")
R = TypeVar("R")

# Both have to be named before numba is loaded, which reads its settings then.
os.environ.setdefault("NUMBA_CACHE_DIR", str(kernel_cache.cache_folder()))
os.environ.setdefault("NUMBA_CACHE_LOCATOR_CLASSES", kernel_cache.LOCATORS)

from numba import njit  # noqa: E402  see above


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Return ``function`` compiled by numba, cached on disk, with IEEE arithmetic left as written."""
    return cast("Callable[P, R]", njit(cache=True, fastmath=False)(function))

"""Workers of campaigns give freed memory back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Executor

import pytest

from workbench.campaigns.freed_memory import return_freed_memory
from workbench.commands import fault_campaigns

USE = """
import sys
import numpy as np
from workbench.campaigns.freed_memory import return_freed_memory

def resident():
    return int(open("/proc/self/statm").read().split()[1])

if sys.argv[1] == "returning" and not return_freed_memory():
    sys.exit("no mallopt")
np.ones(3_000_000)  # 24 MB, freed at once: from here on glibc puts smaller blocks into the heap
before = resident()
arrays = [np.ones(100_000) for _ in range(60)]
last = arrays.pop()
held = resident() - before
del arrays
print((resident() - before) / held)
"""


def kept_share(how: str) -> float:
    """Return which share of freed arrays a process keeps."""
    done = subprocess.run([sys.executable, "-c", USE, how], capture_output=True, text=True, check=True)
    return float(done.stdout)


def test_a_process_gives_arrays_back_that_it_would_keep() -> None:
    assert kept_share("by default") > 0.8
    assert kept_share("returning") < 0.2


def test_every_worker_of_a_campaign_does_so(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Callable[[], object]] = []

    class NoExecutor(Executor):
        def __init__(self, jobs: int, *, mp_context: object, initializer: Callable[[], object]) -> None:
            given.append(initializer)

    monkeypatch.setattr(fault_campaigns, "ProcessPoolExecutor", NoExecutor)
    fault_campaigns.on_processes(2, "nothing", lambda _executor, told: told(1, 1))
    assert given == [return_freed_memory]

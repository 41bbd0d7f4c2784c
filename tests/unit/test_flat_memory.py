"""What a recorded session holds in memory does not grow with its length."""

import gc
import tracemalloc
from dataclasses import replace
from pathlib import Path

from tests.synthetic import Synthetic
from workbench.record.memory import RunMemory
from workbench.record.recorder import McapRecorder

TICKS = 15_000
BYTES_A_TICK = 1.5
"""Allowed growth: 0.6 bytes of an index of the file, 0.1 of events."""


def test_recorder_and_memory_of_a_run_keep_nothing_of_a_tick(tmp_path: Path, synthetic: Synthetic) -> None:
    path = tmp_path / "record.mcap"
    memory = RunMemory(path, synthetic.config)
    steps = [synthetic.step(tick) for tick in range(300, 900)]
    held = []
    with McapRecorder(path, synthetic.config, lossless=True) as recorder:
        memory.follow(recorder)
        tracemalloc.start()
        try:
            for tick in range(2 * TICKS):
                step = replace(steps[tick % len(steps)], t_s=0.001 * tick)
                memory.on_step(step)
                recorder.write(step)
                if tick % TICKS == TICKS - 1:
                    while recorder.settled_steps < tick - 256:
                        pass
                    gc.collect()
                    held.append(tracemalloc.get_traced_memory()[0] - 6_000 * memory.held_steps)
        finally:
            tracemalloc.stop()
    assert held[1] - held[0] < BYTES_A_TICK * TICKS

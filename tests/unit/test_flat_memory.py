"""What a recorded session holds in memory does not grow with its length."""

import gc
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

from tests.synthetic import Synthetic
from workbench.record.memory import RunMemory
from workbench.record.recorder import BATCH_STEPS, McapRecorder

TICKS = 124 * BATCH_STEPS
"""Samples wait for four blocks at most, so that as many wait at its end as at its beginning."""
BYTES_A_TICK = 1.0
"""Allowed growth, an eighth of one number; the index of the file takes a third of a byte."""


def test_recorder_and_memory_of_a_run_keep_nothing_of_a_tick(tmp_path: Path, synthetic: Synthetic) -> None:
    path = tmp_path / "record.mcap"
    memory = RunMemory(path, synthetic.config)
    steps = [synthetic.step(tick) for tick in range(400, 800)]
    held = []
    with McapRecorder(path, synthetic.config, lossless=True) as recorder:
        memory.follow(recorder)
        tracemalloc.start()
        try:
            for tick in range(2 * TICKS + 1):
                step = replace(steps[tick % len(steps)], t_s=0.001 * tick)
                memory.on_step(step)
                if tick and tick % TICKS == 0:
                    assert memory.held_steps == 1
                    gc.collect()  # empties the interpreter's own lists of spare tuples too
                    held.append(tracemalloc.get_traced_memory()[0])
                recorder.write(step)
                while tick % BATCH_STEPS == BATCH_STEPS - 1 and recorder.settled_steps <= tick:
                    time.sleep(0.001)
        finally:
            tracemalloc.stop()
    assert held[1] - held[0] < BYTES_A_TICK * TICKS

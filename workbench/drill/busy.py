"""Whether the machine was too busy to tell: other programs kept the processes of a drill from running in time."""

from __future__ import annotations

from sim.truth_log import Rows

BEFORE_ROWS = 200
"""The machine is judged by so many periods before the fault: what comes later may be its consequence."""
LATE_S, LATE_SHARE = 0.005, 0.01
"""The drives wake up later than this in more than this share of their periods: on a quiet machine of two slow cores
99 % of them are no later than 0.05 ms (assumed)."""
HELD_UP_S = 0.1
"""An answer that the drives had to wait for so long was held up by the machine: half of their patience."""
PAUSE_S = 0.002
"""Noise with a pause longer than this lets whole values through."""


def busy_words(rows: Rows, fault_row: int, pause_s: float = 0.0) -> str:
    """Return why the machine was too busy to tell, empty where it was not.

    Args:
        rows: the truth of the whole run.
        fault_row: row that was not yet there when the fault came.
        pause_s: longest pause in the noise of the drill [s].
    """
    before = rows[max(0, fault_row - BEFORE_ROWS) : fault_row]
    late_share, waited_s = float((before["late_s"] > LATE_S).mean()), float(before["waited_s"].max())
    if late_share > LATE_SHARE:
        return f"the drives woke up more than {LATE_S * 1e3:g} ms late in {late_share:.1%} of their periods"
    if waited_s > HELD_UP_S:
        return f"an answer took {waited_s * 1e3:.0f} ms before the fault"
    if pause_s > PAUSE_S:
        return f"the noise paused for {pause_s * 1e3:.1f} ms"
    return ""

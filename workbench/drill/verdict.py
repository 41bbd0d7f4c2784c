"""What a drill has to show, read from the truth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from controller.processes.cells import AUTHORITIES, MODES
from controller.processes.loop_memory import RigLoop
from controller.processes.realtime.loop_times import LoopFigures
from controller.types import Authority, Mode
from sim.truth_log import Rows, authority_of, mode_of
from workbench.drill.busy import busy_words

REACTION_S = 0.010
"""Longest time from the fault to the first torque of whoever answers it."""
ROUNDING_S = 1e-6
"""Ticks are whole, their times are rounded."""
LOOK_AFTER_S = 2.0
"""When the arm must be calm, off the skin."""
PRESS_LEFT_N = 0.5
"""Press force that counts as none (assumed: a tenth of light touch)."""
LIFTED_M = 0.005
"""The tool must have risen by this from where the fault found it."""
DROPPED_M = 0.003
"""The tool may have sunk by this at most: the circle goes on for some milliseconds (assumed)."""
CALM_M_S = 0.08
"""Tool speed of an arm that retreats at 50 mm/s, or floats."""
HURRIED_M_S = 0.25
"""Tool speed that is never reached: the limit of a hand-guided robot beside a person (ISO 10218-1, 5.7.4)."""


@dataclass(frozen=True, slots=True)
class NamedTimes:
    """Lateness and work of one loop.

    Attributes:
        loop: which.
        figures: on the wall clock.
    """

    loop: RigLoop
    figures: LoopFigures


@dataclass(frozen=True, slots=True)
class DrillResult:
    """What a drill has shown; forces, heights and speeds are the truth.

    Attributes:
        name: the drill.
        misses: what did not hold, empty where all did.
        cause: cause that the answering side gave.
        at_fault_n: press force when the fault came.
        peak_n: largest press force from then on.
        limit_n: smallest hard limit under the tool while it pressed from then on.
        reaction_s: from the fault to the first torque of whoever answers, in simulated time.
        reaction_wall_s: the same on the wall clock, from the tick before, with all waiting.
        off_skin_s: from the fault to the last touch.
        brakes_s: from the fault to the brakes, None where they stayed open.
        authority: who has the drives in the end.
        mode: mode of the one who answered, in the end.
        rise_m: rise of the tool at the time of the look.
        lowest_m: smallest rise of the tool from the fault on.
        press_n: press force at the time of the look.
        fastest_m_s: largest tool speed from the fault on.
        late_p50_s: how late the drives woke up, median.
        late_p99_s: 99th percentile.
        late_max_s: largest.
        waits: how often the drives waited more than a tick for an answer.
        longest_wait_s: longest of these waits.
        realtime_factor: simulated over wall time.
        is_realtime: the supervisor had a real-time priority.
        busy: why the machine was too busy to tell, empty where it was not, and where nothing was missed.
        loops: lateness and work of the loops over the whole run, also of one that was killed.
    """

    name: str
    misses: tuple[str, ...]
    cause: str
    at_fault_n: float
    peak_n: float
    limit_n: float
    reaction_s: float
    reaction_wall_s: float
    off_skin_s: float
    brakes_s: float | None
    authority: Authority
    mode: Mode
    rise_m: float
    lowest_m: float
    press_n: float
    fastest_m_s: float
    late_p50_s: float
    late_p99_s: float
    late_max_s: float
    waits: int
    longest_wait_s: float
    realtime_factor: float
    is_realtime: bool
    busy: str
    loops: tuple[NamedTimes, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known after a drill.

    Attributes:
        name: the drill.
        rows: the truth of the whole run.
        fault_row: row that was not yet there when the fault came.
        is_hosts: the session loop has to answer, not the supervisor.
        cause: cause that the answering side gave.
        causes: causes that fit the fault.
        mode: mode of the answering side in the end.
        is_realtime: the supervisor had a real-time priority.
        pause_s: longest pause in the noise of the drill.
        loops: lateness and work of the loops.
    """

    name: str
    rows: Rows
    fault_row: int
    is_hosts: bool
    cause: str
    causes: tuple[str, ...]
    mode: Mode
    is_realtime: bool
    pause_s: float = 0.0
    loops: tuple[NamedTimes, ...] = ()


def judge(evidence: Evidence) -> DrillResult:
    """Return what the truth says of a drill."""
    rows, fault = evidence.rows, evidence.fault_row
    after, before = rows[fault:], rows[fault - 1]
    since = after["t_s"] - after["t_s"][0]
    authority = after["authority"]
    if evidence.is_hosts:
        answered = after["host_mode"] != MODES.index(Mode.RUN)
    else:
        answered = authority == AUTHORITIES.index(Authority.SUPERVISOR)
    first = int(np.argmax(answered)) if bool(answered.any()) else None
    braked = np.flatnonzero(authority == AUTHORITIES.index(Authority.NOBODY))
    pressing = np.flatnonzero(after["press_n"] > 0.0)
    look = int(np.searchsorted(since, LOOK_AFTER_S))
    late = np.quantile(rows["late_s"], (0.5, 0.99, 1.0))
    waited = rows["waited_s"]
    rise = after["height_m"] - before["height_m"]
    result = DrillResult(
        name=evidence.name,
        misses=(),
        cause=evidence.cause,
        at_fault_n=float(before["press_n"]),
        peak_n=float(after["press_n"].max()),
        limit_n=float(after["limit_n"][pressing].min()) if len(pressing) else float(before["limit_n"]),
        reaction_s=float("inf") if first is None else float(since[first]),
        reaction_wall_s=float("inf") if first is None else float(after["wall_s"][first] - before["wall_s"]),
        off_skin_s=float(since[pressing[-1]]) if len(pressing) else 0.0,
        brakes_s=float(since[braked[0]]) if len(braked) else None,
        authority=authority_of(int(authority[-1])),
        mode=evidence.mode,
        rise_m=float(rise[look]),
        lowest_m=float(rise.min()),
        press_n=float(after["press_n"][look]),
        fastest_m_s=float(after["tool_speed_m_s"].max()),
        late_p50_s=float(late[0]),
        late_p99_s=float(late[1]),
        late_max_s=float(late[2]),
        waits=int((waited > 1e-3).sum()),
        longest_wait_s=float(waited.max()),
        realtime_factor=float((rows["t_s"][-1] - rows["t_s"][0]) / (rows["wall_s"][-1] - rows["wall_s"][0])),
        is_realtime=evidence.is_realtime,
        busy="",
        loops=evidence.loops,
    )
    return _with_misses(result, evidence, after, look)


def _with_misses(result: DrillResult, evidence: Evidence, after: Rows, look: int) -> DrillResult:
    """Hold a result against what a drill has to show; NaN holds nothing.

    Where the machine was too busy and all that is missed is a time or a cause, the drill says nothing, in words.
    """
    end = Authority.NOBODY if evidence.is_hosts else Authority.SUPERVISOR
    times = (
        (result.reaction_s <= REACTION_S + ROUNDING_S, f"answer after {result.reaction_s * 1e3:.0f} ms"),
        (result.cause in evidence.causes, f"cause {result.cause}, not {' or '.join(evidence.causes)}"),
    )
    checks = (
        (bool((after["press_n"] <= after["limit_n"]).all()), "press force over the limit of the place"),
        (result.press_n <= PRESS_LEFT_N, f"{result.press_n:.1f} N left {LOOK_AFTER_S:g} s later"),
        (result.rise_m >= LIFTED_M, f"tool {result.rise_m * 1e3:.0f} mm up only"),
        (result.lowest_m >= -DROPPED_M, f"tool sank by {-result.lowest_m * 1e3:.0f} mm"),
        (result.fastest_m_s <= HURRIED_M_S, f"tool at {result.fastest_m_s:.2f} m/s"),
        (after["tool_speed_m_s"][look] <= CALM_M_S, "tool not calm"),
        (result.authority is end, f"drives with {result.authority}, not {end}"),
        (result.mode in (Mode.UNLOAD, Mode.FLOAT), f"mode {result.mode}, neither {Mode.UNLOAD} nor {Mode.FLOAT}"),
        (
            (result.brakes_s is not None and result.brakes_s > result.off_skin_s) is evidence.is_hosts,
            f"brakes at {result.brakes_s} s, skin left at {result.off_skin_s:.2f} s",
        ),
    )
    late = tuple(text for holds, text in times if not holds)
    misses = tuple(text for holds, text in checks if not holds)
    busy = busy_words(evidence.rows, evidence.fault_row, evidence.pause_s) if late and not misses else ""
    return replace(result, misses=(*late, *misses), busy=busy)


def mode_at_end(rows: Rows) -> Mode:
    """Return the mode that the session loop told last."""
    return mode_of(int(rows["host_mode"][-1]))


def line(result: DrillResult) -> str:
    """Return a drill in one line."""
    what = "NOT HELD" if not result.busy else f"MACHINE TOO BUSY TO TELL, {result.busy}"
    verdict = "held" if not result.misses else f"{what} ({'; '.join(result.misses)})"
    brakes = "" if result.brakes_s is None else f", brakes at {result.brakes_s:.2f} s"
    return (
        f"{result.name}: {verdict}; {result.at_fault_n:.1f} N at the fault, peak {result.peak_n:.1f} N, hard limit "
        f"{result.limit_n:.0f} N; {result.cause.replace('_', ' ')}: reaction after {result.reaction_s * 1e3:.0f} ms, "
        f"off the skin at {result.off_skin_s:.2f} s{brakes}; after {LOOK_AFTER_S:g} s in mode {result.mode}, "
        f"{result.press_n:.1f} N, {result.rise_m * 1e3:.0f} mm above the fault's place"
    )


def loop_lines(result: DrillResult) -> list[str]:
    """Return lateness and work of the loops, a line each."""
    return [f"{named.loop}: {named.figures.words}" for named in result.loops]

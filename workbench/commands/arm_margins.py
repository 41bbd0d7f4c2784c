"""Margins of the running law and of the stop laws on one arm, in the default program."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import orjson

from controller.law.gains import GainSet
from controller.loop_check import Doubt, LoopVerdict, check_loops, doubts_of
from controller.stop_gains import LoopTiming, StopMargin, stop_margins
from trajectories.programs.loader import DEFAULT_PROGRAM
from workbench.runs.prepare import Prepared, load_inputs, prepare
from workbench.runs.request import SessionRequest

BODY = "median_f"
"""On whom the margins are looked at."""


@dataclass(frozen=True, slots=True)
class ArmMargins:
    """Margins of one gain set on an arm.

    Attributes:
        gains: name of the set.
        tempo: of the law on this arm.
        loops: worst loop under every doubt.
        stops: margins of the stop laws.
    """

    gains: str
    tempo: float
    loops: tuple[LoopVerdict, ...]
    stops: tuple[StopMargin, ...]


def print_arm_margins(arm: str, sets: Sequence[GainSet], *, as_json: bool) -> int:
    """Print the margins of gain sets on an arm; raises what planning raises.

    Args:
        arm: name or file.
        sets: which sets.
        as_json: as JSON instead of text.
    """
    rows = [arm_margins(arm, known.name) for known in sets]
    if as_json:
        out = orjson.dumps([asdict(row) for row in rows], option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        sys.stdout.write(out.decode())
    else:
        print("\n".join(line for row in rows for line in _lines(arm, row)))
    return 0


def arm_margins(arm: str, gains: str) -> ArmMargins:
    """Return the margins of a gain set on an arm in the default program."""
    prepared = prepare(load_inputs(SessionRequest(DEFAULT_PROGRAM, BODY, "law", arm, gains, 0.0, 1)))
    parts = prepared.parts
    loops = tuple(_worst(prepared, doubt) for doubt in doubts_of(prepared.inputs.arm.drives))
    timing = LoopTiming.of(parts.rig)
    stops = stop_margins(parts.plan, parts.robot, parts.limits.stop, timing)
    return ArmMargins(gains, parts.fit.tempo, loops, tuple(stops))


def _worst(prepared: Prepared, doubt: Doubt) -> LoopVerdict:
    parts = prepared.parts
    return check_loops(parts.plan, parts.robot, parts.gains, parts.settings, parts.rig, doubts=(doubt,))


def _lines(arm: str, row: ArmMargins) -> list[str]:
    lines = [f"{arm}, gains {row.gains}: law at a tempo of {row.tempo:g}. Slowest decay of all loops, 1/s:"]
    for loop in row.loops:
        state = "decays" if loop.is_sound else "GROWS"
        where = f"{loop.frequency_hz:.1f} Hz, joint {loop.joint}, {loop.place}"
        lines.append(f"  {loop.doubt:<29} {-loop.growth_per_s:7.1f}  {state}  ({where})")
    lines.append("Gain margin of the stop laws, 30 degrees of phase put aside:")
    lines += [f"  {stop.law:<34} {stop.gain_margin:6.2f}  ({stop.worst})" for stop in row.stops]
    return lines

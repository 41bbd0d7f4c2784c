"""What passed the plan's assumptions without a stop: a line of warning for each kind, the worst stroke named.

Warnings are made from what the senses found, so that a rig gives the same ones as a simulation. Every line says what,
in which stroke, what was found and what was assumed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from controller.types import SegmentInfo
from controller.wording import distinct_decimals
from trajectories.stroke_facts import SLOPE_ERROR_RAD
from workbench.record.air_warnings import air_warnings
from workbench.record.messages import RunConfig
from workbench.record.reader import RunData
from workbench.record.sensed_strokes import SensedStroke, sensed_strokes

SKIN_FRICTION = 0.30
"""Largest friction of oiled skin on the pad that limits and planner reckon with (assumed)."""
LARGEST_ACROSS = SKIN_FRICTION + math.tan(SLOPE_ERROR_RAD)
"""Force across the planned normal over the force along it: friction, and the slope error that the plan reckons with."""
LARGEST_TILT_DEG = math.degrees(SLOPE_ERROR_RAD)
"""Mean angle between planned and found normal: the plan's slope error."""
LARGEST_RMSE_N = 0.8
"""Measured press force against the planned one: the worst that a sound arm that differs from its model may have (design
choice); an arm like its model has 0.1 N."""
LARGEST_LIMITED = 0.10
"""Share of a stroke in which the command is lowered; 0.01 is usual, 0.05 where a knead turns round (design choice)."""
RESIDUAL_SHARE = 0.5
"""Share of the plausible window between wrist sensor and joint torques that 95 % of a stroke stay within (design
choice): a window that is used up cannot tell a dead sensor any more."""
LARGEST_LOST = 0.02
"""Share of a stroke without the skin (design choice); a whole 0.3 s of it stop the session."""
DEPTH_SHARE = 0.9
"""Share of the depth limit of a stroke that its deepest moment may use (design choice)."""
LARGEST_ZERO_N = 1.5
"""Force off the skin that nothing explains: half of what taring takes away, 0.15 kg of the tool (design choice)."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One assumption.

    Attributes:
        what: what passed it, in words.
        found: takes a stroke's figure from what was sensed.
        assumed: returns the largest figure that was assumed for a stroke; NaN for none.
        words: says what is measured and what the assumption is; ``{found}`` and ``{assumed}`` stand for the numbers.
        decimals: decimals of both.
        scale: factor from the figure to the unit in the words.
    """

    what: str
    found: Callable[[SensedStroke], float]
    assumed: Callable[[RunConfig, SegmentInfo], float]
    words: str
    decimals: int
    scale: float = 1.0


_KINDS = (
    _Kind("skin friction", lambda s: s.friction, lambda c, i: LARGEST_ACROSS,
          "force across the skin {found} of the press force; assumed at most {assumed}", 2),
    _Kind("skin normal", lambda s: s.tilt_deg, lambda c, i: LARGEST_TILT_DEG,
          "force {found} degrees off the planned normal, mean; assumed at most {assumed}", 1),
    _Kind("force error", lambda s: s.force_rmse_n, lambda c, i: LARGEST_RMSE_N,
          "measured press force {found} N off the planned one, rms; assumed at most {assumed} N", 2),
    _Kind("limited commands", lambda s: s.limited, lambda c, i: LARGEST_LIMITED,
          "command lowered in {found} % of the stroke; assumed at most {assumed} %", 1, 100.0),
    _Kind("wrist sensor against joint torques", lambda s: s.residual_n,
          lambda c, i: math.nan if c.observer_margin_n is None else RESIDUAL_SHARE * c.observer_margin_n,
          "95 % within {found} N; assumed at most {assumed} N, half of what counts as plausible", 1),
    _Kind("wrist sensor rejected", lambda s: s.rejected_s, lambda c, i: 0.0,
          "for {found} s; assumed {assumed} s", 3),
    _Kind("skin lost", lambda s: s.lost, lambda c, i: LARGEST_LOST,
          "no contact in {found} % of the stroke; assumed at most {assumed} %", 1, 100.0),
    _Kind("depth", lambda s: s.beyond_m, lambda c, i: DEPTH_SHARE * i.depth_m,
          "pad {found} mm beyond its planned place; assumed at most {assumed} mm, nine tenths of what tissue explains",
          1, 1e3),
    _Kind("zero of the wrist sensor", lambda s: s.zero_n, lambda c, i: LARGEST_ZERO_N,
          "{found} N off the skin, before it; assumed at most {assumed} N (check the tool's mass)", 1),
)  # fmt: skip


def warnings_of(run: RunData) -> tuple[str, ...]:
    """Return what passed the plan's assumptions in a run, a line each; what its files were marked with comes first."""
    config = run.config
    strokes = sensed_strokes(run.steps, config)
    lines = [line for kind in _KINDS if (line := _line(kind, config, strokes)) is not None]
    dropped = run.loop[-1].drops if run.loop else 0
    if dropped:
        lines.append(f"record: {dropped} steps dropped; assumed 0")
    return (*config.notes, *air_warnings(run.events), *lines)


def _line(kind: _Kind, config: RunConfig, strokes: Sequence[SensedStroke]) -> str | None:
    """Return the warning of one kind about the stroke in which it was passed by the most; None where it was in none."""
    passed = []
    for info, stroke in zip(config.segments, strokes, strict=True):
        found, assumed = kind.found(stroke), kind.assumed(config, info)
        if found > assumed:
            passed.append((found - assumed, found, assumed, info.name))
    if not passed:
        return None
    _, found, assumed, name = max(passed)
    numbers = distinct_decimals(kind.scale * found, kind.scale * assumed, kind.decimals)
    others = len(passed) - 1
    where = f"stroke {name!r}" + ("" if not others else f" and {others} other{'s' if others > 1 else ''}")
    return f"{kind.what}, {where}: " + kind.words.format(found=numbers[0], assumed=numbers[1])

"""Whether the person lies where the plan thinks: heights measured by light first strokes, and by all later ones."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from controller.safety.reaction import stop_reason
from controller.types import (
    Cause,
    Command,
    ContactState,
    Phase,
    PlanLike,
    Reference,
    RegistrationCheck,
    SegmentInfo,
    StopReason,
    Vector,
)

MEASURED_SHARE = 0.9
"""Share of the heights that must have been measured; the estimate leans on where they are (design choice)."""
HEIGHT_FILTER_S = 3.0
"""Time constant of the height watched in every stroke: most of a breath is averaged out (design choice)."""
HEIGHT_BAND_M = 0.025
"""Largest lasting distance of measured and planned skin: registration and its turn 10 mm, scan 4 mm, what is left of
breathing 3 mm, tissue that is half or twice as stiff 6 mm (assumed); an approach begins this far above the skin."""
FULL_PRESS_N = 20.0
"""Press force that ``SegmentInfo.working_depth_m`` stands for."""
DEPTH_EXPONENT = 0.54
"""Indentation grows with the force to this power: one over the exponents 1.7 to 2.1 of the tissue curves (assumed)."""

LARGEST_RATIO = 3.0
"""Ratio of press forces up to which heights are compared by that power: the ceiling of a pad, 60 N, over 20 N."""


@dataclass(frozen=True, slots=True)
class FoundOffset:
    """An offset as it was measured.

    Attributes:
        name: what it is.
        value: what was found.
        allowed: largest magnitude that the session goes on with.
        unit: unit of both.
    """

    name: str
    value: float
    allowed: float
    unit: str


@dataclass(frozen=True, slots=True)
class RegistrationEvent:
    """The place of the person was measured.

    Attributes:
        offsets: what was found.
        residual_m: rms of the heights that no displacement explains.
        measured_share: share of the heights that were measured.
    """

    offsets: tuple[FoundOffset, ...]
    residual_m: float
    measured_share: float


def words_of(event: RegistrationEvent) -> str:
    """Return what was found, for people: the offset nearest to its limit, and what no offset explains."""
    nearest = max(event.offsets, key=lambda offset: abs(offset.value) / offset.allowed)
    factor, unit = (1e3, "mm") if nearest.unit == "m" else (math.degrees(1.0), "degrees")
    offset = f"{nearest.name} {factor * nearest.value:+.1f} of {factor * nearest.allowed:.1f} {unit}"
    return f"{offset} at most; {1e3 * event.residual_m:.1f} mm rms unexplained"


def height_m(command: Command, reference: Reference) -> float:
    """Return how far the tool is from its reference along the planned outward normal [m]."""
    normal, p, r = reference.pads[0].normal_w, command.terms.p_wt, reference.position_m
    return (p[0] - r[0]) * normal[0] + (p[1] - r[1]) * normal[1] + (p[2] - r[2]) * normal[2]


def indentation_share(press_n: float, planned_n: float) -> float:
    """Return the indentation by a press force as a share of that by another; a force of zero has no share.

    An arm that cannot hold the force well, for friction or a slow law, is that much deeper or less deep: no place of
    the person.
    """
    if planned_n <= 0.0:
        return 1.0
    return math.pow(min(max(press_n / planned_n, 0.0), LARGEST_RATIO), DEPTH_EXPONENT)


def is_measuring(command: Command, reference: Reference) -> bool:
    """Return True where the tool is on the skin at its place in a stroke."""
    return reference.phase is Phase.WORK and command.contact is ContactState.WORK


class RegistrationWatch:
    """Collects the heights of the first strokes and gives the verdict once they are over.

    Args:
        check: how they are judged.
    """

    def __init__(self, check: RegistrationCheck) -> None:
        self._check = check
        self._sums = [0.0] * len(check.times_s)
        self._counts = [0] * len(check.times_s)
        self._is_judged = False

    def restart(self, plan_s: float) -> None:
        """Forget what was measured at and after a plan time: it is measured again."""
        first = bisect_left(self._check.times_s, plan_s)
        for k in range(first, len(self._counts)):
            self._sums[k], self._counts[k] = 0.0, 0
        self._is_judged = self._is_judged and plan_s > self._check.judged_s

    def watch(self, command: Command, reference: Reference) -> RegistrationEvent | None:
        """Take a tick; return what was found at the tick on which it is due, else None."""
        if self._is_judged:
            return None
        if reference.t_s < self._check.judged_s:
            if is_measuring(command, reference):
                deeper = indentation_share(command.pads[0].press_n, reference.pads[0].press_n) - 1.0
                self._take(reference.t_s, height_m(command, reference), deeper)
            return None
        self._is_judged = True
        return self.found()

    def _take(self, plan_s: float, height: float, deeper: float) -> None:
        """Add a height, with what the pad is deeper than planned taken out: a share of the planned indentation."""
        times = self._check.times_s
        after = bisect_left(times, plan_s)
        for k in (after - 1, after):
            if 0 <= k < len(times) and abs(times[k] - plan_s) <= self._check.half_s:
                self._sums[k] += height + deeper * self._check.depth_m[k]
                self._counts[k] += 1
                return

    def found(self) -> RegistrationEvent:
        """Return the offsets by the heights so far; a height that was not measured counts as the planned one."""
        check = self._check
        excess = [
            total / count - expected if count else 0.0
            for total, count, expected in zip(self._sums, self._counts, check.expected_m, strict=True)
        ]
        moved = [_product(row, excess) for row in check.estimator]
        rest = [value - _product(row, moved) for value, row in zip(excess, check.jacobian, strict=True)]
        offsets = tuple(
            FoundOffset(offset.name, _product(offset.row, excess), offset.allowed, offset.unit)
            for offset in check.offsets
        )
        share = sum(count > 0 for count in self._counts) / len(self._counts)
        return RegistrationEvent(offsets, math.sqrt(_product(rest, rest) / len(rest)), share)

    def verdict(self, found: RegistrationEvent, t_s: float) -> StopReason | None:
        """Return why the session must not go on, or None; what is no number is a reason too."""
        if not found.measured_share >= MEASURED_SHARE:
            what = "share of the registration strokes that was measured"
            return stop_reason(Cause.REGISTRATION, what, found.measured_share, MEASURED_SHARE, "", t_s)
        for offset in found.offsets:
            if not abs(offset.value) <= offset.allowed:
                what = f"offset of the person, {offset.name}"
                return stop_reason(Cause.REGISTRATION, what, offset.value, offset.allowed, offset.unit, t_s)
        allowed = self._check.residual_m
        if not found.residual_m <= allowed:
            what = "heights that no offset of the person explains"
            return stop_reason(Cause.REGISTRATION, what, found.residual_m, allowed, "m", t_s)
        return None


class HeightWatch:
    """Watches the measured height of the skin in every stroke, slowly and to both sides.

    Args:
        segments: the strokes of the plan.
        dt_s: period of the loop [s].
    """

    def __init__(self, segments: tuple[SegmentInfo, ...], dt_s: float) -> None:
        self._segments = segments
        self._share = -math.expm1(-dt_s / HEIGHT_FILTER_S)
        self.restart()

    def restart(self) -> None:
        """Begin anew: another stroke, another place."""
        self._segment, self._mean_m = -1, 0.0

    def watch(self, command: Command, reference: Reference, t_s: float) -> StopReason | None:
        """Take a tick; return why the session must be stopped, or None."""
        if not is_measuring(command, reference):
            return None
        if reference.segment != self._segment:
            self.restart()
            self._segment = reference.segment
        press_n = command.pads[0].press_n
        excess = height_m(command, reference) - self.expected_m(self._segments[self._segment], press_n)
        self._mean_m += self._share * (excess - self._mean_m)
        if abs(self._mean_m) <= HEIGHT_BAND_M:
            return None
        what = "height of the skin over the planned one"
        return stop_reason(Cause.REGISTRATION, what, self._mean_m, HEIGHT_BAND_M, "m", t_s)

    @staticmethod
    def expected_m(segment: SegmentInfo, press_n: float) -> float:
        """Return how far the tool is from its reference along the normal where the skin is as planned [m].

        Args:
            segment: the stroke.
            press_n: measured press force: not the planned one, from which an arm with friction differs.
        """
        return segment.planned_depth_m - segment.working_depth_m * indentation_share(press_n, FULL_PRESS_N)


class PlaceWatch:
    """Watches where the person lies: by the first strokes where the plan has them, and by the height in all.

    Args:
        plan: the plan.
        dt_s: period of the loop [s].
    """

    def __init__(self, plan: PlanLike, dt_s: float) -> None:
        check = plan.registration
        self._registration = None if check is None else RegistrationWatch(check)
        self._heights = HeightWatch(plan.segments, dt_s)

    def restart(self, plan_s: float) -> None:
        """Begin anew at a plan time, after a stop."""
        self._heights.restart()
        if self._registration is not None:
            self._registration.restart(plan_s)

    def watch(
        self, command: Command, reference: Reference, t_s: float
    ) -> tuple[RegistrationEvent | None, StopReason | None]:
        """Take a tick; return what was found where it is due, and why the session must be stopped, or None."""
        stop = self._heights.watch(command, reference, t_s)
        found = None if self._registration is None else self._registration.watch(command, reference)
        if found is None or self._registration is None:
            return None, stop
        return found, stop or self._registration.verdict(found, t_s)


def _product(a: Sequence[float] | Vector, b: Sequence[float] | Vector) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))

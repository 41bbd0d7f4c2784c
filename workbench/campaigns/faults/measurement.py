"""What is measured of one cell, period by period, on the truth."""

from __future__ import annotations

import math
import time

from controller.bounds import StrokeBound
from controller.safety.gate import Gate
from controller.safety.reaction import FLOAT_S, PARK_S, UNLOAD_S
from controller.types import Authority, Cause, Mode, OtherContact, Truth, Vector3
from sim.aftermath import AFTER_S
from workbench.campaigns.faults.cells import RISING_AFTER_S, THROWN_AFTER_S, Case, Measured
from workbench.campaigns.faults.other_forces import OtherForces
from workbench.runs.prepare import DT_S

CALM_S = 1.5
"""Time from a fault that stops nothing to the end."""
AFTER_STOP_S = UNLOAD_S + FLOAT_S + 0.1
"""Time from a stop until its reaction has had its effect: from here on the arm must leave the person alone."""


class Watch:
    """Measures one cell from the fault on.

    Args:
        case: what is broken.
        bound: worst case printed for the stroke.
        set_point_n: press force wanted at the fault.
        is_stopped: the arm has been stopped before the fault, and has unloaded: there is no reaction to wait for.
    """

    def __init__(self, case: Case, bound: StrokeBound, set_point_n: float, *, is_stopped: bool = False) -> None:
        self.case = case
        self.calm_until = math.inf
        """Period up to which a session that nothing stops is watched."""
        self._bound = bound
        self._set_point_n = set_point_n
        self._began = time.process_time()
        self._periods = self._over = 0
        self._was_stopped = is_stopped
        self._reacted_at: int | None = 0 if is_stopped else None
        self._peak_n, self._ceiling_n, self._press_n = -math.inf, math.nan, math.nan
        self._left_at_m, self._dropped_m = math.nan, 0.0
        self._mode = Mode.RUN
        self._early_over, self._late_peak_n = 0, 0.0
        self._place_m: Vector3 | None = None
        self._stopped_m_s = 0.0
        self._skin_m, self._lifted_m = math.nan, math.nan
        self._other = OtherForces()

    def period(self, truth: Truth, mode: Mode, authority: Authority, contacts: tuple[OtherContact, ...] = ()) -> None:
        """Take one period of the world, whoever drives it, with what touched beside the pad."""
        self._periods += 1
        if contacts:
            self._other.touch(self._periods * DT_S, contacts)
        if self._since_reaction_s() >= AFTER_STOP_S:
            self._other.press_after(truth.press_n)
        self._mode, self._press_n = mode, truth.press_n
        if not (truth.press_n <= truth.limit_n):
            self._over += 1
        if not (truth.press_n <= self._peak_n) and not math.isnan(self._peak_n):
            self._peak_n, self._ceiling_n = truth.press_n, truth.limit_n
        if self._reacted_at is None and (mode is not Mode.RUN or authority is not Authority.HOST):
            self._reacted_at = self._periods
        self._see_rising(truth)
        self._see_speed(truth.p_wt)
        if mode is Mode.PARK:
            self._left_at_m = math.nan  # driven to another height
        elif self._reacted_at is not None and mode is not Mode.RELEASED:
            self._see_height(truth)

    def _see_rising(self, truth: Truth) -> None:
        """Note what a rising person meets, before and after a second from the stop, and how far the skin has risen.

        A stop before the fault has unloaded the arm already.
        """
        since_s = self._since_reaction_s() + (UNLOAD_S if self._was_stopped else 0.0)
        if not since_s >= RISING_AFTER_S:
            self._early_over += not (truth.press_n <= truth.limit_n)
        elif not (truth.press_n <= self._late_peak_n) and not math.isnan(self._late_peak_n):
            self._late_peak_n = truth.press_n
        skin_m = truth.p_wc[2]
        if math.isnan(self._skin_m):
            self._skin_m = skin_m
        self._lifted_m = skin_m - self._skin_m - truth.depth_m

    def _see_speed(self, place_m: Vector3) -> None:
        """Note how fast the stopped tool gets."""
        before_m, self._place_m = self._place_m, place_m
        if before_m is None or not self._since_reaction_s() >= THROWN_AFTER_S:
            return
        speed_m_s = math.dist(place_m, before_m) / DT_S
        if not (speed_m_s <= self._stopped_m_s) and not math.isnan(self._stopped_m_s):
            self._stopped_m_s = speed_m_s

    def _see_height(self, truth: Truth) -> None:
        """Note how far the tool has sunk since it left the skin."""
        height_m = truth.p_wt[2]
        if math.isnan(self._left_at_m):
            self._left_at_m = height_m if not (truth.press_n > 0.0) else math.nan
        elif not (self._left_at_m - height_m <= self._dropped_m):
            self._dropped_m = self._left_at_m - height_m

    def wait_calmly(self) -> None:
        """Watch from now on for so long as a session that nothing stops is watched."""
        self.calm_until = min(self.calm_until, self._periods + CALM_S / DT_S)

    def is_over(self, is_settled: bool, *, is_parking: bool) -> bool:
        """Return True once nothing more is to be seen.

        Args:
            is_settled: a stopped arm has come to its rest.
            is_parking: it is on its way there, and that is waited for; else it is watched for ``AFTER_S`` longer.
        """
        if self._reacted_at is None:
            return self._periods >= self.calm_until
        since_s = self._since_reaction_s()
        return since_s >= AFTER_STOP_S and (is_settled or since_s >= AFTER_STOP_S + (PARK_S if is_parking else AFTER_S))

    @property
    def is_stopped(self) -> bool:
        """The arm has been stopped, by whatever."""
        return self._reacted_at is not None

    def _since_reaction_s(self) -> float:
        return -math.inf if self._reacted_at is None else (self._periods - self._reacted_at) * DT_S

    def result(self, gate: Gate, taken: Cause | None, waits: bool, error: str) -> Measured:
        """Return what was measured."""
        stop = gate.stop_reason
        link_n, link_transient_n = self._other.person_n()
        return Measured(
            set_point_n=self._set_point_n,
            peak_n=self._peak_n,
            ceiling_n=self._ceiling_n,
            bound_n=self._bound.bound_n,
            person_bound_n=self._bound.person_bound_n,
            braked_bound_n=self._bound.braked_bound_n,
            over_limit_samples=self._over,
            cause=stop.cause if stop is not None else None,
            action=gate.action,
            taken=taken,
            reaction_ticks=None if self._was_stopped else self._reacted_at,
            end_press_n=self._press_n,
            dropped_m=self._dropped_m,
            mode=self._mode,
            is_waited=waits,
            error=error,
            cpu_s=time.process_time() - self._began,
            sunk_n=self._other.sunk_n,
            link_n=link_n,
            link_transient_n=link_transient_n,
            early_over_samples=self._early_over,
            late_peak_n=self._late_peak_n,
            end_lifted_m=self._lifted_m,
            stopped_m_s=self._stopped_m_s,
        )

"""Leads a stopped arm to rest: by which model and which speeds, and with what torques."""

from __future__ import annotations

import math
from operator import add, sub
from typing import NamedTuple

from controller.safety import projection
from controller.safety.free_motion import SENSOR_CAUSES
from controller.safety.limits import GateLimits
from controller.safety.missing_torque import MissingTorque
from controller.safety.outward_pull import LIFTED_M, OutwardPull, runaway_m_s
from controller.safety.reaction import PARK_S, Reaction, stop_reason
from controller.safety.speed_filter import SpeedFilter
from controller.types import Action, ArmState, Cause, Command, Mode, StopReason, ToolTerms, Vector, Vector3

PARK_SPEED_SHARE = 0.5
"""Share of the joint speed limits that parking may reach."""
HELD_N = 8.0
"""A tool that is pulled down by more than this, by the wrist sensor, is held by something over it (design choice)."""
TOUCHED_N = 3.0
"""Press force of a stopped tool that is still touched, by the wrist sensor: beyond what its zero is off by (design
choice)."""
TOUCHED_TICKS = 10
"""Ticks of it that count (design choice): a sensor's outlier is no touch."""
UP: Vector3 = (0.0, 0.0, 1.0)


class Led(NamedTuple):
    """What a stopped arm is sent in one period.

    Attributes:
        tau_nm: torques, (n,).
        holding_nm: torques that hold the arm without touching anything, (n,); empty where they are not known.
        mode: how far it is on its way to rest.
        press_n: static press force of the torques.
    """

    tau_nm: Vector
    holding_nm: Vector
    mode: Mode
    press_n: float


class StoppedArm:
    """Holding torque, damping, a pull away from the body, and softened parking.

    Args:
        limits: of the gate.
        dt_s: period of the calls of ``lead`` [s].
    """

    def __init__(self, limits: GateLimits, dt_s: float) -> None:
        self._limits = limits
        self.reaction = Reaction(dt_s)
        """How far the arm is on its way to rest, and why."""
        self._slow = SpeedFilter(limits.stop.speed_filter_rad_s, dt_s)
        self._pull = OutwardPull(limits.stop, dt_s)
        self.missing = MissingTorque(limits.stop, limits.observer_joint_nm, dt_s)
        """What the joints lack, found while the arm runs too."""
        self._holding_nm: Vector = ()
        self.clear()

    def clear(self) -> None:
        """Forget the stop, but not the torque that holds the arm where it rests."""
        self.reaction.clear()
        self._good_terms: ToolTerms | None = None
        self._outward_w = UP
        self.is_parked = False
        """The arm rests in its park posture."""
        self._touched = 0
        self._slow.clear()
        self._pull.clear()
        self.missing.clear()

    @property
    def good(self) -> tuple[ToolTerms | None, Vector3]:
        """Terms and outward normal of the last tick in which nothing was wrong."""
        return self._good_terms, self._outward_w

    def note_good(self, terms: ToolTerms | None, outward_w: Vector3) -> None:
        """Take what an arm that is stopped from now on can be led by.

        Args:
            terms: rigid-body terms of a tick in which nothing was wrong.
            outward_w: outward normal of the plan in that tick.
        """
        self._good_terms, self._outward_w = terms, outward_w

    def left_behind(self, t_s: float) -> StopReason | None:
        """Return why an arm that should be parked may not be: it has not left the skin, or parking takes too long."""
        reaction, risen_m = self.reaction, self._pull.risen_m
        if reaction.action is not Action.PARK or reaction.floated_s < 0.0:
            return None
        if reaction.mode is Mode.FLOAT and not self._pull.is_lifted:
            what = "way off the skin before parking"
            return stop_reason(Cause.WORKSPACE, what, risen_m, LIFTED_M, "m", t_s)
        if not reaction.is_overdue:
            return None
        return stop_reason(Cause.WORKSPACE, "time of parking", reaction.floated_s, PARK_S, "s", t_s)

    def lead(self, command: Command, state: ArmState, t_s: float, *, is_fresh: bool) -> Led:
        """Return the torques of this period.

        Args:
            command: of the law or of parking.
            state: what the senses say.
            t_s: session time [s].
            is_fresh: the command is of this period; else its terms have old speeds, no pull may be closed over them,
                and the arm floats.
        """
        reaction, limits = self.reaction, self._limits
        slow_rad_s = self._slow.step(state.dq_rad_s)
        terms = self._believed(command.terms, state, slow_rad_s)
        can_pull = is_fresh and terms is not None
        mode = reaction.advance(can_pull=can_pull, is_clear=self._pull.is_clear, is_parked=self.is_parked)
        if terms is None:
            # Without joint positions the last torque that held the arm is the best there is: no press and no fall.
            tau = self._held(state, slow_rad_s)
            return Led(tau, (), mode, 0.0)
        # Where positions are in doubt what has been found before stays.
        tau_nm = () if reaction.action is Action.HOLD_TORQUE else state.tau_nm
        is_touched = _is_touched(command, reaction.stop)
        is_running_away = runaway_m_s(terms.v_wt[:3], is_touched) > 0.0
        self.missing.free(is_touched=is_touched, is_running_away=is_running_away)
        self.missing.learn(terms, tau_nm, slow_rad_s, self._outward_w, may_grow=not _is_held(command))
        more = self.missing.held(terms, self._outward_w)
        held = self._held_terms(more)
        if not math.isfinite(sum(held.bias_nm)):
            # A Jacobian of numbers that no arm has.
            return Led(self._held(state, slow_rad_s), (), mode, 0.0)
        self._holding_nm = held.bias_nm
        if not reaction.is_blind:
            # A joint that jumps from now on leaves these to react by.
            self._good_terms = terms
        outward_m_s = projection.dot(terms.v_wt[:3], self._outward_w)
        if mode is Mode.PARK and not self._may_park(command, state, t_s):
            mode = reaction.advance(can_pull=can_pull, is_clear=self._pull.is_clear, is_parked=False)
        if mode is Mode.PARK:
            self._pull.see(outward_m_s)
            wanted_nm = tuple(map(add, command.tau_nm, map(sub, held.bias_nm, terms.bias_nm)))
            tau = projection.soften(wanted_nm, held, limits.park_force_n, limits.torque_nm)
        else:
            if is_fresh and mode is not Mode.RELEASED:
                pull_n = self._pull_n(terms.v_wt[:3], mode, is_touched, may_learn=not _is_held(command))
                held = self._held_terms(more)
                tau = projection.soft_torque(held, slow_rad_s, limits.stop, self._outward_w, pull_n)
            else:
                tau = projection.soft_torque(held, slow_rad_s, limits.stop, self._outward_w, None)
            tau, _ = projection.saturate(tau, held.bias_nm, limits.torque_nm)
        if not math.isfinite(sum(tau)):
            # A matrix holds what is no number, or numbers that no arm has.
            tau = self._held(state, slow_rad_s)
        press = projection.static_press(tau, terms, self._outward_w)
        return Led(tau, held.bias_nm, mode, press)

    def _pull_n(self, velocity_w: Vector, mode: Mode, is_touched: bool | None, *, may_learn: bool) -> float:
        """Return the pull away from the body of this period beside what has been learned [N]."""
        reaction, pull, outward_m_s = self.reaction, self._pull, projection.dot(velocity_w, self._outward_w)
        is_parking = reaction.action is Action.PARK
        self._touched = min(self._touched + 1, TOUCHED_TICKS) if is_touched else max(self._touched - 1, 0)
        if self._touched == TOUCHED_TICKS:
            pull.touch()
        total_n = pull.step(
            outward_m_s, mode, reaction.since_s, is_parking=is_parking, may_learn=may_learn,
            runaway_m_s=runaway_m_s(velocity_w, is_touched),
        )  # fmt: skip
        return total_n - pull.learned_n

    def hold(self) -> tuple[Vector, Mode]:
        """Return the last torque that held the arm, (n,), and the mode, whatever the state is: nothing is looked at."""
        mode = self.reaction.advance(can_pull=False, is_clear=self._pull.is_clear, is_parked=self.is_parked)
        held = self._holding_nm or (self._good_terms.bias_nm if self._good_terms is not None else ())
        return projection.clip(held or (0.0,) * len(self._limits.torque_nm), self._limits.torque_nm), mode

    def _held_terms(self, terms: ToolTerms) -> ToolTerms:
        """Return the terms with what leaving the skin has taught added to what holds the arm."""
        return projection.lifted(terms, self._outward_w, self._pull.learned_n)

    def _held(self, state: ArmState, slow_rad_s: Vector) -> Vector:
        """Return the last torque that held the arm, with damping at those joints whose speeds are known.

        Before there was one the arm hangs in the torque that the drives measure: without any it would fall.
        """
        torque_nm = self._limits.torque_nm
        held = self._holding_nm or (self._good_terms.bias_nm if self._good_terms is not None else ())
        if not held and len(state.tau_nm) == len(torque_nm) and math.isfinite(sum(state.tau_nm)):
            self._holding_nm = held = state.tau_nm
        held = held or (0.0,) * len(torque_nm)
        if len(slow_rad_s) == len(held):
            held = projection.damped(held, slow_rad_s, self._limits.stop)
        return projection.clip(held, torque_nm)

    def _believed(self, terms: ToolTerms, state: ArmState, slow_rad_s: Vector) -> ToolTerms | None:
        """Return the rigid-body terms to react by, with the speeds to react to.

        Where positions are in doubt they are the last good ones.
        """
        joints = len(self._limits.torque_nm)
        if len(state.dq_rad_s) != joints or not math.isfinite(sum(state.dq_rad_s)):
            return None
        if self.reaction.is_blind:
            terms = self._good_terms or terms
        if not projection.is_shaped(terms, joints):
            return None
        terms = projection.moving(terms, slow_rad_s)
        return terms if math.isfinite(sum(terms.bias_nm) + sum(terms.v_wt)) else None

    def _may_park(self, command: Command, state: ArmState, t_s: float) -> bool:
        """Return True where parking may go on; after one that runs off the arm floats for good."""
        speed, limit = max(map(abs, state.dq_rad_s)), PARK_SPEED_SHARE * min(self._limits.speed_rad_s)
        is_whole = len(command.tau_nm) == len(state.dq_rad_s) and math.isfinite(sum(command.tau_nm))
        if speed <= limit and is_whole:
            return True
        found = ("joint speed while parking", speed, limit, "rad/s")
        self.reaction.begin(
            stop_reason(Cause.JOINT_SPEED, *found, t_s)
            if is_whole
            else stop_reason(Cause.INTERNAL_ERROR, "torques of parking", math.nan, 0.0, "Nm", t_s)
        )
        return False


def _is_held(command: Command) -> bool:
    """Return True where a wrist sensor that is believed says that something holds the tool from above."""
    return any([pad.is_sensor_trusted and pad.press_n < -HELD_N for pad in command.pads])


def _is_touched(command: Command, stop: StopReason | None) -> bool | None:
    """Return whether somebody touches the pad by a wrist sensor that is believed; None where none is."""
    if stop is None or stop.cause in SENSOR_CAUSES or not all([pad.is_sensor_trusted for pad in command.pads]):
        return None
    presses = [pad.press_n for pad in command.pads]
    return None if not math.isfinite(sum(presses)) else max(presses) > TOUCHED_N

"""Plan time: it rests before the plan begins, waits for contact at every approach, and obeys the requests of a person.

Pace, press force and the way off the skin and back change smoothly and stay within the plan that was checked: never
faster, never firmer, and off the skin only along the outward normal. Without requests the references are the plan's.
"""

from __future__ import annotations

import enum
import math

from controller.operator import Request
from controller.safety.reaction import stop_reason
from controller.steering.adapted_reference import Motion, eased, moved, regained
from controller.steering.glide import Glide
from controller.steering.pain_map import EASED_LEAST_N, EASED_SHARE, PainMap
from controller.types import Cause, PadReference, Phase, PlanLike, Reference, SegmentInfo, StopReason, Vector3

SETTLE_S = 0.5
"""Rest at the start pose before the plan begins; the wrist sensor is tared in it (assumed)."""
HOLD_LIMIT_S = 12.0
"""Longest wait for contact at one stroke; a longer one means that the force is never reached (assumed)."""
PACES = (0.5, 0.75, 1.0)
"""Paces that a person may choose; the planner has checked the last one, and slower ones with it."""
LEVELS = (0.4, 0.6, 0.8, 1.0)
"""Shares of the planned press force that a person may choose; the planner has checked the last one."""
LEVEL_LEAST_N = 3.0
"""A lower level does not lower the press force below this, so that the stroke keeps the skin: three times what the gate
takes for contact (assumed)."""
LANDING_N = 5.0
"""Press force wanted after a landing in mid stroke, before the stroke goes on: that of a planned approach."""
HOVER_M = 0.045
"""Distance from the planned position in a pause: the planned depth of 7 mm and the height of a planned lift."""
PACE_S, LEVEL_S, RISE_S, REGAIN_S = 0.6, 0.6, 1.0, 1.0
"""Times of a change of pace, of force, off the skin or back, and from the landing force to the stroke's (assumed)."""
BEFORE_END_S = 0.01
"""A stroke that is left does not run on over its end, this long before it."""
OFF_WITHIN_S, OFF_SKIN_N, OFF_PRESSED_S = 1.5, 3.0, 0.2
"""Off the skin within the first of these times, a tool that has left the course of the plan stops the session where it
is pressed with more than the second for longer than the last: the person has come after it (assumed)."""
PAUSE_LIMIT_S, ALONE_LIMIT_S = 300.0, 10.0
"""Longest pause, and longest one that nobody can end (assumed)."""


class Course(enum.Enum):
    """What plan time does."""

    FOLLOW = enum.auto()
    """It passes."""
    LEAVE = enum.auto()
    """It slows down while the tool leaves the skin."""
    HOVER = enum.auto()
    """It stands, with the tool off the skin."""
    RETURN = enum.auto()
    """It stands while the tool comes back to the skin."""


class PlanClock:
    """Says where a session is in its plan and what is wanted there.

    Args:
        plan: the plan.
        dt_s: period of the loop [s].
        pain: places to spare; None where nobody can name one.
    """

    def __init__(self, plan: PlanLike, dt_s: float, pain: PainMap | None = None) -> None:
        self._plan, self._dt_s, self._pain = plan, dt_s, pain
        self._time_s = self._held_s = self._paused_s = self._left_s = self._pressed_s = 0.0
        self._next_hold = self._skips = 0
        self._settled_s = math.nan
        self._course = Course.FOLLOW
        self._is_paused = False
        self._chosen_pace = PACES[-1]
        self._pace, self._level, self._ease = Glide(1.0, PACE_S), Glide(1.0, LEVEL_S), Glide(1.0, LEVEL_S)
        self._height, self._regain = Glide(0.0, RISE_S), Glide(1.0, REGAIN_S)
        self._glides = (self._pace, self._level, self._ease, self._height, self._regain)

    @property
    def time_s(self) -> float:
        """Plan time [s]."""
        return self._time_s

    @property
    def is_over(self) -> bool:
        """True at the end of the plan, once no pause is left to be ended."""
        return self._time_s >= self._plan.duration_s and not self._is_paused

    @property
    def skip_to_s(self) -> float | None:
        """Plan time that the arm must be driven to now, because a stroke is left out; None while it follows the plan.

        The tool rests off the skin then.
        """
        if self._course is not Course.HOVER or self._is_paused or not self._is_skipping():
            return None
        return self._next_stroke_s()

    def reference(self) -> Reference:
        """Return what is wanted now."""
        base = self._plan.at(self._time_s)
        if self._course is Course.FOLLOW and all(glide.is_resting and glide.value == 1.0 for glide in self._shares):
            return base
        return self._adapted(base)

    @property
    def _shares(self) -> tuple[Glide, ...]:
        return self._pace, self._level, self._ease, self._regain

    def settle(self) -> None:
        """Wait ``SETTLE_S`` from the next tick on, at rest, before plan time goes on."""
        self._settled_s = math.nan

    def go_back(self) -> None:
        """Go back to where the transfer to the present stroke began, to take the stroke up again; a pause is over."""
        now_s = self._time_s
        self._skips, self._is_paused = 0, False
        self._go_to(max((time_s for time_s in self._plan.resume_times_s if time_s <= now_s), default=0.0))

    def skip(self) -> None:
        """Go to ``skip_to_s``."""
        to_s = self.skip_to_s
        if to_s is not None:
            self._skips = max(0, self._skips - 1)
            self._go_to(to_s)

    def _go_to(self, time_s: float) -> None:
        """Be at rest at the beginning of a transfer."""
        self._time_s = time_s
        self._next_hold = sum(hold_s <= time_s for hold_s in self._plan.hold_times_s)
        self._held_s = 0.0
        self._course = Course.FOLLOW
        self._pace.set(self._chosen_pace)
        self._height.set(0.0)
        self._regain.set(1.0)
        self.settle()

    def take(self, request: Request, *, is_stopped: bool) -> tuple[bool, str]:
        """Take or refuse a request about the plan.

        Args:
            request: one of pause, resume, skip, softer, firmer, slower, faster.
            is_stopped: a stop stands.

        Returns:
            Whether it is taken, and what follows or why it is not.
        """
        match request:
            case Request.SOFTER | Request.FIRMER:
                return self._take_level(-1 if request is Request.SOFTER else 1)
            case Request.SLOWER | Request.FASTER:
                return self._take_pace(-1 if request is Request.SLOWER else 1)
            case _ if is_stopped:
                return False, "stopped; clear the stop first"
            case Request.PAUSE if not self._is_paused:
                self._is_paused, self._paused_s = True, 0.0
                return True, "the tool leaves the skin and waits"
            case Request.PAUSE:
                return False, "paused already"
            case Request.RESUME if self._is_paused:
                self._is_paused = False
                return True, "the tool comes back and goes on"
            case Request.RESUME:
                return False, "not paused"
            case Request.SKIP:
                return self._take_skip()
            case _:
                return False, "no request about the plan"

    def spare(self, position_m: Vector3, normal_w: Vector3) -> tuple[bool, str]:
        """Spare the place under a pad for the rest of the session.

        Args:
            position_m: centre of the pad in W.
            normal_w: outward normal there.

        Returns:
            As ``take``.
        """
        if self._pain is None:
            return False, "this session spares no places"
        place_m = self._pain.foot(position_m, normal_w)
        self._pain.add(place_m)
        where = ", ".join(f"{1e3 * value:.0f}" for value in place_m)
        return True, f"{100 * EASED_SHARE:.0f} % of the planned force, at least {EASED_LEAST_N:g} N, near ({where}) mm"

    def _take_level(self, steps: int) -> tuple[bool, str]:
        index = LEVELS.index(self._level.target) + steps
        if not 0 <= index < len(LEVELS):
            limit = "never above the planned force" if steps > 0 else "as soft as it gets"
            return False, f"at {100 * self._level.target:.0f} % of the planned force: {limit}"
        self._level.aim(LEVELS[index])
        return True, f"{100 * LEVELS[index]:.0f} % of the planned force, at least {LEVEL_LEAST_N:g} N"

    def _take_pace(self, steps: int) -> tuple[bool, str]:
        index = PACES.index(self._chosen_pace) + steps
        if not 0 <= index < len(PACES):
            limit = "never above the planned pace" if steps > 0 else "as slow as it gets"
            return False, f"at {100 * self._chosen_pace:.0f} % of the planned pace: {limit}"
        self._chosen_pace = PACES[index]
        return True, f"{100 * self._chosen_pace:.0f} % of the planned pace"

    def _take_skip(self) -> tuple[bool, str]:
        left = sum(time_s > self._time_s for time_s in self._plan.resume_times_s)
        if self._skips >= left or (self._skips == 0 and self._phase() is Phase.LIFT):
            return False, "no stroke is left to skip" if self._skips >= left else "this stroke is over already"
        self._skips += 1
        return True, "goes to the next stroke" + (" after the pause" if self._is_paused else "")

    def advance(self, t_s: float, *, is_working: bool, may_resume: bool, press_n: float) -> StopReason | None:
        """Let a tick of plan time pass, but wait at the end of an approach until its force has been reached.

        Args:
            t_s: session time [s].
            is_working: the law has reached the reference press force.
            may_resume: somebody can still end a pause.
            press_n: largest measured press force of a pad [N].

        Returns:
            Why the session must be stopped, or None.
        """
        if math.isnan(self._settled_s):
            self._settled_s = t_s + SETTLE_S
        for glide in self._glides:
            glide.step(self._dt_s)
        if self._pain is not None and self._pain.places_m:
            self._ease.aim(self._pain.share(self._time_s))
        if self._is_paused:
            self._paused_s += self._dt_s
            limit_s = PAUSE_LIMIT_S if may_resume else ALONE_LIMIT_S
            if self._paused_s > limit_s:
                return stop_reason(Cause.SESSION_TIME, "length of a pause", self._paused_s, limit_s, "s", t_s)
        if t_s < self._settled_s:
            return None
        stop = self._steer(is_working, t_s)
        return stop or self._followed(press_n, t_s) or self._pass(is_working, t_s)

    def _followed(self, press_n: float, t_s: float) -> StopReason | None:
        """Stop a tool that is pressed where it should be off the skin."""
        if self._course not in (Course.LEAVE, Course.HOVER):
            self._left_s = self._pressed_s = 0.0
            return None
        self._left_s += self._dt_s
        is_pressed = self._left_s > OFF_WITHIN_S and not press_n <= OFF_SKIN_N
        self._pressed_s = self._pressed_s + self._dt_s if is_pressed else 0.0
        if self._pressed_s <= OFF_PRESSED_S:
            return None
        return stop_reason(Cause.PAD_FORCE, "press force of a tool off the skin", press_n, OFF_SKIN_N, "N", t_s)

    def _steer(self, is_working: bool, t_s: float) -> StopReason | None:
        """Choose the course, and the targets of pace and height that belong to it."""
        is_halting = self._is_paused or self._is_skipping()
        if self._course is Course.FOLLOW:
            if is_halting:
                self._halt()
            else:
                self._pace.aim(self._chosen_pace)
        elif self._course is Course.LEAVE and (self._height.is_resting and self._pace.is_resting):
            self._course = Course.HOVER
        elif self._course in (Course.LEAVE, Course.HOVER) and not is_halting:
            self._course = Course.FOLLOW if self._height.target == 0.0 else Course.RETURN
            self._regain.set(0.0 if self._course is Course.RETURN else 1.0)
            self._height.aim(0.0)
        elif self._course is Course.RETURN:
            return self._come_back(is_halting, is_working, t_s)
        return None

    def _halt(self) -> None:
        """Leave the course of the plan where it may be left: not in a lift, which ends off the skin anyway."""
        phase = self._phase()
        if phase is Phase.LIFT:
            return
        self._pace.aim(0.0)
        if phase in (Phase.APPROACH, Phase.WORK):
            self._course = Course.LEAVE
            self._height.aim(HOVER_M)
        elif self._pace.is_resting:
            self._course = Course.HOVER

    def _come_back(self, is_halting: bool, is_working: bool, t_s: float) -> StopReason | None:
        """End the return to the skin once the force is there, or turn back."""
        if is_halting:
            self._held_s = 0.0
            self._course = Course.LEAVE
            self._height.aim(HOVER_M)
            return None
        if not (self._height.is_resting and self._pace.is_resting):
            return None
        if self._phase() is Phase.APPROACH:
            self._regain.set(1.0)
        elif not is_working:
            return self._hold(t_s)
        self._held_s = 0.0
        self._course = Course.FOLLOW
        self._regain.aim(1.0)
        return None

    def _pass(self, is_working: bool, t_s: float) -> StopReason | None:
        """Let plan time pass."""
        after = self._time_s + self._pace.value * self._dt_s
        holds = self._plan.hold_times_s
        is_at_hold = self._next_hold < len(holds) and after > holds[self._next_hold]
        if self._course is not Course.FOLLOW:
            if not is_at_hold and after <= self._leave_until_s():
                self._time_s = after
            return None
        if is_at_hold:
            if not is_working:
                return self._hold(t_s)
            self._next_hold += 1
            self._held_s = 0.0
        self._time_s = min(after, self._plan.duration_s) if self._is_paused else after
        return None

    def _hold(self, t_s: float) -> StopReason | None:
        """Count a tick of waiting for contact."""
        self._held_s += self._dt_s
        if self._held_s <= HOLD_LIMIT_S:
            return None
        limit = "wait for the stroke's press force"
        return stop_reason(Cause.NO_CONTACT, limit, self._held_s, HOLD_LIMIT_S, "s", t_s)

    def _phase(self) -> Phase:
        return self._plan.at(self._time_s).phase

    def _segment(self) -> tuple[int, SegmentInfo]:
        index = self._plan.at(self._time_s).segment
        return index, self._plan.segments[index]

    def _leave_until_s(self) -> float:
        """Return the plan time that a stroke that is being left may run to."""
        return max(self._segment()[1].end_s - BEFORE_END_S, self._time_s)

    def _next_stroke_s(self) -> float | None:
        """Return where the next transfer begins, None after the last stroke."""
        return min((time_s for time_s in self._plan.resume_times_s if time_s > self._time_s), default=None)

    def _is_skipping(self) -> bool:
        """Return True where this stroke is to be left out."""
        if self._skips > 0:
            return True
        if self._pain is None or not self._pain.left_out or self._next_stroke_s() is None:
            return False
        index, segment = self._segment()
        return index in self._pain.left_out and self._time_s < segment.end_s

    def _adapted(self, base: Reference) -> Reference:
        """Return a reference of the plan at this pace and height, with this force."""
        pace, height = self._pace, self._height
        motion = Motion(pace.value, pace.rate, height.value, height.rate, height.acceleration)
        is_off = self._course in (Course.LEAVE, Course.HOVER)
        # Not TRANSFER: the law would tare the wrist sensor on whatever touches the tool meanwhile.
        phase = Phase.LIFT if is_off else Phase.APPROACH if self._course is Course.RETURN else base.phase
        return moved(base, motion, phase, tuple(self._pad(pad, is_off) for pad in base.pads))

    def _pad(self, pad: PadReference, is_off: bool) -> PadReference:
        """Return what is wanted of a pad: the lower of chosen level and spared place, after a landing less."""
        if is_off:
            return PadReference(pad.normal_w, 0.0, 0.0)
        planned = pad.press_n, self._pace.value * pad.press_rate_n_per_s
        level = eased(planned, (self._level.value, self._level.rate), LEVEL_LEAST_N)
        spared = eased(planned, (self._ease.value, self._ease.rate), EASED_LEAST_N)
        press = regained(min(level, spared), (self._regain.value, self._regain.rate), LANDING_N)
        return PadReference(pad.normal_w, press[0], press[1])

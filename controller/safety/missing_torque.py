"""What the joints of an arm lack beside its model, and how much of it holds a stopped arm up: joint by joint.

A drive whose torque constant has fallen reports the torque that it was commanded. The arm tells: what changes its
momentum beside gravity and the reported torques is what is missing (momentum observer, De Luca et al. 2006). The pull
of ``outward_pull`` holds the tool along one axis only; the arm behind the tool falls all the same, turns, and strikes.

Nothing here knows what touches the arm. So only what holds it up is given: at every joint in the direction of the
torque that holds it there by the model, no more than that, and beyond what friction explains; in sum nothing that
presses along the inward normal. Somebody who lifts the arm takes away from it and meets nothing of it.

A tool that nobody touches and that runs away all the same is the one exception: drives that give too much lift the arm
to its end stops. That surplus is taken away, up to a share of the holding torque, until something touches the tool.
"""

from __future__ import annotations

import math
from operator import add

from controller.safety import projection
from controller.safety.friction_doubt import FrictionDoubt
from controller.safety.limits import StopGains
from controller.safety.speed_filter import SpeedFilter
from controller.types import ToolTerms, Vector, Vector3

SEEN_PER_S = 30.0
"""How fast it is found while nothing is stopped and nobody acts on it (design choice: 0.84 of it in the 60 ms in which
wrist sensor and joint torques are found apart)."""
SMOOTH_SHARE = 2.0
"""Corner of what is given, over the rate at which a stopped arm learns (design choice: a damping ratio of 0.7, and
elastic joints, which swing ten times faster, are not answered)."""
MOST_SHARE = 1.0
"""Most that is given, over the holding torque of the model (design choice: drives that give half of their torque)."""

SURPLUS_SHARE = 0.35
"""Most that is taken away, over the holding torque of the model (design choice: drives that give half as much again,
1 - 1/1.5, and room). A hand that throws the arm up feels it grow heavier by no more."""

BASE_NM = 0.4
"""Doubt at every joint beside its friction (design choice: what a pad that rubs on a slope does to a light wrist;
without it a tool that lost its sensor in mid stroke was thrown aside with 0.26 m/s)."""
RUB_SHARE = 0.5
"""Force across the normal that a body may explain, over the force along it (design choice: skin friction of 0.3, a
slope of 5 degrees, and room)."""


class MissingTorque:
    """Finds what is missing while the arm runs, and gives it while it is stopped.

    Args:
        gains: of the stop laws; with a rate of learning of 0 nothing is given.
        doubt_nm: what friction explains at each joint, (n,); empty where that is not known: nothing is given.
        dt_s: period of the calls of ``see`` and ``learn`` [s].
    """

    def __init__(self, gains: StopGains, doubt_nm: Vector, dt_s: float) -> None:
        self._doubt = FrictionDoubt(tuple([BASE_NM + friction_nm for friction_nm in doubt_nm]), dt_s)
        self._joints = len(doubt_nm)
        self._learn_per_s, self._dt_s = gains.learn_per_s, dt_s
        self._filter = SpeedFilter(gains.speed_filter_rad_s, dt_s)
        self.clear()

    def clear(self) -> None:
        """Forget everything: what is seen next is compared with nothing before it."""
        self._momentum: Vector = ()
        self._lack_nm: Vector = (0.0,) * self._joints
        self._needed_nm = self._lack_nm
        self._is_begun = self._has_surplus = self._is_free = False
        self._filter.clear()
        self._doubt.clear()

    def see(self, terms: ToolTerms, tau_nm: Vector) -> None:
        """Take a period in which nothing is stopped.

        Args:
            terms: of the period, by a model of the arm of one's own; without its momentum it teaches nothing.
            tau_nm: torques that the drives report, (n,).
        """
        self._observe(terms, tau_nm, SEEN_PER_S)
        self._is_begun = self._has_surplus = self._is_free = False

    def free(self, *, is_touched: bool | None, is_running_away: bool) -> None:
        """Say what is known of the tool of a stopped arm: a surplus is taken away from when it runs away untouched on.

        Args:
            is_touched: whether somebody touches it; None where that is not known: no more is taken away then but while
                it runs away.
            is_running_away: it is faster than any stop leads it.
        """
        if is_touched:
            self._doubt.clear()
        self._has_surplus = not is_touched and (self._has_surplus or is_running_away)
        self._is_free = self._has_surplus and (is_touched is False or is_running_away)

    def learn(
        self, terms: ToolTerms, tau_nm: Vector, dq_rad_s: Vector, outward_w: Vector3, *, may_grow: bool = True
    ) -> None:
        """Take a period of a stopped arm; the first one after those that were seen is given all that they have shown.

        Args:
            terms: as in ``see``.
            tau_nm: as in ``see``.
            dq_rad_s: joint speeds, (n,): which of them friction holds back.
            outward_w: outward normal: what pushes the tool along it is the body.
            may_grow: more may be given than before; not where something is known to hold the tool from above.
        """
        is_begun, self._is_begun = self._is_begun, True
        self._doubt.step(self._needed_nm, dq_rad_s)
        if not self._observe(terms, tau_nm, self._learn_per_s) and is_begun:
            return
        if len(terms.bias_nm) != self._joints:
            return
        share = SMOOTH_SHARE * self._learn_per_s * self._dt_s if is_begun else 1.0
        # What pushes a tool that nobody touches is no body.
        lack_nm = self._lack_nm if self._has_surplus else _alone(self._lack_nm, terms, outward_w)
        before = self._needed_nm
        each = zip(before, map(_needed, lack_nm, terms.bias_nm, before), strict=True)
        after = tuple([old + share * (new - old) for old, new in each])
        if self._has_surplus and not self._is_free:
            after = tuple(map(_no_larger_surplus, before, after, terms.bias_nm))
        self._needed_nm = after if may_grow or not is_begun else tuple(map(_smaller, before, after))

    def held(self, terms: ToolTerms, outward_w: Vector3) -> ToolTerms:
        """Return the terms with what is given added to what holds the arm; once a period of a stopped arm.

        Args:
            terms: rigid-body terms.
            outward_w: outward normal of the plan.
        """
        if not (self._learn_per_s > 0.0 and len(terms.bias_nm) == self._joints):
            return terms
        doubt_nm = self._doubt.nm
        needed_nm = self._filter.step(self._needed_nm)
        more_nm = tuple(map(_upward, needed_nm, doubt_nm, terms.bias_nm))
        more_nm = _unpressed(more_nm, terms, outward_w)
        if self._has_surplus:
            more_nm = tuple(map(add, more_nm, map(_downward, needed_nm, doubt_nm, terms.bias_nm)))
        return projection.with_holding(terms, tuple(map(add, terms.bias_nm, more_nm)))

    def _observe(self, terms: ToolTerms, tau_nm: Vector, rate_per_s: float) -> bool:
        """Advance the momentum observer; False for a period of which something is not known, which teaches nothing."""
        before, now = self._momentum, terms.momentum_nms
        self._momentum = now
        if {*map(len, (before, now, terms.drift_nm, terms.bias_nm, tau_nm))} != {self._joints}:
            return False
        share = rate_per_s * self._dt_s
        each = zip(self._lack_nm, now, before, tau_nm, terms.drift_nm, strict=True)
        found = tuple(
            [lack - rate_per_s * (p - was) + share * (tau + drift - lack) for lack, p, was, tau, drift in each]
        )
        if not math.isfinite(sum(found) + sum(terms.bias_nm)):
            self._momentum = ()
            return False
        self._lack_nm = found
        return True


def _unpressed(nm: Vector, terms: ToolTerms, outward_w: Vector3) -> Vector:
    """Return joint torques (n,) without what they would press along the inward normal."""
    press_n = projection.static_press(tuple(map(add, terms.bias_nm, nm)), terms, outward_w)
    x, y, z = (press_n * n for n in outward_w)
    return projection.add_force(nm, terms, (x, y, z, 0.0, 0.0, 0.0)) if press_n > 0.0 else nm


def _alone(lack_nm: Vector, terms: ToolTerms, outward_w: Vector3) -> Vector:
    """Return what is lacking (n,) without what a body explains that pushes and rubs the tool: that is not missing."""
    fx, fy, fz = [-projection.dot(row, lack_nm) for row in terms.jbar_t[:3]]
    nx, ny, nz = outward_w
    push_n = fx * nx + fy * ny + fz * nz
    if not push_n > 0.0:
        return lack_nm
    across = (fx - push_n * nx, fy - push_n * ny, fz - push_n * nz)
    rub_n = math.hypot(*across)
    share = 1.0 if rub_n <= RUB_SHARE * push_n else RUB_SHARE * push_n / rub_n
    x, y, z = [push_n * n + share * a for n, a in zip(outward_w, across, strict=True)]
    return projection.add_force(lack_nm, terms, (x, y, z, 0.0, 0.0, 0.0))


def _needed(lack_nm: float, bias_nm: float, given_nm: float) -> float:
    """Return what a joint has to be sent more [Nm]: a drive that gives too little gives too little of that as well.

    In balance, where the holding torque acts at the joint, it is what is lacking. What the drive reports does not come
    in: damping and a law that already fights the fault would hide half of it.

    Args:
        lack_nm: what is lacking of the torque that the drive reports.
        bias_nm: holding torque of the model.
        given_nm: what is given beside it.
    """
    if lack_nm * bias_nm < 0.0:
        # A surplus, a share of the torque or not: all of it is seen.
        return lack_nm
    acting_nm = bias_nm + given_nm - lack_nm
    most = 1.0 + MOST_SHARE
    return lack_nm * (min(max(bias_nm / acting_nm, 1.0), most) if acting_nm * bias_nm > 0.0 else most)


def _smaller(before_nm: float, after_nm: float) -> float:
    return after_nm if abs(after_nm) <= abs(before_nm) else before_nm


def _no_larger_surplus(before_nm: float, after_nm: float, bias_nm: float) -> float:
    return _smaller(before_nm, after_nm) if after_nm * bias_nm < 0.0 else after_nm


def _upward(needed_nm: float, doubt_nm: float, bias_nm: float) -> float:
    """Return what is given at a joint [Nm]: in the direction of its holding torque, beyond the doubt, and bounded."""
    beyond_nm = math.copysign(1.0, bias_nm) * needed_nm - doubt_nm
    return math.copysign(min(max(beyond_nm, 0.0), MOST_SHARE * abs(bias_nm)), bias_nm)


def _downward(needed_nm: float, doubt_nm: float, bias_nm: float) -> float:
    """Return what is taken away at a joint [Nm]: against its holding torque, beyond the doubt, and bounded."""
    beyond_nm = -math.copysign(1.0, bias_nm) * needed_nm - doubt_nm
    return -math.copysign(min(max(beyond_nm, 0.0), SURPLUS_SHARE * abs(bias_nm)), bias_nm)

"""The law's tool motion, held to the joint speeds that the drives report: for press-speed cap, tank and monitor.

The law's estimate is driven by the wrist sensor, so a false wrench makes a false speed, and a cap on it alone would
fail together with the force loop. The reported joint speeds know nothing of the wrench, but where joints are elastic
they ring, and a cap on them closes a loop over the ringing: with encoders at the motor and a corner of 40 Hz the arm
swung by itself within 0.1 s of its first touch. So the two are joined by frequency: below the corner the reported
speeds count, above it the estimate (complementary filter).

A law that is wrong may say of the fast part what it likes: it would feign an outward speed for the 0.1 s that a push
takes. So the press-speed cap goes by the joint speeds alone too, less ``OWN_SLACK_M_S``, within which the estimate is
free to differ from them: what rings does so without being answered, and what moves in earnest is. They pass the filter
of the stop laws, which is none where joints are rigid or their encoders at the links; with encoders at the motor the
cap would else feed the ringing, and there a false estimate has the time of that filter.
"""

from __future__ import annotations

import math
from operator import add, sub

from controller.safety.projection import is_shaped, moving, with_twist
from controller.safety.speed_filter import SpeedFilter
from controller.types import ToolTerms, Vector, Vector6

CORNER_RAD_S = 2.0 * math.pi * 5.0
"""Corner of both low-passes. Four fifths of a false estimate are corrected within 0.1 s; of an oscillation above 50 Hz
one percent is left; the cap as a damper works at about 20 Hz, where the estimate counts (design choice)."""

OWN_SLACK_M_S = 0.02
"""How far the tool's speed by the joint speeds alone may be beyond the estimate before it counts: in contact healthy
arms stay below 0.0028 with rigid joints, 0.0033 with joints of 14 kNm/rad and encoders at the links, and 0.0073 as
typical plants (design choice)."""

Motions = tuple[ToolTerms, ToolTerms, ToolTerms]
"""The terms of one tick with the tool twist by the law's estimate, by the estimate held to the joint speeds, and by the
joint speeds alone."""
UNKNOWN: Vector6 = (math.nan, math.nan, math.nan, math.nan, math.nan, math.nan)


class CorrectedMotion:
    """Makes both motions of the tool, once a tick.

    Args:
        joints: number of joints.
        dt_s: period of the calls [s].
        own_rad_s: corner of the filter of the joint speeds where they count alone; infinite for none.
    """

    def __init__(self, joints: int, dt_s: float, own_rad_s: float = math.inf) -> None:
        self._joints = joints
        self._own = SpeedFilter(own_rad_s, dt_s)
        self._gap = SpeedFilter(CORNER_RAD_S, dt_s)

    def clear(self) -> None:
        """Begin anew with the next speeds."""
        self._gap.clear()
        self._own.clear()

    def step(self, terms: ToolTerms, dq_rad_s: Vector) -> Motions:
        """Return the terms with the law's twist of T, with it corrected by Jacobian and joint speeds, and with theirs.

        The other twists are NaN where the sizes are not those of the arm, or a number is none.

        Args:
            terms: rigid-body terms of the tick.
            dq_rad_s: joint speeds as the drives report them, (n,).
        """
        if not (is_shaped(terms, self._joints) and len(dq_rad_s) == self._joints):
            unknown = with_twist(terms, UNKNOWN)
            return terms, unknown, unknown
        measured = moving(terms, dq_rad_s)
        gap = self._gap.step(tuple(map(sub, measured.v_wt, terms.v_wt)))
        vx, vy, vz, wx, wy, wz = map(add, terms.v_wt, gap)
        corrected = with_twist(terms, (vx, vy, vz, wx, wy, wz))
        own = self._own.step(dq_rad_s)
        return terms, corrected, measured if own is dq_rad_s else moving(terms, own)

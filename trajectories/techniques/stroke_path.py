"""What every technique makes: a path over the skin with press forces, from rest to rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.errors import PlanError
from controller.types import Contact, Region
from trajectories.anatomy.back import Back
from trajectories.techniques.timing import STEP_S, slowed

Array = NDArray[np.float64]

SPEED_CURVATURE_M_S2 = 0.13
"""Largest v^2 * curvature: 80 mm/s at 20 1/m, where the force error of the prototype began to grow (measured)."""
TILT_RATE_RAD_S = 0.75
"""Largest rate at which the tool axis turns: faster wrists spoil the force estimate (measured: Panda on a back of
strong relief, force error 0.25 N at 1.0 rad/s, where its wrist turns by 1.9 rad/s, and 0.17 N at this)."""
REST_M_S = 1e-3
"""A stroke begins and ends at rest; so much is what its first samples may show of that (a smooth ramp: 0.1 mm/s)."""

CONTACT_RADIUS_M = 0.005
"""Radius of the footprint that must stay where pressing is allowed: a small sphere under light load (assumed; deeper
contacts spread over soft tissue, not onto bone)."""


@dataclass(frozen=True, slots=True, eq=False)
class StrokePath:
    """A stroke over the skin, sampled every ``STEP_S``, at rest at both ends; P pads of one tool.

    Attributes:
        name: name of the stroke.
        technique: name of the technique.
        side: ``left`` or ``right``.
        allowed: regions the technique may press on.
        feet_xy_m: (N, P, 2) contact feet in K.
        press_n: (N, P) press forces, the touch force at both ends.
        yaw_rad: (N,) turn of the tool about the outward normal beside the one that the planner chooses for the whole
            session; positive from cranial to the person's left.
        contact: kind of contact.
        slowest_rate: smallest rate against the nominal time, below 1 where the skin asked to slow down.
    """

    name: str
    technique: str
    side: str
    allowed: frozenset[Region]
    feet_xy_m: Array
    press_n: Array
    yaw_rad: Array
    contact: Contact
    slowest_rate: float

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit together or hold a value that is no number. Raises PlanError."""
        count, pads = self.press_n.shape if self.press_n.ndim == 2 else (0, 0)
        if count < 2 or self.feet_xy_m.shape != (count, pads, 2) or self.yaw_rad.shape != (count,):
            got = f"feet {self.feet_xy_m.shape}, press {self.press_n.shape}, yaw {self.yaw_rad.shape}"
            raise self._refusal(got, "feet (N, P, 2), press (N, P), yaw (N,) with N >= 2", "correct the technique")
        if not all(np.isfinite(array).all() for array in (self.feet_xy_m, self.press_n, self.yaw_rad)):
            raise self._refusal("a value that is not finite", "numbers", "correct the technique")

    @classmethod
    def of_one_pad(
        cls,
        name: str,
        technique: str,
        side: str,
        allowed: frozenset[Region],
        along: tuple[Array, Array, float],
    ) -> StrokePath:
        """Return a stroke of one pad in continuous contact, without a turn of its own.

        Args:
            name: name of the stroke.
            technique: name of the technique.
            side: ``left`` or ``right``.
            allowed: regions the technique may press on.
            along: feet (N, 2), press forces (N,) and slowest rate, as ``follow_skin`` returns them.
        """
        feet, press, slowest = along
        still = np.zeros(len(press))
        return cls(name, technique, side, allowed, feet[:, None, :], press[:, None], still, Contact.CONTINUOUS, slowest)

    @property
    def only_feet_xy_m(self) -> Array:
        """Feet (N, 2) of the only pad. Raises PlanError where there are more."""
        self._refuse_pads()
        return np.asarray(self.feet_xy_m[:, 0])

    @property
    def only_press_n(self) -> Array:
        """Press force (N,) of the only pad. Raises PlanError where there are more."""
        self._refuse_pads()
        return np.asarray(self.press_n[:, 0])

    def refuse_unplannable(self) -> None:
        """Refuse what the planner cannot plan yet: more pads than one, contact that is not continuous, a moving start.

        Raises:
            PlanError: with what the stroke asks for and what can be planned.
        """
        self._refuse_pads()
        if self.contact is not Contact.CONTINUOUS:
            todo = "use a technique that keeps the pad on the skin"
            raise self._refusal(f"{self.contact} contact", f"{Contact.CONTINUOUS} contact", todo)
        ends = np.concatenate([np.diff(self.feet_xy_m[:2], axis=0), np.diff(self.feet_xy_m[-2:], axis=0)])
        fastest = float(np.linalg.norm(ends, axis=2).max()) / STEP_S
        if not fastest <= REST_M_S:
            got = f"{1e3 * fastest:.1f} mm/s at an end"
            raise self._refusal(got, f"rest at both ends ({1e3 * REST_M_S:g} mm/s)", "correct the technique")

    def _refuse_pads(self) -> None:
        pads = self.press_n.shape[1]
        if pads != 1:
            raise self._refusal(f"{pads} pads", "1 pad", "use a technique for one pad")

    def _refusal(self, got: str, allowed: str, todo: str) -> PlanError:
        return PlanError(self.name, f"every point ({self.technique})", got, allowed, todo)


def follow_skin(feet_xy_m: Array, press_n: Array, back: Back) -> tuple[Array, Array, float]:
    """Slow a nominal path down where the skin curves or tilts too much for its speed.

    Args:
        feet_xy_m: (N, 2) nominal feet every ``STEP_S``.
        press_n: (N,) nominal press forces.
        back: the back.

    Returns:
        feet, press forces and the slowest rate, in real time.
    """
    x, y = feet_xy_m.T
    feet = np.column_stack([x, y, back.skin.height(x, y)])
    speed = np.linalg.norm(np.gradient(feet, STEP_S, axis=0), axis=1)
    tilt = np.linalg.norm(np.gradient(back.tool_skin.normal(x, y), STEP_S, axis=0), axis=1)
    curvature = np.maximum(back.skin.curvature(x, y), 1e-6)
    allowed = np.sqrt(SPEED_CURVATURE_M_S2 / curvature) / np.maximum(speed, 1e-9)
    allowed = np.minimum(allowed, TILT_RATE_RAD_S / np.maximum(tilt, 1e-9))
    channels, slowest = slowed(np.column_stack([feet_xy_m, press_n]), allowed)
    return channels[:, :2], channels[:, 2], slowest

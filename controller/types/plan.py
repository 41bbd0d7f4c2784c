"""What a plan wants: references, segments, and the plan itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from controller.types.registration import ClearanceGrid, RegistrationCheck
from controller.types.vectors import Vector, Vector3, Vector4, Vector6
from controller.types.vocabulary import Contact, Phase
from controller.values import value


@value
class PadReference:
    """Wanted contact of one tool pad.

    Attributes:
        normal_w: outward unit normal of the skin at the planned contact foot, in W.
        press_n: wanted press force along the inward normal, >= 0 [N].
        press_rate_n_per_s: its time derivative [N/s].
    """

    normal_w: Vector3
    press_n: float
    press_rate_n_per_s: float


@value
class Reference:
    """What the plan wants at a plan time.

    Attributes:
        t_s: plan time [s].
        phase: phase of the stroke.
        segment: index into ``Plan.segments``.
        position_m: p_WT.
        quaternion_xyzw: R_WT; the tool's z axis points into the body (z = -normal).
        twist: V_WT [m/s, rad/s].
        acceleration: dV_WT/dt [m/s2, rad/s2].
        posture_rad: joint posture that the null space is drawn to, (n,).
        pads: one entry per tool pad.
    """

    t_s: float
    phase: Phase
    segment: int
    position_m: Vector3
    quaternion_xyzw: Vector4
    twist: Vector6
    acceleration: Vector6
    posture_rad: Vector
    pads: tuple[PadReference, ...]


@dataclass(frozen=True, slots=True)
class SegmentInfo:
    """One stroke of a plan, as reports and limits need it.

    Attributes:
        name: unique name of the stroke.
        technique: technique that made it.
        region: region it works on.
        side: ``left`` or ``right``.
        force_target_n: largest reference press force [N].
        ceiling_n: smallest region ceiling under its footprint [N].
        stiffness_n_per_m: upper estimate of the tissue's tangent stiffness at the ceiling [N/m].
        working_stiffness_n_per_m: typical tangent stiffness at a working force, for the margins of the loop [N/m].
        surface_speed_m_s: upper estimate of how fast the surface comes toward the tool [m/s].
        lambda_n_kg: largest effective mass of the arm along the normal over the stroke [kg].
        smallest_lambda_n_kg: smallest one [kg].
        start_s: plan time at which its work begins.
        end_s: plan time at which its work ends.
        contact: kind of contact the stroke wants; records of older versions say nothing and mean continuous, for which
            a lost contact is a fault.
        depth_m: how far a pad may be beyond its planned place along the inward normal before no tissue explains it [m];
            NaN, which no pad is within, where nobody has said so.
        working_depth_m: typical indentation of the pad at 20 N; records of older versions have that of the back.
        planned_depth_m: indentation that the place of the reference stands for.
    """

    name: str
    technique: str
    region: str
    side: str
    force_target_n: float
    ceiling_n: float
    stiffness_n_per_m: float
    working_stiffness_n_per_m: float
    surface_speed_m_s: float
    lambda_n_kg: float
    smallest_lambda_n_kg: float
    start_s: float
    end_s: float
    contact: Contact = Contact.CONTINUOUS
    depth_m: float = math.nan
    working_depth_m: float = 0.010
    planned_depth_m: float = 0.007


class PlanLike(Protocol):
    """What the session loop needs of a plan."""

    @property
    def segments(self) -> tuple[SegmentInfo, ...]:
        """The strokes, in order."""
        ...

    @property
    def duration_s(self) -> float:
        """Length of the plan [s]."""
        ...

    @property
    def hold_times_s(self) -> tuple[float, ...]:
        """Plan times at which the clock waits until the press force has been reached."""
        ...

    @property
    def resume_times_s(self) -> tuple[float, ...]:
        """Plan times from which an interrupted plan may be taken up again: the beginnings of the transfers."""
        ...

    @property
    def rest_q_rad(self) -> Vector:
        """Posture that the arm stands in when its drives are enabled, (n,)."""
        ...

    @property
    def start_path_rad(self) -> tuple[Vector, ...]:
        """Postures to go through before the plan, on straight legs in joint space: from ``rest_q_rad`` to its start.

        Empty where the arm stands at the plan's start.
        """
        ...

    @property
    def end_path_rad(self) -> tuple[Vector, ...]:
        """Postures to go through after the plan, on straight legs in joint space; the last is where the arm rests.

        Empty where the arm rests at the plan's end.
        """
        ...

    @property
    def park_path_rad(self) -> tuple[Vector, ...]:
        """Postures to go through after a stop, on straight legs in joint space; the last is where the arm rests."""
        ...

    @property
    def registration(self) -> RegistrationCheck | None:
        """How the first strokes tell where the person lies; None for a plan that goes without."""
        ...

    @property
    def keep_out(self) -> ClearanceGrid | None:
        """Where no pad may press; None for a plan over no body."""
        ...

    def at(self, t_s: float) -> Reference:
        """Return the reference at a plan time, a pure function of it."""
        ...

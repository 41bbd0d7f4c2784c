"""The ``/state`` message: what people plot of a session, in a form that every viewer of MCAP files draws.

One flat JSON object with a JSON Schema, 50 a second, rounded: a picture needs no more. The numbers that are computed
with stand in the columns beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.types import StepRecord, Vector

PLACE_DIGITS = 5
"""Decimals of positions and angles: 10 um, 10 urad; a picture shows no less."""
FORCE_DIGITS = 3
"""Decimals of forces, moments and speeds: a millinewton."""


@dataclass(frozen=True, slots=True)
class StateSample:
    """A tick in short; every list per pad has the order of ``/config``.

    Attributes:
        t_s: session time [s].
        phase: phase of the plan.
        segment: index of the stroke.
        contact: contact state.
        mode: mode of the gate.
        limited: True where a limit changed the command.
        press_n: press force in use, per pad [N].
        press_observer_n: press force from the joint torques, per pad [N].
        press_target_n: press force that is asked for, per pad [N].
        press_true_n: true press force, per pad; empty on hardware [N].
        depth_m: true indentation, per pad; empty on hardware [m].
        limit_n: hard limit of the place, per pad; empty on hardware [N].
        plan_error_m: tangential distance from the plan [m].
        position_m: tool position in W [m].
        quaternion_xyzw: tool orientation in W.
        wrench_s: force and moment on the wrist sensor [N, Nm].
        q_rad: joint positions [rad].
        dq_rad_s: joint speeds [rad/s].
        tau_nm: joint torques sent [Nm].
    """

    t_s: float
    phase: str
    segment: int
    contact: str
    mode: str
    limited: bool
    press_n: Vector
    press_observer_n: Vector
    press_target_n: Vector
    press_true_n: Vector
    depth_m: Vector
    limit_n: Vector
    plan_error_m: float
    position_m: Vector
    quaternion_xyzw: Vector
    wrench_s: Vector
    q_rad: Vector
    dq_rad_s: Vector
    tau_nm: Vector


def state_sample(step: StepRecord) -> StateSample:
    """Return a tick in short."""
    state, applied = step.state, step.applied
    return StateSample(
        t_s=step.t_s,
        phase=step.reference.phase,
        segment=step.reference.segment,
        contact=step.contact,
        mode=applied.mode,
        limited=bool(applied.limited),
        press_n=_forces(tuple(pad.press_n for pad in step.pads)),
        press_observer_n=_forces(tuple(pad.observer_n for pad in step.pads)),
        press_target_n=_forces(tuple(pad.target_n for pad in step.pads)),
        press_true_n=_forces(tuple(pad.press_n for pad in step.truth)),
        depth_m=_places(tuple(pad.depth_m for pad in step.truth)),
        limit_n=_forces(tuple(pad.limit_n for pad in step.truth)),
        plan_error_m=round(step.plan_error_m, PLACE_DIGITS),
        position_m=_places(step.p_wt),
        quaternion_xyzw=_places(step.quaternion_wt),
        wrench_s=_forces(state.wrench_s),
        q_rad=_places(state.q_rad),
        dq_rad_s=_forces(state.dq_rad_s),
        tau_nm=_forces(applied.tau_nm),
    )


def _places(values: Vector) -> Vector:
    return tuple(round(value, PLACE_DIGITS) for value in values)


def _forces(values: Vector) -> Vector:
    return tuple(round(value, FORCE_DIGITS) for value in values)

"""What became of a command: limits, stops, what was applied, and the record of a tick."""

from __future__ import annotations

from dataclasses import dataclass

from controller.types.command import PadEstimate
from controller.types.plan import Reference
from controller.types.senses import ArmState, Truth
from controller.types.vectors import Vector, Vector3, Vector4, Vector6
from controller.types.vocabulary import Cause, ContactState, Mode
from controller.values import value


@value
class Limited:
    """One limit that changed a command.

    Attributes:
        cause: the limit.
        value: what was asked for.
        allowed: what was let through.
        unit: unit of both.
    """

    cause: Cause
    value: float
    allowed: float
    unit: str


@dataclass(frozen=True, slots=True)
class StopReason:
    """Why a session was stopped: ``value`` passed ``allowed`` at ``t_s``, and what to do next.

    Attributes:
        cause: the cause; ``controller.safety.reaction.REACTIONS`` says what it makes the arm do.
        limit: the limit that was passed, in words.
        value: what was measured or counted.
        allowed: the limit.
        unit: unit of both.
        t_s: session time.
        next_step: what to do next.
    """

    cause: Cause
    limit: str
    value: float
    allowed: float
    unit: str
    t_s: float
    next_step: str


@value
class Applied:
    """What went to the motors, as the record keeps it.

    Attributes:
        tau_nm: joint torques sent, (n,).
        press_n: static press force of these torques by the gate's own audit [N].
        press_limit_n: upper bound that was in force for it [N].
        mode: mode of the gate.
        limited: limits that changed the command.
        stop: reason of the stop, from the tick it happened on.
    """

    tau_nm: Vector
    press_n: float
    press_limit_n: float
    mode: Mode
    limited: tuple[Limited, ...]
    stop: StopReason | None


@value
class StepRecord:
    """Everything about one tick, as it is recorded.

    Attributes:
        t_s: session time [s].
        state: sensed state.
        reference: what the plan asks for.
        p_wt: tool position the controller computed.
        quaternion_wt: tool orientation the controller computed, xyzw.
        v_wt: tool twist the controller computed.
        pads: contact estimates.
        contact: contact state.
        plan_error_m: tangential distance from the reference [m].
        applied: what was sent.
        truth: one entry per pad, empty on hardware.
    """

    t_s: float
    state: ArmState
    reference: Reference
    p_wt: Vector3
    quaternion_wt: Vector4
    v_wt: Vector6
    pads: tuple[PadEstimate, ...]
    contact: ContactState
    plan_error_m: float
    applied: Applied
    truth: tuple[Truth, ...]

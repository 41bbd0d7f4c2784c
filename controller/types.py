"""The values that cross borders: immutable, standard library only, SI units, frames in the names.

Vectors are tuples of floats so that a record can be compared, hashed and serialised as it is, and so that the safety
core can stay free of numeric libraries. Frames: W world, K patient, B arm base, F flange, S wrist sensor, T tool
control point, C contact. ``p_WT`` is the position of T in W, ``V_WT`` its twist (linear first, expressed in W),
quaternions are xyzw. See ``docs/frames.md``.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from controller.values import value

Vector = tuple[float, ...]
Vector3 = tuple[float, float, float]
Vector4 = tuple[float, float, float, float]
Vector6 = tuple[float, float, float, float, float, float]
Matrix = Sequence[Sequence[float]]
"""Rows; made afresh for every value that holds one."""


class Phase(enum.StrEnum):
    """What the plan asks for at a plan time."""

    TRANSFER = "transfer"
    """Free motion above the skin; no press force is wanted."""
    APPROACH = "approach"
    """Descend along the inward normal until contact; the plan clock waits at the end of this phase."""
    WORK = "work"
    """In contact, moving along the stroke with the reference press force."""
    LIFT = "lift"
    """Leave the skin along the outward normal."""


class ContactState(enum.StrEnum):
    """What the controller believes about the contact."""

    FREE = "free"
    APPROACH = "approach"
    CONTACT = "contact"
    """Touched; the press force is ramped up from the measured force."""
    WORK = "work"
    LIFT = "lift"


class Mode(enum.StrEnum):
    """What the gate lets happen; everything but RUN is latched until an operator clears it."""

    RUN = "run"
    UNLOAD = "unload"
    """Leave the skin along the outward normal at bounded speed."""
    FLOAT = "float"
    """Gravity compensation and damping only."""
    PARK = "park"
    """Driven slowly and softly to the park posture beside the person."""
    RELEASED = "released"
    """At rest in the park posture; the enable may be dropped."""


class Action(enum.IntEnum):
    """What a cause makes the arm do, in order: a later stop can only raise it."""

    LOWER = 0
    """No stop: the command is lowered and the session goes on."""
    PARK = 1
    """Unload, float, park beside the person, release."""
    FLOAT = 2
    """Unload, then float: what drives an arm to its park posture may be what is broken."""
    HOLD_TORQUE = 3
    """Unload and float by the last joint positions that could be believed."""


class Clearance(enum.StrEnum):
    """Who may end a stop, in order; nothing ends it by itself."""

    NOBODY = "nobody needs to"
    OPERATOR = "operator"
    """The operator, from the console."""
    OPERATOR_AT_ARM = "operator at the arm"
    """The operator, after a look at person, tool and arm."""
    SERVICE = "service"
    """Whoever found and mended the cause."""


class Authority(enum.StrEnum):
    """Whose torque the drives take."""

    HOST = "host"
    """The session loop's."""
    SUPERVISOR = "supervisor"
    """The supervisor's: it has taken over and the loop's commands are ignored."""
    NOBODY = "nobody"
    """No enable: brakes."""


class Cause(enum.StrEnum):
    """Why the gate limited a command or stopped a session."""

    PRESS_LIMIT = "press_limit"
    PRESS_SPEED = "press_speed"
    LOADING_RATE = "loading_rate"
    TANGENTIAL_LIMIT = "tangential_limit"
    MOMENT_LIMIT = "moment_limit"
    TORQUE_LIMIT = "torque_limit"
    PAD_FORCE = "pad_force"
    TOOL_FORCE = "tool_force"
    PRESSURE = "pressure"
    JOINT_SPEED = "joint_speed"
    TOOL_SPEED = "tool_speed"
    JOINT_POSITION = "joint_position"
    WORKSPACE = "workspace"
    SENSOR_IMPLAUSIBLE = "sensor_implausible"
    NOT_FINITE = "not_finite"
    JOINTS_NOT_FINITE = "joints_not_finite"
    STALE = "stale"
    NO_CONTACT = "no_contact"
    CONTACT_LOST = "contact_lost"
    OPERATOR = "operator"
    INTERNAL_ERROR = "internal_error"
    LINK = "link"
    SENSOR_FROZEN = "sensor_frozen"
    ENCODER_JUMP = "encoder_jump"
    LATE_TICK = "late_tick"
    DWELL = "dwell"
    SESSION_TIME = "session_time"
    TEMPERATURE = "temperature"
    ENERGY = "energy"
    SUPERVISOR_LOST = "supervisor_lost"
    SUPERVISOR_ACTED = "supervisor_acted"
    HOST_LOST = "host_lost"
    MEMORY_CORRUPT = "memory_corrupt"


class Region(enum.StrEnum):
    """Where on the body a pad is."""

    SACRUM = "sacrum"
    GLUTEAL = "gluteal"
    LUMBAR_PARASPINAL = "lumbar_paraspinal"
    THORACIC_PARASPINAL = "thoracic_paraspinal"
    RHOMBOID = "rhomboid"
    UPPER_TRAPEZIUS = "upper_trapezius"
    NECK_BASE = "neck_base"
    DELTOID = "deltoid"
    THIGH = "thigh"
    CALF = "calf"
    OTHER = "other"
    """On the body, in no massage region (lateral trunk, lateral scapula): no stroke may be planned here."""


class KeepOut(enum.StrEnum):
    """Where a pad must not press at all."""

    SPINE_RIDGE = "spine_ridge"
    KIDNEY_FLANK = "kidney_flank"
    NECK = "neck"
    POPLITEAL = "popliteal"
    SCAPULAR_SPINE = "scapular_spine"
    ELBOW = "elbow"
    OFF_BODY = "off_body"


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


@value
class ArmState:
    """What the senses say; the same type for simulation and servos.

    Attributes:
        t_s: time of the sample [s].
        q_rad: joint positions, (n,).
        dq_rad_s: joint speeds, (n,).
        tau_nm: joint torques as the drives report them, (n,).
        wrench_s: force and moment of the tool side on the sensor, at S, in S axes [N, Nm]: what a wrist sensor
            between flange and tool reads, tool weight and inertia included; +z of S points out of the flange, so
            a press on the skin reads negative in z.
        sensor_age_s: age of the wrench sample [s].
        temperature_c: hottest drive, NaN where it is not sensed.
        authority: whose torque the drives take.
        supervisor_age_s: time since the supervisor's last heartbeat [s]; 0 where no supervisor is fitted.
        command_age_s: time since the drives took a new command, as they report it [s]; 0 where they do not.
    """

    t_s: float
    q_rad: Vector
    dq_rad_s: Vector
    tau_nm: Vector
    wrench_s: Vector6
    sensor_age_s: float
    temperature_c: float
    authority: Authority = Authority.HOST
    supervisor_age_s: float = 0.0
    command_age_s: float = 0.0


@value
class ToolTerms:
    """Rigid-body terms of one tick at the tool, from the robot model.

    Attributes:
        p_wt: position of T in W [m].
        quaternion_wt: R_WT, xyzw.
        v_wt: measured twist of T [m/s, rad/s].
        jacobian: (6, n), LOCAL_WORLD_ALIGNED at T.
        jbar_t: (6, n), the dynamically consistent map from joint torque to tool wrench, Lambda J M^-1.
        bias_nm: torque that holds the arm without touching anything: gravity and Coriolis terms, (n,).
    """

    p_wt: Vector3
    quaternion_wt: Vector4
    v_wt: Vector6
    jacobian: Matrix
    jbar_t: Matrix
    bias_nm: Vector


@value
class PadEstimate:
    """What the controller believes of one pad's contact.

    Attributes:
        normal_w: outward normal in use (planned, corrected by the measured force).
        press_n: press force from the wrist sensor, filtered [N].
        observer_n: press force from the momentum observer, no wrist sensor involved [N].
        target_n: press force the loop is asked for now, after the contact ramp [N].
        is_sensor_trusted: False while the wrist sensor is rejected.
    """

    normal_w: Vector3
    press_n: float
    observer_n: float
    target_n: float
    is_sensor_trusted: bool


@value
class Command:
    """What the control law asks for; it may be wrong and has passed no limit.

    Attributes:
        tau_nm: joint torques with gravity and Coriolis terms, (n,).
        terms: the rigid-body terms the torques were made with.
        pads: the contact estimate of every pad.
        contact: contact state of the law.
        normal_w: outward direction of the press axis, unit length.
        surface_velocity_w: planned velocity of the contact point [m/s], used to tell pressing from following.
        plan_error_m: tangential distance of the tool from the reference [m].
    """

    tau_nm: Vector
    terms: ToolTerms
    pads: tuple[PadEstimate, ...]
    contact: ContactState
    normal_w: Vector3
    surface_velocity_w: Vector3
    plan_error_m: float


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
class Truth:
    """What really happens at one pad; a simulation knows it, the controller never sees it.

    Attributes:
        press_n: true force of the pad on the tissue along the inward true normal, >= 0.
        force_w: true force of the tissue on the pad, in W [N].
        depth_m: indentation of the pad, negative in the air.
        p_wc: contact foot on the (moving) skin, in W.
        normal_w: true outward normal at the foot.
        region: anatomical region of the foot.
        limit_n: hard limit of that place [N].
        tissue_work_j: work done on the tissue along the normal since the start.
        net_energy_j: net energy that went from the tool into the body since the start.
        p_wt: true position of T.
        tool_axis_w: true direction of the tool's z axis.
    """

    press_n: float
    force_w: Vector3
    depth_m: float
    p_wc: Vector3
    normal_w: Vector3
    region: str
    limit_n: float
    tissue_work_j: float
    net_energy_j: float
    p_wt: Vector3
    tool_axis_w: Vector3


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
    """Everything about one tick, as recorded on ``/step``.

    Attributes:
        t_s: session time [s].
        state: sensed state.
        reference: the plan's wish.
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


class PlanLike(Protocol):
    """What the session loop needs of a plan."""

    @property
    def segments(self) -> tuple[SegmentInfo, ...]:
        """The strokes, in order."""

    @property
    def duration_s(self) -> float:
        """Length of the plan [s]."""

    @property
    def hold_times_s(self) -> tuple[float, ...]:
        """Plan times at which the clock waits until the press force has been reached."""

    @property
    def resume_times_s(self) -> tuple[float, ...]:
        """Plan times from which an interrupted plan may be taken up again: the beginnings of the transfers."""

    @property
    def park_path_rad(self) -> tuple[Vector, ...]:
        """Postures to go through after a stop, on straight legs in joint space; the last is where the arm rests."""

    def at(self, t_s: float) -> Reference:
        """Return the reference at a plan time, a pure function of it."""

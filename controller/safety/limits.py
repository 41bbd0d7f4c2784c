"""Limits: code ceilings that no file can raise, region ceilings, and the limits one session runs under."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from controller.safety.tank import TankLimits
from controller.types import ClearanceGrid, JointSenses, Region, Vector, Vector3

PAD_CEILING_N = 60.0
"""No pad presses harder than this, whatever a file says (design choice)."""
TOOL_CEILING_N = 90.0
"""No tool presses harder than this in sum (design choice)."""
PRESSURE_CEILING_PA = 120e3
"""Largest mean pressure under a pad: 12 N/cm2 (design choice, a third of the pain threshold of 1 cm2 on the back)."""

SESSION_CEILING_S = 3600.0
"""No session is longer (design choice)."""
TEMPERATURE_CEILING_C = 80.0
"""No drive gets hotter (assumed: common limit of the windings' sensor; the pad's own ceiling of 43 C needs a sensor in
the pad)."""

REGION_CEILING_N: Mapping[Region, float] = MappingProxyType(
    {
        Region.SACRUM: 45.0,
        Region.GLUTEAL: 45.0,
        Region.LUMBAR_PARASPINAL: 45.0,
        Region.THORACIC_PARASPINAL: 40.0,
        Region.RHOMBOID: 40.0,
        Region.UPPER_TRAPEZIUS: 40.0,
        Region.NECK_BASE: 15.0,
        Region.DELTOID: 30.0,
        Region.THIGH: 40.0,
        Region.CALF: 40.0,
        Region.OTHER: 30.0,
    }
)
"""Default hard limit of the true press force by place [N]: engineering choices inside the 20-59 N of clinical tuina
trials, to be tightened per person. ``OTHER`` is what accidental contact outside every massage region may reach."""


MOST_PADS = 2
"""Force and moment at the wrist tell two press forces apart, no more: sum and roll moment."""
SMALLEST_LINE_M = 0.005
"""Two pads are at least this far apart: nearer, an error of the moment decides which of them presses (assumed)."""


@dataclass(frozen=True, slots=True)
class PadGeometry:
    """One pad of the tool as the gate has to know it.

    Attributes:
        name: name of the pad.
        position_t_m: centre of its sphere in T; the origin where the tool has one pad.
        area_m2: contact area at its working depth.
    """

    name: str
    position_t_m: Vector3
    area_m2: float


@dataclass(frozen=True, slots=True)
class PadLimits:
    """Limits of the press force of one pad in one stroke.

    Attributes:
        ceiling_n: hard limit of the true press force anywhere under the pad.
        target_n: largest reference press force.
        margin_n: how far the static command may rise over the present target.
        trip_n: measured press force that stops the session.
        depth_m: how far the pad may be beyond its planned place along the planned inward normal.
    """

    ceiling_n: float
    target_n: float
    margin_n: float
    trip_n: float
    depth_m: float


@dataclass(frozen=True, slots=True)
class PressLimits:
    """Limits of the press axis in one stroke.

    Attributes:
        pads: of every pad of the tool, in its order.
        sum_n: largest static press force of all pads together, whatever each may have.
        sum_trip_n: measured press force of all pads together that stops the session.
        press_damping_ns_per_m: how fast the allowed press force falls above the press-speed cap.
    """

    pads: tuple[PadLimits, ...]
    sum_n: float
    sum_trip_n: float
    press_damping_ns_per_m: float


@dataclass(frozen=True, slots=True)
class StopGains:
    """Gains of every law that leads a stopped arm to rest; they follow from inertia, lag and elasticity of the arm.

    Attributes:
        float_damping_nms_per_rad: joint damping in every stop mode, of supervisor and drives too, (n,).
        most_damping_nm: largest torque of that damping, (n,); it follows from levers, not from the damping, so that a
            damping that is wrong cannot push.
        unload_damping_ns_per_m: gain of the speed loop along the outward normal.
        unload_spring_n_per_m: how fast its pull grows over the way that is missing.
        unload_stuck_n_per_s: how fast its pull grows at least while the tool is stuck.
        drag_ns_per_m: damping across the normal.
        drag_joints: number of joints, from the base on, that answer to it: a tool that the wrist turns aside is light,
            and a damping that it could bear would not slow the arm.
        most_force_n: largest static tool force, in any direction, that a stopped arm adds to what holds it.
        speed_filter_rad_s: corner of the filter of the joint speeds; infinite for none.
        work_nm: largest torque that each joint needs for its work, (n,): a drive is broken where a share of it is off.
        learn_per_s: how fast a stopped arm learns what its joints lack beside their model; 0 for not at all.
    """

    float_damping_nms_per_rad: Vector
    most_damping_nm: Vector
    unload_damping_ns_per_m: float
    unload_spring_n_per_m: float
    unload_stuck_n_per_s: float
    drag_ns_per_m: float
    drag_joints: int
    most_force_n: float
    speed_filter_rad_s: float
    work_nm: Vector
    learn_per_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse gains that would drive the arm instead of damping it.

        Raises:
            ValueError: negative, no number, or infinite where that is no meaning.
        """
        finite = (
            *self.float_damping_nms_per_rad, *self.most_damping_nm, self.unload_damping_ns_per_m,
            self.unload_spring_n_per_m, self.unload_stuck_n_per_s, self.drag_ns_per_m, self.most_force_n,
            *self.work_nm, self.learn_per_s,
        )  # fmt: skip
        if not all([0.0 <= gain < math.inf for gain in finite]):
            raise ValueError(f"got stop gains {finite}; allowed: finite, none of them negative")
        if not self.speed_filter_rad_s > 0.0:
            raise ValueError(f"got a speed filter of {self.speed_filter_rad_s} rad/s; allowed: above 0")
        sizes = {len(self.float_damping_nms_per_rad), len(self.most_damping_nm), len(self.work_nm)}
        if len(sizes) != 1:
            raise ValueError(f"got values for {sorted(sizes)} joints; allowed: one each per joint")
        if not 0 <= self.drag_joints <= len(self.most_damping_nm):
            raise ValueError(f"got {self.drag_joints} joints that drag; allowed: 0 to {len(self.most_damping_nm)}")


@dataclass(frozen=True, slots=True)
class KeepOutLimits:
    """Where no pad may press.

    Attributes:
        grid: distance to the keep-outs, widened by the registration error.
        light_n: a press up to this is a touch [N].
        pad_radius_m: radius of the pads' spheres.
    """

    grid: ClearanceGrid
    light_n: float
    pad_radius_m: float


@dataclass(frozen=True, slots=True)
class GateLimits:
    """Everything the gate holds a command and a state against.

    Attributes:
        lower_rad: joint limits, (n,).
        upper_rad: joint limits, (n,).
        speed_rad_s: joint speed limits, (n,).
        torque_nm: joint torque limits, (n,).
        pads: the pads of the tool; commands, references and strokes keep their order.
        strokes: press limits of every segment of the plan.
        free_press_n: static press force allowed off the skin, where only inertia and friction need any.
        press_speed_m_s: speed toward the body in contact, relative to the planned motion, at which the full press
            force is still allowed; above it the force falls by the stroke's ``press_damping_ns_per_m``.
        free_press_speed_m_s: the same off the skin and in an approach.
        loading_rate_n_per_s: how fast the static press force may rise; falling is never slowed.
        tangential_n: static force across the normal.
        moment_nm: static moment at the tool.
        tool_trip_n: magnitude of the wrist sensor's force, tool weight included, that stops the session.
        observer_margin_n: how far the momentum observer may differ from the wrist sensor, and pass the trip.
        observer_base_n: the first may, off the skin, also reach this ...
        observer_joint_nm: ... and the tool force that so much torque of every joint amounts to where the arm is, (n,).
        axis_cosine: smallest cosine between the law's press axis and the planned normal.
        contact_lost_n: press force below which a stroke has lost the skin.
        contact_lost_s: time below it that stops the session; touches take a share of it off (``LeakyCount``).
        pressure_pa: mean pressure under a pad that stops the session.
        tool_speed_m_s: tool speed that stops the session.
        workspace_low_m: corner of the box the tool must stay in, W.
        workspace_high_m: opposite corner.
        path_m: tangential distance from the plan that stops the session.
        sensor_age_s: oldest sample that is not stale.
        sensor_gap_s: longest time without a new wrench sample.
        stale_ticks: stale or non-finite samples that stop the session, by a leaky count as the next and frozen_ticks.
        implausible_ticks: ticks without a trusted sensor that stop the session.
        descent_m: way along the normal without contact that stops an approach.
        frozen_ticks: new wrench samples with the value of the one before that stop the session: noise never
            repeats.
        jump_rad: how far a joint position may differ from what the speed says.
        late_s: longest time between two samples.
        dwell_m: radius of one spot.
        dwell_s: longest time of pressing on one spot.
        session_s: longest session.
        temperature_c: hottest drive.
        voltage_v: lowest and highest supply voltage of a drive.
        joint_age_s: oldest values of a joint.
        fitted: senses that the joints have: where one of these gives no number, the session stops.
        supervisor_age_s: oldest heartbeat of the supervisor.
        tank: energy tank.
        park_force_n: largest static tool force, in any direction, while the arm is driven to the plan or to rest.
        stop: gains of the stop laws.
        keep_out: where no pad may press; None for a plan over no body.
    """

    lower_rad: Vector
    upper_rad: Vector
    speed_rad_s: Vector
    torque_nm: Vector
    pads: tuple[PadGeometry, ...]
    strokes: tuple[PressLimits, ...]
    free_press_n: float
    press_speed_m_s: float
    free_press_speed_m_s: float
    loading_rate_n_per_s: float
    tangential_n: float
    moment_nm: float
    tool_trip_n: float
    observer_margin_n: float
    observer_base_n: float
    observer_joint_nm: Vector
    axis_cosine: float
    contact_lost_n: float
    contact_lost_s: float
    pressure_pa: float
    tool_speed_m_s: float
    workspace_low_m: Vector3
    workspace_high_m: Vector3
    path_m: float
    sensor_age_s: float
    sensor_gap_s: float
    stale_ticks: int
    implausible_ticks: int
    descent_m: float
    frozen_ticks: int
    jump_rad: float
    late_s: float
    dwell_m: float
    dwell_s: float
    session_s: float
    temperature_c: float
    voltage_v: tuple[float, float]
    joint_age_s: float
    fitted: JointSenses
    supervisor_age_s: float
    tank: TankLimits
    park_force_n: float
    stop: StopGains
    keep_out: KeepOutLimits | None = None

    def __post_init__(self) -> None:
        """Refuse pads whose press forces could not be told apart, and strokes that do not have a limit for each.

        Raises:
            ValueError: none of it, or not all of it, would be limited.
        """
        if len(self.stop.float_damping_nms_per_rad) != len(self.torque_nm):
            count = len(self.stop.float_damping_nms_per_rad)
            raise ValueError(f"got {count} values of joint damping; allowed: {len(self.torque_nm)}, one per joint")
        places = tuple(pad.position_t_m for pad in self.pads)
        if not 1 <= len(places) <= MOST_PADS:
            raise ValueError(f"got {len(places)} pads; allowed: 1 to {MOST_PADS}")
        if len(places) == 1 and places[0] != (0.0, 0.0, 0.0):
            raise ValueError(f"got one pad at {places[0]} m of T; allowed: one at its origin")
        if len(places) == MOST_PADS and not (math.dist(*places) >= SMALLEST_LINE_M):
            raise ValueError(f"got two pads {math.dist(*places)} m apart; allowed: at least {SMALLEST_LINE_M} m")
        counts = {len(stroke.pads) for stroke in self.strokes}
        if not counts <= {len(places)}:
            raise ValueError(f"got strokes with limits for {sorted(counts)} pads; allowed: {len(places)}")

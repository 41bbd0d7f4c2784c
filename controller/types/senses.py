"""What the senses say, and what a simulation knows beside them."""

from __future__ import annotations

from controller.types.vectors import Vector, Vector3, Vector6
from controller.types.vocabulary import Authority
from controller.values import value


@value
class JointSenses:
    """Which senses the joints of a rig have, beside position, speed and torque.

    Attributes:
        has_temperatures: drives report their temperature.
        has_voltages: drives report their supply voltage.
        has_ages: the drive side reports how old the values of each joint are.
        has_faults: the drive side reports faults of each joint.
    """

    has_temperatures: bool
    has_voltages: bool
    has_ages: bool
    has_faults: bool


@value
class ArmState:
    """What the senses say; the same type for simulation and servos.

    Where a rig has no such sense, the tuple of that sense is empty, or NaN stands at the joints that have none. Who
    holds authority and the ages have no default: what nobody said must not read as "present and fresh".

    Attributes:
        t_s: time of the sample [s].
        q_rad: joint positions, (n,).
        dq_rad_s: joint speeds, (n,).
        tau_nm: joint torques as the drives report them, (n,).
        wrench_s: force and moment of the tool side on the sensor, at S, in S axes [N, Nm]: what a wrist sensor
            between flange and tool reads, tool weight and inertia included; +z of S points out of the flange, so
            a press on the skin reads negative in z.
        sensor_age_s: age of the wrench sample [s].
        wrench_sequence: number of the wrench sample, one more with every new sample of the sensor.
        authority: whose torque the drives take.
        supervisor_age_s: time since the supervisor's last heartbeat [s]; 0 where no supervisor is fitted.
        command_age_s: time since the drives took a new command, as they report it [s]; 0 where they do not.
        temperatures_c: temperature of every drive, (n,).
        voltages_v: supply voltage of every drive, (n,).
        joint_age_s: age of the position, speed and torque of every joint, (n,) [s].
        joint_fault: fault of every joint, (n,): ``JointFault`` flags, 0 for none.
    """

    t_s: float
    q_rad: Vector
    dq_rad_s: Vector
    tau_nm: Vector
    wrench_s: Vector6
    sensor_age_s: float
    wrench_sequence: int
    authority: Authority
    supervisor_age_s: float
    command_age_s: float
    temperatures_c: Vector = ()
    voltages_v: Vector = ()
    joint_age_s: Vector = ()
    joint_fault: tuple[int, ...] = ()


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

"""The control law: one object that turns senses and a reference into a command; it knows no limits."""

from __future__ import annotations

import struct

import numpy as np

from controller.law import kernel
from controller.law.gains import ForceGains, LawSettings
from controller.law.margins import ACTUATOR_LAG_S
from controller.law.memory import FREE, REFERENCE, STATE, TOOL, WORK, Record
from controller.law.missing_senses import filled, is_whole
from controller.law.modelled_drives import ModelledDrives
from controller.law.motion_estimate import POSITION, SPEED
from controller.robot import RobotModel
from controller.types import (
    ArmState,
    Command,
    ContactState,
    PadEstimate,
    Phase,
    Reference,
    ToolTerms,
    Vector,
    Vector3,
    Vector6,
)

_PHASE_NUMBER = {phase: float(number) for number, phase in enumerate(Phase)}
_CONTACT = tuple(ContactState)
TARE = ("bias", "bias_samples", "bias_rate", "bias_age_s", "is_tared")
"""Fields of the state that a restart keeps once the sensor has been tared from outside."""


class ImpedanceForceLaw:
    """Tangential impedance, force loop along the normal, null space with a posture (docs/design.md section 3).

    Args:
        robot: rigid-body model of the arm, any number of joints.
        gains: of the force loop.
        settings: everything else.
        dt_s: period of the loop [s].
        drive_lag_s: time constant of the drives' torque loops [s].
    """

    def __init__(
        self,
        robot: RobotModel,
        gains: ForceGains,
        settings: LawSettings,
        dt_s: float,
        drive_lag_s: float = ACTUATOR_LAG_S,
    ) -> None:
        robot.arm.tool.only_pad("the control law")
        joints = robot.joints
        self.robot = robot
        self.gains = gains
        self.settings = settings
        self._dt_s = dt_s
        self._gains = settings.record(gains)
        self._tool = tool_record(robot)
        self._reference = np.zeros(1, dtype=REFERENCE)
        self._state = np.zeros(1, dtype=STATE)
        self._friction_cap = settings.friction_cap_share * np.array(robot.arm.friction_nm)
        self._memory = np.zeros((19, joints))
        self._senses = np.zeros(5 * joints + 31)
        self._drives = ModelledDrives(robot.arm.drives, drive_lag_s, dt_s)
        self._pack_senses = struct.Struct(f"{len(self._senses)}d").pack_into
        self._out = np.zeros(14 * joints + 22)
        self._rows = self._out[2 * joints + 22 :].reshape(12, joints)
        self.restart()

    def restart(self) -> None:
        """Forget everything but the tare; the next tick starts from the measured pose without a jump."""
        before = self._state.copy()
        self._state[:] = np.zeros(1, dtype=STATE)
        if before["is_tared"][0] == 1:
            for name in TARE:
                self._state[name] = before[name]
        self._state["contact"] = FREE
        self._state["is_trusted"] = 1
        self._state["normal_share"] = 1.0
        self._state["time_in_state_s"] = 10.0
        self._state["gain_share"] = 1.0
        self._state["tissue_n_per_m"] = self.settings.tissue_n_per_m
        self._noted = (False, 1.0)
        self._drives.forget()
        self._state["friction"] = self.settings.friction_prior
        self._state["modes"] = np.eye(6)
        self._memory[:] = 0.0

    def take_tare(self, zero_s: Vector6, drift_s: Vector6) -> None:
        """Take the zero of the wrist sensor and its drift from whoever has measured them; the law's own taring ends.

        Args:
            zero_s: what the sensor reads now without tool and contact, in S axes [N, Nm].
            drift_s: its rate of change [N/s, Nm/s], followed until the next tare.
        """
        state = self._state
        state["bias"][0], state["bias_rate"][0], state["bias_age_s"], state["is_tared"] = zero_s, drift_s, 0.0, 1

    def take_tool(self, mass_kg: float, com_s_m: Vector3) -> None:
        """Take mass and centre of mass (in S) of the tool as they were weighed."""
        self._tool["mass_kg"], self._tool["com_s"][0] = mass_kg, com_s_m

    @property
    def zero_s(self) -> Vector6:
        """Zero of the wrist sensor in use now, in S axes [N, Nm]."""
        a, b, c, d, e, f = self._state["bias"][0].tolist()
        return a, b, c, d, e, f

    @property
    def residual_nm(self) -> Vector:
        """Torque on the joints that neither drives nor model explain, without the wrist sensor, (n,)."""
        return tuple(self._memory[1].tolist())

    @property
    def is_free(self) -> bool:
        """True while the law holds the tool in the air and nothing of a contact is left."""
        return bool(self._state["contact"][0] == FREE)

    @property
    def is_working(self) -> bool:
        """True while the reference force has been reached and the plan clock may run through a stroke."""
        return bool(self._state["contact"][0] == WORK)

    @property
    def descent_m(self) -> float:
        """Way along the inward normal since the approach began [m]."""
        return float(self._state["descent_m"][0])

    def note_sent(self, tau_nm: Vector, is_limited: bool, gain_share: float = 1.0) -> None:
        """Tell the law what the gate made of its command.

        Args:
            tau_nm: torque that went out, (n,) [Nm].
            is_limited: the press force was lowered, so that its integral must not wind up.
            gain_share: what the energy tank leaves of the loop's gains; damping stays whole.
        """
        self._drives.send(tau_nm)
        if (is_limited, gain_share) != self._noted:
            self._noted = (is_limited, gain_share)
            self._state["is_limited"] = 1 if is_limited else 0
            self._state["gain_share"] = gain_share

    def step(self, state: ArmState, reference: Reference) -> Command:
        """Return the command for one tick.

        Args:
            state: what the senses say.
            reference: what the plan wants; one pad.
        """
        (pad,) = reference.pads
        joints, senses = self.robot.joints, self._senses
        if self._state["is_started"][0] == 1 and not is_whole(state):
            state = self._predicted(state)
        self._pack_senses(
            senses.data, 0, *state.q_rad, *state.dq_rad_s, *state.tau_nm, *reference.posture_rad, *state.wrench_s,
            *reference.position_m, *reference.quaternion_xyzw, *reference.twist, *reference.acceleration,
            *pad.normal_w, pad.press_n, pad.press_rate_n_per_s, _PHASE_NUMBER[reference.phase],
            *self._drives.motor_nm(state.tau_nm),
        )  # fmt: skip
        self.robot.update(senses[:joints], senses[joints : 2 * joints])
        kernel.tick(
            self._dt_s, self._gains, self._tool, self._reference, self._state, self._friction_cap, self.robot.terms,
            senses, self._memory, self._out,
        )  # fmt: skip
        return self._command(reference)

    def _predicted(self, state: ArmState) -> ArmState:
        """Return the state with joint senses that are no numbers replaced by those that the law predicts."""
        motion = self._memory[2:5]
        q_rad = motion[POSITION] + self._dt_s * motion[SPEED]
        tau_nm = self._out[: self.robot.joints]
        return filled(state, tuple(q_rad.tolist()), tuple(motion[SPEED].tolist()), tuple(tau_nm.tolist()))

    def _command(self, reference: Reference) -> Command:
        n = self.robot.joints
        at = 2 * n + 10
        out, rows = self._out[: at + 12].tolist(), self._rows.tolist()
        normal: Vector3 = (out[at + 3], out[at + 4], out[at + 5])
        terms = ToolTerms(
            (out[at], out[at + 1], out[at + 2]),
            (out[at - 4], out[at - 3], out[at - 2], out[at - 1]),
            (out[at - 10], out[at - 9], out[at - 8], out[at - 7], out[at - 6], out[at - 5]),
            rows[:6],
            rows[6:],
            tuple(out[n : 2 * n]),
        )
        estimate = PadEstimate(normal, out[at + 6], out[at + 7], out[at + 8], out[at + 9] != 0.0)
        return Command(
            tuple(out[:n]),
            terms,
            (estimate,),
            _CONTACT[int(out[at + 10])],
            reference.twist[:3],
            out[at + 11],
        )


def tool_record(robot: RobotModel) -> Record:
    """Return the tool as the kernels take it."""
    record = np.zeros(1, dtype=TOOL)
    position, rotation = robot.sensor_in_tool()
    record["mass_kg"] = robot.arm.tool.mass_kg
    record["com_s"][0] = robot.arm.tool.com_s_m
    record["p_ts"][0] = position
    record["r_ts"][0] = rotation
    return record

"""What the numbers of a moteus controller mean.

Sources: mjbots/moteus, docs/protocol/registers.md (registers, modes, fault codes), docs/reference/configuration.md
(configuration), docs/protocol/can.md (frames), fw/bldc_servo_control.h (what its time-out does).
"""

from __future__ import annotations

from controller.types import JointFault

REGISTER_MAP_VERSION = 5
"""Register 0x102: how all registers are to be read (kCurrentRegisterMapVersion of the maker's C++ client)."""
HOMED_AT_OUTPUT = 2
"""Home state in which the position is known at the output, not only within a turn of the rotor."""
LARGEST_ID = 63
"""Ids above are kept for the source of questions (design choice); the protocol allows 1 to 127."""
BRAKE = 15
"""servo.timeout_mode that shorts the windings. It is the only one written here. Stopped (0) is limp; hold (10) knows no
torque limit but the largest current; zero velocity (12) damps with the kd_scale of the last command, which is 0 in
torque control, so that it is limp as well (ISR_DoZeroVelocity)."""
NEEDED_CONFIG = {"servo.fixed_voltage_mode": 0.0, "servo.voltage_mode_control": 0.0}
"""Configuration of torque control; with other values the largest torque of a command does not hold, or torque is not
controlled."""
MODE_ERROR = 0x100
"""Added to a mode that is none of torque control, where a reading tells it as an error (design choice)."""

STOPPED, FAULT, POSITION, TIMEOUT = 0, 1, 10, 11
PREPARING = (2, 3, 4)
"""Modes on the way from stopped to position."""
MODE_WORDS = {
    0: "stopped", 1: "fault", 2: "preparing", 3: "preparing", 4: "preparing", 5: "PWM", 6: "voltage", 7: "voltage FOC",
    8: "voltage DQ", 9: "current", 10: "position", 11: "time-out of its watchdog", 12: "zero velocity",
    13: "stay within", 14: "measure inductance", 15: "brake",
}  # fmt: skip
FAULT_WORDS = {
    32: "calibration fault", 33: "motor driver fault, most often too little supply", 34: "over voltage",
    35: "encoder fault", 36: "motor not configured", 37: "PWM cycle overrun", 38: "over temperature",
    39: "outside servopos limits", 40: "under voltage", 41: "configuration changed", 42: "commutation encoder invalid",
    43: "output encoder invalid", 44: "motor driver not enabled", 45: "stop position", 46: "timing violation",
    47: "back-EMF feedforward without acceleration limit", 48: "invalid servopos limits",
    96: "limited by servo.max_velocity", 97: "limited by servo.max_power_W", 98: "limited by the supply",
    99: "limited by servo.max_current_A", 100: "limited by temperature", 101: "limited by motor temperature",
    102: "limited by the largest torque of the command", 103: "limited by servopos limits",
}  # fmt: skip
LIMITED_BY_COMMAND = 102
"""Not a fault: the driver cuts torques at the same limit and counts them."""
_FLAGS = {
    34: JointFault.VOLTAGE, 40: JointFault.VOLTAGE, 98: JointFault.VOLTAGE, 38: JointFault.OVERHEATED,
    100: JointFault.OVERHEATED, 101: JointFault.OVERHEATED, 96: JointFault.TORQUE, 97: JointFault.TORQUE,
    99: JointFault.TORQUE, 103: JointFault.TORQUE,
}  # fmt: skip
"""Codes that have a flag of their own. An encoder fault is ``OTHER``: the flag ENCODER says that the joint's own brake
holds it, and these joints have none."""


def error_code(mode: int, fault: int, *, is_enabled: bool) -> int:
    """Return the error of a controller, 0 for none: its fault code, or a mode in which it does not take torques.

    Args:
        mode: its mode.
        fault: its fault code, which also says what limits a torque.
        is_enabled: it was given torque, and is to be in position mode.
    """
    if mode == FAULT or (fault and fault != LIMITED_BY_COMMAND):
        return fault or MODE_ERROR + mode
    if is_enabled and mode != POSITION:
        return MODE_ERROR + mode
    return 0


def fault_flags(error: int) -> int:
    """Return ``JointFault`` flags for an error of ``error_code``."""
    if not error:
        return JointFault.NONE.value
    if error >= MODE_ERROR:
        return JointFault.TORQUE.value
    return _FLAGS.get(error, JointFault.OTHER).value


def error_words(error: int) -> str:
    """Return an error of ``error_code`` in words."""
    if error >= MODE_ERROR:
        return f"mode {error - MODE_ERROR}, {MODE_WORDS.get(error - MODE_ERROR, 'unknown')}"
    return f"fault {error}, {FAULT_WORDS.get(error, 'unknown')}"

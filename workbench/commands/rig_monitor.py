"""``massage-arm rig monitor``: what joints and wrist sensor of a rig show, a few times a second, without torque."""

from __future__ import annotations

import argparse
import math
import sys
import time
from dataclasses import asdict

import orjson

from hardware.check.monitor import JointLook, RigLook, RigMonitor
from hardware.rig_file import load_rig
from urdf.arms import load_arm
from workbench.runs.rig_place import rig_place

PERIOD_S = 0.25
"""Time between two looks: as fast as a person reads (design choice)."""
HEADER = "joint      id   position rad  speed rad/s  current A  supply V  deg C  torque   age s  trouble"
CURSOR_UP = "\x1b[{}F"
"""To the beginning of an earlier line of a terminal."""


def main(arguments: argparse.Namespace) -> int:
    """Print looks until the time is over or Ctrl-C; raises LinkError where the bus is not there, or lost."""
    file = load_rig(arguments.rig)
    arm = load_arm(file.content.arm)
    file.rig(arm, is_simulated=arguments.rehearse)  # refuses servos that are not those of the arm
    with rig_place(file, arm, is_rehearsal=arguments.rehearse) as place:
        monitor = RigMonitor(file.servos(), place)
        if monitor.sensor_trouble:
            print(f"massage-arm: {monitor.sensor_trouble}", file=sys.stderr)
        try:
            _print_looks(monitor, math.inf if arguments.seconds is None else arguments.seconds, as_json=arguments.json)
        except KeyboardInterrupt:
            return 0  # the ordinary end; nothing has torque from here
        finally:
            monitor.close()
    return 0


def _print_looks(monitor: RigMonitor, seconds: float, *, as_json: bool) -> None:
    """Print looks for so long [s]; a terminal shows the newest one in place."""
    lines: list[str] = []
    began_s = time.monotonic()
    while True:
        look = monitor.look()
        if as_json:
            # orjson writes numbers that are none as null.
            sys.stdout.write(orjson.dumps(asdict(look), option=orjson.OPT_APPEND_NEWLINE).decode())
        else:
            if lines and sys.stdout.isatty():
                sys.stdout.write(CURSOR_UP.format(len(lines)))
            lines = _lines(look)
            print("\n".join(f"{line:<119}" if sys.stdout.isatty() else line for line in lines))
        sys.stdout.flush()
        left_s = began_s + seconds - time.monotonic()
        if not left_s > 0.0:
            return
        time.sleep(min(PERIOD_S, left_s))


def _lines(look: RigLook) -> list[str]:
    wrench = "no wrench"
    if look.wrench_s is not None and look.wrench_age_s is not None:
        force, moment = look.wrench_s[:3], look.wrench_s[3:]
        wrench = (f"({', '.join(f'{value:8.2f}' for value in force)}) N  "
                  f"({', '.join(f'{value:7.3f}' for value in moment)}) Nm  age {look.wrench_age_s:.3f} s")  # fmt: skip
    return [f"t {look.t_s:8.2f} s   wrench {wrench}", HEADER, *map(_joint_line, look.joints)]


def _joint_line(joint: JointLook) -> str:
    def shown(value: float | None, width: int, digits: int) -> str:
        return f"{'-':>{width}}" if value is None else f"{value:{width}.{digits}f}"

    torque = "-" if joint.has_torque is None else "ON" if joint.has_torque else "off"
    return (
        f"{joint.joint:<10} {joint.servo_id:>2} {shown(joint.q_rad, 14, 4)} {shown(joint.dq_rad_s, 12, 3)} "
        f"{shown(joint.current_a, 10, 3)} {shown(joint.voltage_v, 9, 1)} {shown(joint.temperature_c, 6, 0)} "
        f"{torque:>7} {shown(joint.age_s, 7, 2)}  {joint.trouble}"
    )

"""``massage-arm rig check``: everything that a rig says of itself, and all that is wrong with it at once."""

from __future__ import annotations

import argparse
import math
import sys
from typing import Any

import orjson

from controller.errors import PlantError
from hardware.check.findings import Finding
from hardware.check.rig_check import RigReport, check_rig
from hardware.check.servos import ServoRow
from hardware.check.timing import CycleTimes
from hardware.check.wrist import WristRow
from hardware.dynamixel.tables import error_words, model_name
from hardware.rig_file import load_rig
from hardware.rig_model import LoadedRig
from urdf.arms import load_arm
from workbench.runs.rig_place import rig_place
from workbench.runs.stages import PATIENCE_S, stage

HEADER = "joint      id  model          firmware  supply  deg C  position, range rad       torque  mode  delay  errors"


def main(arguments: argparse.Namespace) -> int:
    """Check a rig; raises PlantError, exit code 5, where it may not be enabled."""
    file = load_rig(arguments.rig)
    arm = load_arm(file.content.arm)
    file.rig(arm, is_simulated=arguments.rehearse)  # refuses servos that are not those of the arm
    with rig_place(file, arm, is_rehearsal=arguments.rehearse) as place:
        with stage(f"reading bus and sensor of {file.content.name}", after_s=PATIENCE_S):
            report = check_rig(file, arm, place)
        where = f"{place.port.path}, {place.port.baud} baud{', a peer at rest' if place.is_lock_step else ''}"
    if arguments.json:
        rows = _as_json(file, report, is_rehearsal=arguments.rehearse)
        sys.stdout.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    else:
        print("\n".join(_lines(file, report, where, is_rehearsal=arguments.rehearse)))
    if report.findings:
        count = len(report.findings)
        raise PlantError(f"rig {file.content.name} may not be enabled, {count} finding{'s' if count > 1 else ''}: "
                         f"{' | '.join(map(str, report.findings))}", "then check again")  # fmt: skip
    return 0


def _lines(file: LoadedRig, report: RigReport, where: str, *, is_rehearsal: bool) -> list[str]:
    content = file.content
    lines = [f"rig             {content.name}, arm {content.arm}, serial {content.serial}; {where}"]
    if report.servos:
        lines += [HEADER, *map(_servo_line, report.servos)]
        lines.append(f"ids             {' '.join(map(str, report.ids)) or 'none'} answer a ping to all")
    lines.append(f"wrist sensor    {_wrist_words(report.wrist, file)}")
    lines.append(f"cycle           {_cycle_words(report.times)}{', not judged at a peer' if is_rehearsal else ''}")
    lines.append(f"delay budget    the rig file states a period of {content.period_ms:g} ms, command_delay_ms "
                 f"{content.command_delay_ms:g}, sensor delay_ms {content.sensor.delay_ms:g}, bus latency_ms "
                 f"{content.bus.latency_ms:g}")  # fmt: skip
    lines.append("delay margin    the largest delay that the law bears is not computed here; `drive` refuses a plan "
                 "whose loops would grow")  # fmt: skip
    if not report.findings:
        return [*lines, "findings        none: the rig may be enabled"]
    return [*lines, f"findings        {len(report.findings)}: the rig may not be enabled",
            *(f"  {finding}" for finding in report.findings)]  # fmt: skip


def _servo_line(row: ServoRow) -> str:
    begin = f"{row.joint:<10} {row.settings.address.servo_id:>2}  "
    if row.facts is None:
        return f"{begin}no answer"
    state = row.facts.state
    name = model_name(row.facts.model_number)
    if state is None:
        return f"{begin}{name}: not a model that is described here"
    low, high = row.range_rad
    position = "unknown" if row.q_rad is None else f"{row.q_rad:7.3f} ({low:.2f} to {high:.2f})"
    return (
        f"{begin}{name:<14} {state.firmware:>8} {state.voltage_v:>5.1f} V {state.temperature_c:>6.0f}  {position:<25} "
        f"{'on' if state.has_torque else 'off':<6} {state.operating_mode:>5} {1e6 * state.return_delay_s:>3.0f} us  "
        f"{error_words(state.hardware_error) or 'none'}"
    )


def _wrist_words(row: WristRow | None, file: LoadedRig) -> str:
    if row is None:
        return "no answer"
    part = file.content.sensor
    force, moment = row.mean_s[:3], row.mean_s[3:]
    return (
        f"{row.rate_hz:.0f} Hz (file {part.rate_hz:g}), {row.missed} of {row.samples} missed, noise "
        f"{row.noise_n:.3f} N rms (file {part.noise_n:g}); at rest "
        f"({', '.join(f'{value:.2f}' for value in force)}) N, ({', '.join(f'{value:.3f}' for value in moment)}) Nm"
    )


def _cycle_words(times: CycleTimes | None) -> str:
    if times is None:
        return "not measured: no servo answers"
    return (
        f"{times.cycles} reads of {times.servos} servos: {1e3 * times.read_p50_s:.2f} ms (median), "
        f"{1e3 * times.read_p99_s:.2f} (99 %), {times.lost} lost; "
        f"goal currents take {1e3 * times.write_s:.2f} ms on the wire (computed)"
    )


def _as_json(file: LoadedRig, report: RigReport, *, is_rehearsal: bool) -> dict[str, Any]:
    content = file.content
    return {
        "rig": content.name,
        "sha256": file.sha256,
        "is_rehearsal": is_rehearsal,
        "may_be_enabled": not report.findings,
        "findings": [_finding_row(finding) for finding in report.findings],
        "ids": report.ids,
        "servos": [_servo_row(row) for row in report.servos],
        "wrist": None if report.wrist is None else _finite(report.wrist),
        "cycle": None if report.times is None else _finite(report.times),
        "budget": {"period_ms": content.period_ms, "command_delay_ms": content.command_delay_ms,
                   "sensor_delay_ms": content.sensor.delay_ms, "largest_delay_ms": None},
    }  # fmt: skip


def _finding_row(finding: Finding) -> dict[str, str]:
    return {"where": finding.where, "got": finding.got, "allowed": finding.allowed, "todo": finding.todo}


def _servo_row(row: ServoRow) -> dict[str, Any]:
    state = row.facts.state if row.facts is not None else None
    return {
        "joint": row.joint,
        "id": row.settings.address.servo_id,
        "model": None if row.facts is None else model_name(row.facts.model_number),
        "q_rad": row.q_rad,
        "range_rad": row.range_rad,
        **({} if state is None else _finite(state)),
    }


def _finite(row: object) -> dict[str, Any]:
    """Return the fields of a dataclass with slots; numbers that are none become null."""
    names: tuple[str, ...] = tuple(getattr(row, "__dataclass_fields__", {}))
    values = {name: getattr(row, name) for name in names}
    return {name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in values.items()}  # fmt: skip

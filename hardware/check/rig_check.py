"""The whole check of a rig: bus and sensor are opened, everything is read, nothing is written, nothing gets torque."""

from __future__ import annotations

import time
from dataclasses import dataclass

from controller.arm import ArmDescription
from hardware.check.findings import BUS, SENSOR, Finding, of_link
from hardware.check.servos import ServoRow, condition, foreign, survey, swapped
from hardware.check.timing import CycleTimes, budget_findings, cycle_times, lost_findings
from hardware.check.wrist import WristRow, WristWatch, wrist_findings
from hardware.dynamixel.group_read import fast_blocks
from hardware.dynamixel.port import OwnedPort, PortSettings
from hardware.dynamixel.tables import ControlTable, model_of
from hardware.dynamixel.transactions import Transactions
from hardware.errors import LinkError
from hardware.netft import NetFtSensor, SensorSettings
from hardware.owner.clock import Clock, LockStepClock, WallClock
from hardware.rig_model import LoadedRig

CYCLES = 500
"""Cycles that are measured: half a second or one, and five beyond the 99 % (design choice)."""


@dataclass(frozen=True, slots=True)
class RigPlace:
    """Where bus and sensor of a rig are.

    Attributes:
        port: the servo bus.
        sensor: the wrist sensor.
        is_lock_step: a peer is there instead, whose time goes on with every cycle: times are not judged.
    """

    port: PortSettings
    sensor: SensorSettings
    is_lock_step: bool = False


@dataclass(frozen=True, slots=True)
class RigReport:
    """What a rig says of itself.

    Attributes:
        servos: one per joint; empty where the bus cannot be opened.
        ids: ids that answer a ping to all.
        wrist: the wrist sensor; None where it does not answer.
        times: of the bus, with the servos that answer; None where none does.
        findings: why the rig may not be enabled; empty where it may.
    """

    servos: tuple[ServoRow, ...]
    ids: tuple[int, ...]
    wrist: WristRow | None
    times: CycleTimes | None
    findings: tuple[Finding, ...]


def check_rig(file: LoadedRig, arm: ArmDescription, place: RigPlace) -> RigReport:
    """Read everything and return it with all that is wrong; never raises for what it finds.

    Args:
        file: the rig file.
        arm: the arm that it names, with a servo for every joint.
        place: where bus and sensor are.
    """
    findings: list[Finding] = []
    port = sensor = None
    try:
        port = OwnedPort(place.port)
    except LinkError as error:
        findings.append(of_link(BUS, error))
    try:
        sensor = NetFtSensor(place.sensor)
    except LinkError as error:
        findings.append(of_link(SENSOR, error))
    try:
        return _checked(file, arm, place, port, sensor, findings)
    finally:
        for opened in (port, sensor):
            if opened is not None:
                opened.close()


def _checked(
    file: LoadedRig,
    arm: ArmDescription,
    place: RigPlace,
    port: OwnedPort | None,
    sensor: NetFtSensor | None,
    findings: list[Finding],
) -> RigReport:
    """Check what is open; a bus that is lost on the way is a finding like any other."""
    rows: tuple[ServoRow, ...] = ()
    found: dict[int, int] = {}
    times, wrist = None, None
    try:
        if port is not None:
            ask = Transactions(port)
            rows, errors = survey(ask, file.servos(), arm)
            findings += [*errors, *condition(rows, file.content.voltage_v), *swapped(rows)]
            found = ask.scan()
            findings += foreign(found, rows)
    except LinkError as error:
        findings.append(of_link(BUS, error))
        port = None
    try:
        times, wrist = _measured(file, place, _cyclic(port, rows), sensor)
    except LinkError as error:
        findings.append(of_link(BUS, error))
    if times is not None:
        findings += lost_findings(times)
        findings += () if place.is_lock_step else budget_findings(times, file.dynamixel())
    if wrist is not None:
        findings += wrist_findings(wrist, file.content.sensor)
    return RigReport(rows, tuple(found), wrist, times, tuple(findings))


class _Cyclic:
    """Reads servos in one packet, as many bytes as the driver's cycle has, where they lie without any map.

    Args:
        port: the bus.
        table: of the servos.
        ids: of those that answer.
    """

    def __init__(self, port: OwnedPort, table: ControlTable, ids: list[int]) -> None:
        self._port, self._ask, self._address, self.ids = port, Transactions(port), table.present_current.address, ids

    def read(self) -> bool:
        """Return whether a whole answer came."""
        return fast_blocks(self._ask, self._port, self._address, self.ids) is not None


def _cyclic(port: OwnedPort | None, rows: tuple[ServoRow, ...]) -> _Cyclic | None:
    """Return the group read of the servos that answer, and are of the rig's family: it would never end with others."""
    if port is None or not rows:
        return None
    table = rows[0].settings.scale.model.table
    ids = []
    for row in rows:
        model = None if row.facts is None else model_of(row.facts.model_number)
        if model is not None and model.table is table:
            ids.append(row.settings.address.servo_id)
    return _Cyclic(port, table, ids) if ids else None


def _measured(
    file: LoadedRig, place: RigPlace, cyclic: _Cyclic | None, sensor: NetFtSensor | None
) -> tuple[CycleTimes | None, WristRow | None]:
    """Run the cycles of a session without its commands."""
    dt_s = 1e-3 * file.content.period_ms
    clock: Clock = LockStepClock(dt_s) if place.is_lock_step else WallClock()
    watch, spans_s = WristWatch(), []
    began_s = clock.now_s()
    missed = 0 if sensor is None else sensor.missed
    for cycle in range(CYCLES):
        start_s = time.perf_counter()
        if cyclic is not None and cyclic.read():
            spans_s.append(time.perf_counter() - start_s)
        if sensor is not None:
            watch.take(sensor.poll(clock.now_s()))
        clock.advance()
        if not place.is_lock_step:
            time.sleep(max(0.0, began_s + (cycle + 1) * dt_s - clock.now_s()))
    span_s = clock.now_s() - began_s
    times = None if cyclic is None else cycle_times(spans_s, CYCLES, len(cyclic.ids), place.port.baud)
    return times, None if sensor is None else watch.row(span_s, sensor.missed - missed)

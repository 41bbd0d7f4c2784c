"""The servos of a rig beside what its file says: each by itself, two that are swapped, and ids that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from controller.arm import ArmDescription
from controller.safety.limits import TEMPERATURE_CEILING_C
from hardware.check.findings import BUS, Finding, of_servo
from hardware.dynamixel.facts import ServoFacts, read_facts
from hardware.dynamixel.servo import ServoSettings, unready
from hardware.dynamixel.tables import model_name
from hardware.dynamixel.transactions import Transactions
from hardware.errors import ServoError

RANGE_RAD = 0.05
"""How far beyond the range of its joint an arm at rest may lie on its end stop (assumed)."""


@dataclass(frozen=True, slots=True)
class ServoRow:
    """One servo.

    Attributes:
        settings: as the rig file has it.
        facts: what it says; None where it does not answer.
        q_rad: angle of its joint by the zero of the rig file; None where it is not known.
        range_rad: range of its joint.
    """

    settings: ServoSettings
    facts: ServoFacts | None
    q_rad: float | None
    range_rad: tuple[float, float]

    @property
    def joint(self) -> str:
        """Name of its joint."""
        return self.settings.address.joint

    @property
    def is_out_of_range(self) -> bool:
        """Whether the joint cannot be where the servo says."""
        return self.q_rad is not None and not self.fits(self.q_rad)

    def fits(self, q_rad: float) -> bool:
        """Return whether the joint can be at an angle."""
        low, high = self.range_rad
        return low - RANGE_RAD <= q_rad <= high + RANGE_RAD


def survey(
    ask: Transactions, servos: tuple[ServoSettings, ...], arm: ArmDescription
) -> tuple[tuple[ServoRow, ...], tuple[Finding, ...]]:
    """Read every servo, also where another one fails; return all of them and the driver's findings.

    Args:
        ask: the bus.
        servos: as the rig file has them.
        arm: the arm, whose joints they drive.
    """
    rows, findings = [], []
    for servo, *span in zip(servos, arm.lower_rad, arm.upper_rad, strict=True):
        facts, q_rad = None, None
        try:
            facts = read_facts(ask, servo.address)
            findings += [of_servo(error) for error in unready(facts, servo)]
        except ServoError as error:
            findings.append(of_servo(error))
        if facts is not None and facts.state is not None and facts.model_number == servo.scale.model.number:
            q_rad = servo.scale.angle_rad(facts.state.position)
        rows.append(ServoRow(servo, facts, q_rad, (span[0], span[1])))
    return tuple(rows), tuple(findings)


def condition(rows: tuple[ServoRow, ...], voltage_v: tuple[float, float]) -> Iterator[Finding]:
    """Yield what is wrong with supply, temperature and position.

    Args:
        rows: the servos.
        voltage_v: lowest and highest supply.
    """
    low_v, high_v = voltage_v
    for row in rows:
        state = row.facts.state if row.facts is not None else None
        if state is None:
            continue
        if not low_v <= state.voltage_v <= high_v:
            yield Finding(row.joint, f"a supply of {state.voltage_v:.1f} V", f"{low_v:g} to {high_v:g} V",
                          "check supply, cable and voltage_v of the rig file")  # fmt: skip
        if not state.temperature_c <= TEMPERATURE_CEILING_C:
            yield Finding(row.joint, f"{state.temperature_c:g} degrees C", f"at most {TEMPERATURE_CEILING_C:g}",
                          "let it cool down, and find out why it is hot")  # fmt: skip
        if row.is_out_of_range:
            low, high = row.range_rad
            yield Finding(row.joint, f"a position of {row.q_rad:.3f} rad", f"{low:.3f} to {high:.3f} rad",
                          "correct zero_count, direction, gear or id; a geared servo knows its turn only from "
                          "power-on")  # fmt: skip


def swapped(rows: tuple[ServoRow, ...]) -> Iterator[Finding]:
    """Yield pairs of servos that would be right with their ids exchanged, by model or by position."""
    for one, other in combinations(rows, 2):
        if why := _swap_sign(one, other):
            ids = f"{one.settings.address.servo_id} and {other.settings.address.servo_id}"
            yield Finding(f"{one.joint}, {other.joint}", f"servos {ids} that look swapped by their {why}", "",
                          "exchange their ids in the rig file, or their plugs")  # fmt: skip


def foreign(found: dict[int, int], rows: tuple[ServoRow, ...]) -> Iterator[Finding]:
    """Yield servos that answer and that the rig does not know.

    Args:
        found: model numbers by id, of a scan.
        rows: the servos of the rig.
    """
    known = {row.settings.address.servo_id for row in rows}
    for servo_id, number in found.items():
        if servo_id not in known:
            yield Finding(BUS, f"{model_name(number)} with id {servo_id}", "the servos of the rig file only",
                          "take it off the bus, or correct the ids of the rig file")  # fmt: skip


def _swap_sign(one: ServoRow, other: ServoRow) -> str:
    """Return by what two servos look swapped, empty for nothing."""
    if one.facts is None or other.facts is None:
        return ""
    wanted = one.settings.scale.model.number, other.settings.scale.model.number
    if wanted[0] != wanted[1] and (other.facts.model_number, one.facts.model_number) == wanted:
        return "models"
    states = one.facts.state, other.facts.state
    if not (one.is_out_of_range and other.is_out_of_range) or states[0] is None or states[1] is None:
        return ""
    there = one.fits(one.settings.scale.angle_rad(states[1].position))
    back = other.fits(other.settings.scale.angle_rad(states[0].position))
    return "positions" if there and back else ""

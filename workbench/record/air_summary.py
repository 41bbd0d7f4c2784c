"""What the free-air check of a run found, for its summary."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from controller.air.findings import AirChecked, Tared
from controller.air.words import found_line
from workbench.record.messages import Event


class AirSummary(BaseModel):
    """The last free-air check of a run, and the taring since.

    Attributes:
        passed: False where the session was stopped for it.
        text: what was found, in one line.
        tool_mass_kg: tool mass by the wrist sensor; null where the wrist was not turned.
        stated_tool_mass_kg: tool mass of the file.
        gravity_error_nm: torque that gravity asks for beyond the model of the files, for each joint.
        friction_nm: sliding friction of each joint; that of the file where the joint did not slide both ways.
        gravity_corrected: the model was corrected by what was found.
        tares: transfers that have taken the sensor's zero anew.
        sensor_drift_n_per_s: largest drift of a force axis that was found.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    passed: bool
    text: str
    tool_mass_kg: float | None
    stated_tool_mass_kg: float
    gravity_error_nm: tuple[float, ...]
    friction_nm: tuple[float, ...]
    gravity_corrected: bool
    tares: int
    sensor_drift_n_per_s: float


def air_summary(events: Sequence[Event]) -> AirSummary | None:
    """Return what the events of a run say of its free-air check; None where there was none."""
    checks = [event.data for event in events if isinstance(event.data, AirChecked)]
    if not checks:
        return None
    last, found = checks[-1], checks[-1].found
    tares = [event.data for event in events if isinstance(event.data, Tared)]
    drifts = [found.drift_s[:3], *(tare.drift_s[:3] for tare in tares)]
    return AirSummary(
        passed=last.is_passed,
        text=found_line(found),
        tool_mass_kg=found.mass_kg if found.is_weighed else None,
        stated_tool_mass_kg=found.stated_mass_kg,
        gravity_error_nm=found.gravity_error_nm,
        friction_nm=found.friction_nm,
        gravity_corrected=found.is_corrected,
        tares=len(tares),
        sensor_drift_n_per_s=max(abs(value) for drift in drifts for value in drift),
    )

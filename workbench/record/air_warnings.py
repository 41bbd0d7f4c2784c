"""What the free-air checks of a run found near what they allow: they were passed, but tool, sensor or arm are off."""

from __future__ import annotations

import math
from collections.abc import Sequence

from controller.air.check import HOLDING_NM, HOLDING_SHARE
from controller.air.findings import AirChecked, Found, Tared
from controller.wording import distinct_decimals
from workbench.record.messages import Event

LARGEST_MASS_KG = 0.05
"""Tool mass beyond its file: half of what the check corrects (design choice)."""
LARGEST_DRIFT_N_PER_S = 0.02
"""Drift of the sensor's zero: a stroke of 60 s drifts by 1.2 N where nothing follows it (design choice); a warm sensor
has 0.01 N/s."""
GRAVITY_SHARE = 0.5
"""Share of the torque that the check lets gravity be off by (design choice): link masses off by 5 % stay below."""


def air_warnings(events: Sequence[Event]) -> tuple[str, ...]:
    """Return a line for each of tool mass, gravity and drift that is off by more than assumed, worst of all checks."""
    checks = [event.data.found for event in events if isinstance(event.data, AirChecked)]
    tares = [event.data for event in events if isinstance(event.data, Tared)]
    if not checks:
        return ()
    drifts = [*(one.drift_s[:3] for one in checks), *(one.drift_s[:3] for one in tares)]
    drift = max(abs(value) for of_axes in drifts for value in of_axes)
    lines = (_mass(checks[-1]), _gravity(checks[-1]), _drift(drift))
    return tuple(line for line in lines if line is not None)


def _mass(found: Found) -> str | None:
    off_kg = abs(found.mass_kg - found.stated_mass_kg)
    if not off_kg > LARGEST_MASS_KG:
        return None
    got, allowed = distinct_decimals(off_kg, LARGEST_MASS_KG, 2)
    return f"tool mass, in the air: {got} kg off its file's {found.stated_mass_kg:.2f} kg; assumed at most {allowed} kg"


def _gravity(found: Found) -> str | None:
    """Return the line of the joint whose gravity is off by the largest share of what the check allows."""
    rows = []
    for joint, (error, holding) in enumerate(zip(found.gravity_error_nm, found.holding_nm, strict=True), 1):
        assumed = GRAVITY_SHARE * (HOLDING_NM + HOLDING_SHARE * abs(holding))
        rows.append((abs(error) / assumed, abs(error), assumed, joint))
    share, error, assumed, joint = max(rows, default=(0.0, math.nan, math.nan, 0))
    if not share > 1.0:
        return None
    got, allowed = distinct_decimals(error, assumed, 2)
    return f"gravity of joint {joint}, in the air: {got} Nm off its file; assumed at most {allowed} Nm"


def _drift(drift: float) -> str | None:
    if not drift > LARGEST_DRIFT_N_PER_S:
        return None
    got, allowed = distinct_decimals(drift, LARGEST_DRIFT_N_PER_S, 3)
    return f"drift of the wrist sensor: {got} N/s; assumed at most {allowed} N/s"

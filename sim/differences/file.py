"""A plant file: what a plant differs by, in YAML; one value or one per joint, and what it leaves out is exact."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from controller.errors import ConfigError
from controller.types import Side
from sim.differences.values import PER_JOINT, PlantDifferences
from trajectories.strict_yaml import read_yaml

MAX_FILE_BYTES = 20_000
"""A plant file has some twenty lines; guards against a wrong file."""
MAX_SHOWN = 60
"""Longest part of a wrong value that a message repeats."""
OPTION = "--plant"
LEVELS = ("exact", "typical", "poor")
"""Plants by name."""


def _listed(value: object) -> object:
    """Return a single value as a list of one."""
    return value if isinstance(value, list) else [value]


def _along_z(value: object) -> object:
    """Return a single drift as one along the third axis."""
    return value if isinstance(value, list) else [0.0, 0.0, value]


def _nested(value: object) -> object:
    """Return one shift of a centre of mass as a list of one."""
    return value if isinstance(value, list) and any(isinstance(entry, list) for entry in value) else [value]


_Numbers = Annotated[list[float], BeforeValidator(_listed)]
_Drift = Annotated[list[float], BeforeValidator(_along_z)]
_Shifts = Annotated[list[list[float]], BeforeValidator(_nested)]
_Sides = Annotated[list[Literal["link", "motor"]], BeforeValidator(_listed)]


class PlantFile(BaseModel):
    """Content of a file; ``RANGES`` says what its numbers may be."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    joint_stiffness_nm_per_rad: _Numbers | None = None
    joint_damping_ratio: _Numbers | None = None
    motor_inertia_kg_m2: _Numbers | None = None
    encoder_side: _Sides | None = None
    torque_constant_scale: _Numbers | None = None
    friction_scale: _Numbers | None = None
    stribeck_ratio: _Numbers | None = None
    stribeck_speed_rad_s: _Numbers | None = None
    friction_load_share: _Numbers | None = None
    arm_mass_scale: _Numbers | None = None
    arm_com_error_m: _Shifts | None = None
    tool_mass_error_kg: float | None = None
    torque_ripple_nm: _Numbers | None = None
    torque_ripple_per_turn: _Numbers | None = None
    backlash_rad: _Numbers | None = None
    encoder_eccentricity_rad: _Numbers | None = None
    speed_filter_hz: float | None = None
    transport_delay_ms: float | None = None
    jitter_ms: float | None = None
    sensor_gain: _Numbers | None = None
    sensor_crosstalk: _Numbers | None = None
    sensor_drift_n_per_s: _Drift | None = None
    sensor_rate_hz: float | None = None
    base_error_m: list[float] | None = None
    base_error_deg: list[float] | None = None


RANGES: dict[str, tuple[float, float]] = {
    "joint_stiffness_nm_per_rad": (100.0, 1e6),
    "joint_damping_ratio": (0.0, 1.0),
    "motor_inertia_kg_m2": (1e-5, 10.0),
    "torque_constant_scale": (0.5, 1.5),
    "friction_scale": (0.0, 20.0),
    "stribeck_ratio": (1.0, 5.0),
    "stribeck_speed_rad_s": (1e-3, 1.0),
    "friction_load_share": (0.0, 0.3),
    "arm_mass_scale": (0.5, 2.0),
    "arm_com_error_m": (-0.1, 0.1),
    "tool_mass_error_kg": (-5.0, 5.0),
    "torque_ripple_nm": (0.0, 20.0),
    "torque_ripple_per_turn": (1.0, 1e5),
    "backlash_rad": (0.0, 0.05),
    "encoder_eccentricity_rad": (0.0, 0.05),
    "speed_filter_hz": (5.0, 5000.0),
    "transport_delay_ms": (0.0, 10.0),
    "jitter_ms": (0.0, 2.0),
    "sensor_gain": (0.5, 1.5),
    "sensor_crosstalk": (-0.3, 0.3),
    "sensor_drift_n_per_s": (-1.0, 1.0),
    "sensor_rate_hz": (100.0, 1000.0),
    "base_error_m": (-0.5, 0.5),
    "base_error_deg": (-30.0, 30.0),
}
"""Lowest and highest number of every key: every drive and sensor known to us with room around it (assumed)."""
_SIZES: dict[str, tuple[int, ...]] = {
    "sensor_gain": (1, 6),
    "sensor_crosstalk": (1, 36),
    "sensor_drift_n_per_s": (3,),
    "base_error_m": (3,),
    "base_error_deg": (3,),
}
"""How many numbers there may be, where that is not one or one per joint."""


def load_plant_file(path_text: str) -> PlantDifferences:
    """Return what a plant file says.

    Raises:
        ConfigError: no such file, unreadable, or anything in it wrong; one line with what was got and what is allowed.
    """
    data = read_yaml(_text(path_text), path_text)
    if not isinstance(data, dict) or not data:
        got = "an empty file" if not data else f"a {type(data).__name__}"
        raise ConfigError(path_text, got, "a YAML mapping", "write at least one key, or use --plant exact")
    empty = [key for key, value in data.items() if value is None]
    if empty:
        raise ConfigError(
            f"{path_text}: {empty[0]}", "an empty value", "a value", "leave the key out where it is exact"
        )
    try:
        content = PlantFile.model_validate(data)
    except ValidationError as error:
        raise _readable(error, path_text) from error
    for key in PlantFile.model_fields:
        _check(f"{path_text}: {key}", key, getattr(content, key))
    return PlantDifferences(name=Path(path_text).stem, **_fields(content))


def _check(where: str, key: str, value: Any) -> None:
    """Refuse a wrong count of numbers, or one out of its range; raises ConfigError."""
    if value is None or key not in RANGES:
        return
    values = value if isinstance(value, list) else [value]
    is_nested = key == "arm_com_error_m"
    if any(len(entry) != 3 for entry in (values if is_nested else ())):
        raise ConfigError(where, f"{min(map(len, values))} numbers", "x, y, z, or a list of x, y, z for every joint")
    sizes = _SIZES.get(key)
    if sizes is not None and len(values) not in sizes:
        raise ConfigError(where, f"{len(values)} numbers", " or ".join(map(str, sizes)))
    low, high = RANGES[key]
    for number in [part for entry in values for part in entry] if is_nested else values:
        if not low <= number <= high:
            raise ConfigError(where, f"{number:g}", f"{low:g} to {high:g}")


def _fields(content: PlantFile) -> dict[str, Any]:
    """Return the keys that are given, with tuples for lists."""
    given = {key: value for key in PlantFile.model_fields if (value := getattr(content, key)) is not None}
    fields = {key: _frozen(value) if isinstance(value, list) else value for key, value in given.items()}
    if "encoder_side" in fields:
        fields["encoder_side"] = tuple(map(Side, fields["encoder_side"]))
    return fields


def _frozen(values: list[Any]) -> tuple[Any, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)


def _text(path_text: str) -> str:
    path, allowed = Path(path_text), f"{', '.join(LEVELS)}, or a YAML file"
    shown = repr(path_text if len(path_text) <= MAX_SHOWN else path_text[: MAX_SHOWN - 3] + "...")
    try:
        if path.is_dir():
            raise ConfigError(OPTION, f"{shown}, a folder", allowed)
        if not path.is_file():
            near = difflib.get_close_matches(path_text, LEVELS, 1)
            raise ConfigError(OPTION, f"{shown}, no such plant or file", allowed,
                              f"did you mean {near[0]}?" if near else "")  # fmt: skip
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ConfigError(path_text, f"{size} bytes", f"a plant file of at most {MAX_FILE_BYTES} bytes")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(path_text, "a binary file (not UTF-8 text)", "a YAML plant file") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(OPTION, f"{shown}, unreadable ({reason})", allowed) from error


def _readable(error: ValidationError, shown: str) -> ConfigError:
    """Turn pydantic's first complaint into one line with file, key, got, allowed."""
    first = error.errors(include_url=False)[0]
    key = str(first["loc"][0]) if first["loc"] else ""
    where = f"{shown}: {key}" if key else shown
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, PlantFile.model_fields, 1)
        hint = f"did you mean {near[0]}?" if near else ""
        return ConfigError(where, "an unknown key", f"the keys {', '.join(PlantFile.model_fields)}", hint)
    text = str(first["input"])
    got = text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."
    many = " (one value, or one per joint)" if key in PER_JOINT else ""
    return ConfigError(where, got, first["msg"].removeprefix("Input should be ") + many)

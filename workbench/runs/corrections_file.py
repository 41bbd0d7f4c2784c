"""Corrections of an arm's file, as ``massage-arm rig identify`` measures and writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from controller.air.identify import Corrections
from controller.errors import ConfigError
from trajectories.strict_yaml import read_yaml

MAX_FILE_BYTES = 20_000
"""A file of corrections has some twenty lines; guards against a wrong file."""
VERSION = 1
_TODO = "write one with `massage-arm rig identify`"


class _Link(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    mass_kg: Annotated[float, Field(ge=-20.0, le=20.0)]
    first_moment_kgm: tuple[float, float, float] = Field(strict=False)


class _File(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    schema_version: Annotated[int, Field(ge=VERSION, le=VERSION)]
    arm: str
    tool_mass_kg: Annotated[float, Field(gt=0.0, le=20.0)]
    tool_com_s_m: tuple[float, float, float] = Field(strict=False)
    coulomb_nm: tuple[Annotated[float, Field(ge=0.0, le=100.0)], ...] = Field(strict=False)
    links: tuple[_Link, ...] = Field(strict=False)


def corrections_text(corrections: Corrections) -> str:
    """Return corrections as the text of a file."""
    content = {
        "schema_version": VERSION,
        "arm": corrections.arm,
        "tool_mass_kg": round(corrections.tool_mass_kg, 5),
        "tool_com_s_m": [round(value, 6) for value in corrections.tool_com_s_m],
        "coulomb_nm": [round(value, 5) for value in corrections.coulomb_nm],
        "links": [
            {"mass_kg": round(row[0], 6), "first_moment_kgm": [round(value, 7) for value in row[1:]]}
            for row in corrections.links
        ],
    }
    return yaml.safe_dump(content, sort_keys=False, default_flow_style=None)


def load_corrections(path: Path, joints: int) -> Corrections:
    """Return the corrections of a file.

    Args:
        path: the file.
        joints: number of joints of the arm it is for.

    Raises:
        ConfigError: it cannot be read, or anything in it is wrong.
    """
    shown = str(path)
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigError(shown, f"{path.stat().st_size} bytes", f"at most {MAX_FILE_BYTES} bytes", _TODO)
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError("--corrections", f"{path} ({reason})", "a file of corrections", _TODO) from error
    try:
        content = _File.model_validate(read_yaml(text, shown))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ConfigError(f"{shown}: {where}", f"{first['input']!r:.60}", first["msg"], _TODO) from error
    if not len(content.coulomb_nm) == len(content.links) == joints:
        got = f"{len(content.coulomb_nm)} frictions and {len(content.links)} links"
        raise ConfigError(shown, got, f"{joints} of each, one a joint", _TODO)
    rows = tuple((link.mass_kg, *link.first_moment_kgm) for link in content.links)
    return Corrections(content.arm, content.tool_mass_kg, content.tool_com_s_m, content.coulomb_nm, rows)

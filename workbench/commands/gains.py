"""Stability margins of gains over loop lag and tissue stiffness."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict

import orjson

from controller.errors import ConfigError
from controller.law.gains import GAIN_SETS, GainSet, LawSettings
from controller.law.margins import (
    ACTUATOR_LAG_S,
    LAGS_MS,
    MASS_KG,
    SOUND_SENSITIVITY,
    STIFFNESSES_N_PER_MM,
    Margin,
    NamedMargin,
    margin_table,
)
from workbench.commands.arm_margins import print_arm_margins
from workbench.runs.gains_file import load_gains


def main(arguments: argparse.Namespace) -> int:
    """Print the margins over loop lag and tissue stiffness, or those of one arm."""
    sets = _sets(arguments.gains or ())
    if arguments.arm is not None:
        return print_arm_margins(arguments.arm, sets, as_json=arguments.json)
    table = margin_table(LawSettings(), sets=sets)
    if arguments.json:
        rows = [{"gains": row.gains, **asdict(row.margin)} for row in table]
        sys.stdout.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    else:
        print("\n".join(_lines(table, sets)))
    return 0


def _sets(names: Sequence[str]) -> tuple[GainSet, ...]:
    """Return the sets that were asked for, once each, or those that come with the project."""
    found: dict[str, GainSet] = {}
    for name in names:
        known = load_gains(name)
        if found.setdefault(known.name, known) != known:
            raise ConfigError("--gains", f"{name!r}, a second set named {known.name!r}", "sets with different names")
    return tuple(found.values()) or GAIN_SETS


def _lines(table: tuple[NamedMargin, ...], sets: Sequence[GainSet]) -> list[str]:
    """Return one grid a gain set: phase margin [deg] by lag (rows) and stiffness (columns)."""
    cells = {(row.gains, row.margin.lag_ms, row.margin.stiffness_n_per_mm): row.margin for row in table}
    lines = [
        f"Model: {MASS_KG:g} kg press on undamped tissue, through drives with {1e3 * ACTUATOR_LAG_S:g} ms of lag.",
        f"Phase margin in degrees; '!': little margin, sensitivity peak over {SOUND_SENSITIVITY:g}.",
    ]
    for known in sets:
        lines += ["", f"{known.name}:", "lag ms \\ N/mm" + "".join(f"{value:>10g}" for value in STIFFNESSES_N_PER_MM)]
        for lag in LAGS_MS:
            row = (_cell(cells[known.name, lag, stiffness]) for stiffness in STIFFNESSES_N_PER_MM)
            lines.append(f"{lag:>13}" + "".join(f"{text:>10}" for text in row))
    return lines


def _cell(margin: Margin) -> str:
    if not margin.is_stable:
        return "unstable"
    return f"{margin.phase_margin_deg:.0f}{'' if margin.is_sound else ' !'}"

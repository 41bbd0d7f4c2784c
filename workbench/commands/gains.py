"""Stability margins of the gain sets."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

import orjson

from controller.gains import GainSet, LawSettings
from controller.margins import (
    ACTUATOR_LAG_S,
    LAGS_MS,
    MASS_KG,
    SOUND_SENSITIVITY,
    STIFFNESSES_N_PER_MM,
    Margin,
    margin_table,
)


def main(arguments: argparse.Namespace) -> int:
    """Print the margins over loop lag and tissue stiffness."""
    table = margin_table(LawSettings())
    if arguments.json:
        rows = [asdict(row) for row in table]
        sys.stdout.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    else:
        print("\n".join(_lines(table)))
    return 0


def _lines(table: tuple[Margin, ...]) -> list[str]:
    """Return one grid a gain set: phase margin [deg] by lag (rows) and stiffness (columns)."""
    cells = {(row.gains, row.lag_ms, row.stiffness_n_per_mm): row for row in table}
    lines = [
        f"{MASS_KG:g} kg pressed on undamped tissue behind drives with {1e3 * ACTUATOR_LAG_S:g} ms of lag;",
        f"phase margin in degrees; '!' sensitivity peak over {SOUND_SENSITIVITY:g}, 'unstable' as it says",
    ]
    for gains in GainSet:
        lines += ["", f"{gains.value}:", "lag ms \\ N/mm" + "".join(f"{value:>10g}" for value in STIFFNESSES_N_PER_MM)]
        for lag in LAGS_MS:
            row = (_cell(cells[gains, lag, stiffness]) for stiffness in STIFFNESSES_N_PER_MM)
            lines.append(f"{lag:>13}" + "".join(f"{text:>10}" for text in row))
    return lines


def _cell(margin: Margin) -> str:
    if not margin.is_stable:
        return "unstable"
    return f"{margin.phase_margin_deg:.0f}{'' if margin.is_sound else ' !'}"

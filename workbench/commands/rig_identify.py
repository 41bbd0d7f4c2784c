"""``massage-arm rig identify``: the identification of an arm, in simulation for now."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

import orjson

from controller.air.identify import Identified
from controller.errors import ConfigError
from workbench.runs.corrections_file import corrections_text
from workbench.runs.identification import identify_simulated
from workbench.runs.output import write_text
from workbench.runs.prepare import load_inputs
from workbench.runs.request import DEFAULT_PLANT, SessionRequest
from workbench.runs.stages import stage


def main(arguments: argparse.Namespace) -> int:
    """Identify an arm by a slow free motion and write its corrections."""
    out: Path = arguments.out
    if out.exists() and not arguments.overwrite:
        raise ConfigError("--out", f"{out}, which exists", "a new file", "choose another name, or give --overwrite")
    request = SessionRequest(
        program="first_session", body=arguments.body, tissue="law", arm=arguments.arm, gains="standard",
        surface_error_mm=0.0, seed=arguments.seed, plant=arguments.plant or DEFAULT_PLANT,
    )  # fmt: skip
    inputs = load_inputs(request)
    with stage(f"identifying {inputs.arm.name} in free air, plant {request.plant}"):
        found = identify_simulated(inputs)
    write_text(out, corrections_text(found.corrections))
    if arguments.json:
        sys.stdout.write(orjson.dumps(asdict(found), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    else:
        print("\n".join([*_lines(found), f"corrections     {out}"]))
    return 0


def _lines(found: Identified) -> list[str]:
    """Return what was found beside what the file says."""
    corrections = found.corrections
    x, y, z = (1e3 * value for value in corrections.tool_com_s_m)
    lines = [
        f"tool            {corrections.tool_mass_kg:.3f} kg, file says {found.stated_tool_mass_kg:.3f} kg; "
        f"centre of mass ({x:.0f}, {y:.0f}, {z:.0f}) mm in S",
        f"wrist sensor    zero ({', '.join(f'{value:.2f}' for value in found.zero_s[:3])}) N, "
        f"drift at most {max(map(abs, found.drift_s[:3])):.3f} N/s",
        "joint  friction Nm   file  viscous Nms  beside the file Nm  corrected Nm",
    ]
    rows = zip(
        corrections.coulomb_nm, found.stated_coulomb_nm, found.viscous_nms_per_rad, found.before_nm, found.after_nm,
        strict=True,
    )  # fmt: skip
    for joint, (coulomb, stated, viscous, before, after) in enumerate(rows, start=1):
        lines.append(f"{joint:5d} {coulomb:12.2f} {stated:6.2f} {viscous:12.2f} {before:19.2f} {after:13.2f}")
    return lines

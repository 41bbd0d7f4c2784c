"""The first line of a table in docs: the command that made it, and hashes of the inputs it depends on.

The line is an HTML comment, so that a page looks as before. The inputs are those that change a table for certain and
are cheap to hash: programs, bodies, arms, gains, ceilings, meshes and the list of faults, all by their values. Code of
the law, the gate and the simulation is left out: it changes often, and a campaign takes hours.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType

import orjson

from controller.law.gains import GAIN_SETS
from controller.safety.limits import PAD_CEILING_N, PRESSURE_CEILING_PA, REGION_CEILING_N, TOOL_CEILING_N
from sim.faults.kinds import FAULT_KINDS
from sim.fem.calibration import STORE
from sim.fem.mesh_settings import PATCHES
from trajectories.anatomy.body import body_names, load_body
from trajectories.programs.loader import DEFAULT_PROGRAM, PROGRAM_FOLDER
from urdf.arms import arm_names, load_arm
from workbench.campaigns.faults.cases import all_cases
from workbench.docs_pictures.picture_sources import file_sha256, text_sha256, yaml_sha256

_DIGITS = 12
"""Hexadecimal digits of a hash that are written: enough that two inputs do not share them by chance."""
_NOTICE = re.compile(r"> Older than: (?P<inputs>[^.]*)\. `[^`]*` makes it anew\.\n\n")
_STAMP = re.compile(r"<!-- made by: (?P<command>.*?); inputs: (?P<inputs>.*?) -->\n")


class Table(enum.StrEnum):
    """Tables of docs that a command makes."""

    RESULTS = "results"
    RESULTS_FEM = "results_fem"
    FAULTS = "faults"
    FAULTS_FEM = "faults_fem"
    ELASTICITY = "elasticity"
    TISSUE = "tissue"
    CONVERGENCE = "convergence"
    SPEED = "speed"


def stamped(page: str, table: Table, command: str) -> str:
    """Return a page with the first line that names its command and its inputs as they are now.

    Args:
        page: the page as Markdown.
        table: which table it holds.
        command: the command that made it.
    """
    inputs = ", ".join(f"{name} {digest}" for name, digest in table_inputs(table).items())
    return f"<!-- made by: {command}; inputs: {inputs} -->\n{page}"


def changed_inputs(page: str, table: Table) -> list[str] | None:
    """Return the names of inputs that changed since a page was made; None where it has no such first line."""
    stamp = _STAMP.match(page)
    if stamp is None:
        return None
    then = {name: digest for name, _, digest in (part.rpartition(" ") for part in stamp["inputs"].split(", "))}
    now = table_inputs(table)
    return [name for name in sorted({*now, *then}) if now.get(name) != then.get(name)]


def marked(page: str, table: Table, command: str) -> str:
    """Return a page with a line that tells its reader what it is older than; without one where it is not.

    Args:
        page: the page as Markdown, with its first line.
        table: which table it holds.
        command: the command that makes it anew.
    """
    bare = _NOTICE.sub("", page, count=1)
    changed = changed_inputs(bare, table)
    stamp = _STAMP.match(bare)
    if not changed or stamp is None:
        return bare
    return f"{stamp[0]}> Older than: {', '.join(changed)}. `{command}` makes it anew.\n\n{bare[stamp.end() :]}"


def admitted(page: str) -> list[str]:
    """Return the inputs that a page itself says it is older than."""
    notice = _NOTICE.search(page)
    return notice["inputs"].split(", ") if notice else []


def table_inputs(table: Table) -> dict[str, str]:
    """Return the inputs of a table as they are now: name to hash."""
    return {name: _INPUTS[name]()[:_DIGITS] for name in _OF_TABLE[table]}


def _files(paths: Iterable[Path]) -> str:
    return text_sha256("\n".join(f"{path.name} {file_sha256(path)}" for path in paths))


def _values(values: object) -> str:
    return text_sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS).decode())


def _ceilings() -> str:
    regions = {str(region): limit_n for region, limit_n in REGION_CEILING_N.items()}
    return _values([regions, PAD_CEILING_N, TOOL_CEILING_N, PRESSURE_CEILING_PA])


def _faults() -> str:
    return _values([[str(case) for case in all_cases()], {name: kind.default for name, kind in FAULT_KINDS.items()}])


_INPUTS: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "program": lambda: yaml_sha256((PROGRAM_FOLDER / f"{DEFAULT_PROGRAM}.yaml").read_text(encoding="utf-8")),
        "bodies": lambda: _files(load_body(name).path for name in body_names()),
        "arms": lambda: _files(load_arm(name).urdf_path for name in arm_names()),
        "gains": lambda: _values({known.name: asdict(known.gains) for known in GAIN_SETS}),
        "ceilings": _ceilings,
        "faults": _faults,
        "meshes": lambda: _values({name: asdict(patch) for name, patch in PATCHES.items()}),
        "calibration": lambda: file_sha256(STORE),
    }
)
_SESSION = ("bodies", "arms", "gains", "ceilings")
_ELEMENTS = ("meshes", "calibration")
_OF_TABLE: Mapping[Table, tuple[str, ...]] = MappingProxyType(
    {
        Table.RESULTS: ("program", *_SESSION),
        Table.RESULTS_FEM: ("program", *_SESSION, *_ELEMENTS),
        Table.FAULTS: ("faults", *_SESSION),
        Table.FAULTS_FEM: ("faults", *_SESSION, *_ELEMENTS),
        Table.ELASTICITY: _SESSION,
        Table.TISSUE: (*_SESSION, *_ELEMENTS),
        Table.CONVERGENCE: ("arms", *_ELEMENTS),
        Table.SPEED: ("program", *_SESSION),
    }
)

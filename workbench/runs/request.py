"""What a person asks for on the command line: one session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sim.differences.plants import EXACT, TYPICAL

DEFAULT_MESH = "recommended"
DEFAULT_PLANT = TYPICAL
"""Plant of a session that a person asks for and names none: arms differ from their files."""


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What was asked for on the command line.

    Attributes:
        program: name or file.
        body: name or file.
        tissue: tissue model.
        arm: name or file.
        gains: name of a gain set, or file.
        surface_error_mm: error of the planner's skin.
        seed: seed of person, breathing, noise and of the planner's error.
        faults: faults to inject, ``NAME[=VALUE]@TIME_S``.
        mesh: mesh of the finite elements, of ``sim.fem.mesh_settings.PATCHES``.
        events: file with the requests of a person, or None.
        base: where the arm's base stands, x, y, z in W [m] and yaw [deg]; None for the default place beside the body.
        plant: what the plant differs by: a name, or a plant file.
        corrections: what the arm differs from its file by, as it was identified; None for nothing.
    """

    program: str
    body: str
    tissue: str
    arm: str
    gains: str
    surface_error_mm: float
    seed: int
    faults: tuple[str, ...] = ()
    mesh: str = DEFAULT_MESH
    events: Path | None = None
    base: tuple[float, float, float, float] | None = None
    plant: str = EXACT
    corrections: Path | None = None

"""The same slow press on both tissue tiers at the same places, held against the stated tolerance."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.fem.back import CURVE_M, PATCH, PatchMaker, layers_at, slow_curve, tried_curve, upward_normal
from sim.fem.calibration import load_calibration
from sim.fem.soft_back import PadShape
from sim.person.contact_law import HEIGHT, THICKNESS
from sim.person.parameters import TYPICAL_PERSON
from sim.person.tissue_map import TissueMap
from trajectories.anatomy.back import Back
from trajectories.anatomy.body import load_body
from trajectories.anatomy.skin import Skin
from workbench.campaigns.tissue.strokes import place_xy
from workbench.runs.prepare import DT_S

Array = NDArray[np.float64]

FORCES_N = (10.0, 20.0, 40.0)
FRICTION = 0.2
"""Friction coefficient of the pad in the comparison: oiled skin (assumed)."""
SHARE, BASE_MM = 0.10, 0.5
"""Depths may differ by a tenth and half a millimetre."""


@dataclass(frozen=True, slots=True)
class PressTask:
    """One place on one body.

    Attributes:
        body: body.
        place: one of ``workbench.campaigns.tissue.strokes.PLACES``.
        pad_radius_m: radius of the pad.
    """

    body: str
    place: str
    pad_radius_m: float


@dataclass(frozen=True, slots=True)
class PressResult:
    """What the two tiers say of a place.

    Attributes:
        task: the place.
        thickness_mm: tissue over bone.
        nodes: of the patch.
        law_mm: depths of the law at ``FORCES_N``.
        fem_mm: depths of the finite elements.
    """

    task: PressTask
    thickness_mm: float
    nodes: int
    law_mm: tuple[float, ...]
    fem_mm: tuple[float, ...]

    @property
    def is_passed(self) -> bool:
        """Every depth is within the tolerance."""
        return all(is_alike_mm(law, fem) for law, fem in zip(self.law_mm, self.fem_mm, strict=True))


def is_alike_mm(law_mm: float, fem_mm: float) -> bool:
    """Return True where a depth of the finite elements is that of the law within the tolerance."""
    return abs(fem_mm - law_mm) <= SHARE * law_mm + BASE_MM


def press(task: PressTask) -> PressResult:
    """Press one place slowly on a fresh patch, and read the law's curve there."""
    tissue, back_map = _person(task.body, task.pad_radius_m)
    x_m, y_m = place_xy(back_map, task.place)
    values = layers_at(tissue, x_m, y_m)
    pad = PadShape(task.pad_radius_m, FRICTION)
    back = PatchMaker(tissue, pad, DT_S, PATCH, load_calibration())(x_m, y_m).back
    foot_w = np.array([x_m, y_m, values[HEIGHT, 0]])
    depths_m, forces_n = tried_curve(back, foot_w, upward_normal(values), pad, DT_S)
    nodes = back.quality.nodes
    back.close()
    law_n = slow_curve(values[:, 0], CURVE_M)
    return PressResult(
        task=task,
        thickness_mm=1e3 * float(values[THICKNESS, 0]),
        nodes=nodes,
        law_mm=tuple((1e3 * np.interp(FORCES_N, law_n, CURVE_M)).tolist()),
        fem_mm=tuple((1e3 * np.interp(FORCES_N, forces_n, depths_m)).tolist()),
    )


@functools.lru_cache(maxsize=4)
def _person(body_name: str, pad_radius_m: float) -> tuple[TissueMap, Back]:
    body = load_body(body_name)
    return TissueMap.from_body(body, TYPICAL_PERSON, pad_radius_m), Back.of(body, Skin.from_body(body))


def press_lines(results: Sequence[PressResult]) -> list[str]:
    """Return the table, as text."""
    head = f"{'body':<12} {'place':<11} {'bone mm':>7} {'nodes':>6}"
    lines = [head + "".join(f" {f'{force:g} N law / fem mm':>20}" for force in FORCES_N) + "  verdict"]
    for one in results:
        row = f"{one.task.body:<12} {one.task.place:<11} {one.thickness_mm:7.0f} {one.nodes:6d}"
        pairs = zip(one.law_mm, one.fem_mm, strict=True)
        row += "".join(f" {f'{law:.1f} / {fem:.1f}':>20}" for law, fem in pairs)
        lines.append(row + ("  pass" if one.is_passed else "  FAILED"))
    passed = sum(one.is_passed for one in results)
    return [*lines, f"{passed} of {len(results)} places within {100 * SHARE:g} % and {BASE_MM:g} mm"]

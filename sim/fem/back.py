"""The finite-element back of one person: patches made from the tissue map, as stiff as the calibration says."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.errors import ConfigError
from sim.fem.calibration import DAMPING_S, Calibration, Fit, best_factor, load_calibration, material, worst_error
from sim.fem.material import Material
from sim.fem.mesh import TissueMesh, strip_mesh
from sim.fem.mesh_settings import PATCHES, MeshSettings
from sim.fem.patched_back import Patch, PatchedBack
from sim.fem.soft_back import PadShape, SoftBack, refuse_unstable
from sim.fem.surface import MapSurface
from sim.person.contact_law import EXPONENT, HEIGHT, LAYERS, STIFFNESS, THICKNESS, elastic_force
from sim.person.parameters import ramp_share
from sim.person.tissue_map import TissueMap
from trajectories.anatomy.spline import evaluate_layers

Array = NDArray[np.float64]

PATCH = PATCHES["recommended"]
"""The patches that the stored calibration was made with; others are fitted by trial."""
CURVE_M = np.linspace(0.0, 0.030, 61)
"""Depths at which the law's curve is taken."""
HOLD_S = 0.75
"""Time under the pad after which the law's curve is taken (assumed: between a short press and a slow stroke)."""
TRIED_M_S, TRIED_N = 0.1, 75.0
"""Speed and end of the press that a fresh patch is tried with."""
NEAR_M = 0.010
"""A patch may be laid so far from the foot, where one was laid before."""
TRIALS, GOOD = 3, 0.85
"""Presses at most until a patch is good enough: its worst depth error over the tolerance."""
LEAST_N, STIFFER = 0.5, (0.3, 3.0)
"""How much stiffer than a slab a place may be found, and from which force of the slab on."""


def make_back(tissue: TissueMap, pad: PadShape, dt_s: float, settings: MeshSettings = PATCH) -> PatchedBack:
    """Return the back of one person.

    Args:
        tissue: the person's tissue.
        pad: the pad.
        dt_s: period [s].
        settings: of the patches.

    Raises:
        ConfigError: there is no calibration, or the step is too long for the tissue.
    """
    refuse_unstable(DAMPING_S, dt_s)
    return PatchedBack(PatchMaker(tissue, pad, dt_s, settings, load_calibration()), pad, dt_s)


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """What a patch is laid from.

    Attributes:
        middle_xy_m: (2,) x and y of its middle.
        mesh: its mesh.
        material: its elasticity.
        worst: largest depth error left at ``FITTED_N`` over its tolerance.
    """

    middle_xy_m: Array
    mesh: TissueMesh
    material: Material
    worst: float


class PatchMaker:
    """Lays patches that press back like the law, and remembers how.

    Args:
        tissue: the person's tissue.
        pad: the pad.
        dt_s: period [s].
        settings: of the patches.
        calibration: presses on slabs with these settings.
    """

    def __init__(
        self, tissue: TissueMap, pad: PadShape, dt_s: float, settings: MeshSettings, calibration: Calibration
    ) -> None:
        self._tissue, self._pad, self._dt_s = tissue, pad, dt_s
        self._settings, self._calibration = settings, calibration
        self._surface = MapSurface(tissue)
        self.recipes: list[Recipe] = []
        """Of all patches so far."""

    def __call__(self, x_m: float, y_m: float) -> Patch:
        """Return a patch whose middle is within ``NEAR_M`` of x, y [m]."""
        recipe = self.recipe(x_m, y_m)
        return Patch(SoftBack(recipe.mesh, recipe.material, self._pad, self._dt_s), recipe.middle_xy_m)

    def recipe(self, x_m: float, y_m: float) -> Recipe:
        """Return what a patch near a place is laid from: a known one where there is one, else it is found here."""
        away = [math.dist(known.middle_xy_m, (x_m, y_m)) for known in self.recipes]
        if away and min(away) < NEAR_M:
            return self.recipes[away.index(min(away))]
        self.recipes.append(self._found(x_m, y_m))
        return self.recipes[-1]

    def _found(self, x_m: float, y_m: float) -> Recipe:
        """Fit, try, and fit anew to what the trial has shown, until the patch is as stiff as the law."""
        values = layers_at(self._tissue, x_m, y_m)
        thickness_m = float(values[THICKNESS, 0])
        goal_n = wanted_n = slow_curve(values[:, 0], CURVE_M)
        best: Recipe | None = None
        for _ in range(TRIALS):
            fit = self._calibration.fit(thickness_m, CURVE_M, goal_n)
            mesh = strip_mesh(_Thinned(self._surface, fit.thickness_share), np.array([[x_m, y_m]]), self._settings)
            depths_m, forces_n = self._tried(mesh, fit, values, x_m, y_m)
            factor, errors_m = best_factor(depths_m, forces_n, CURVE_M, wanted_n)
            worst = worst_error(errors_m, CURVE_M, wanted_n)
            if best is None or worst < best.worst:
                best = Recipe(np.array((x_m, y_m)), mesh, material(factor * fit.young_pa), worst)
            if best.worst < GOOD:
                break
            slab_n = fit.young_pa * self._calibration.force_per_pa(fit.thickness_share * thickness_m, CURVE_M)
            stiffer = np.interp(CURVE_M, depths_m, forces_n) / np.maximum(slab_n, LEAST_N)
            goal_n = np.maximum.accumulate(wanted_n / np.clip(stiffer, *STIFFER))
        if best is None:
            raise ConfigError("trials of a patch", str(TRIALS), "at least one")
        return best

    def _tried(self, mesh: TissueMesh, fit: Fit, values: Array, x_m: float, y_m: float) -> tuple[Array, Array]:
        tried = SoftBack(mesh, material(fit.young_pa), self._pad, self._dt_s)
        try:
            foot_w = np.array([x_m, y_m, values[HEIGHT, 0]])
            return tried_curve(tried, foot_w, upward_normal(values), self._pad, self._dt_s)
        finally:
            tried.close()


def tried_curve(back: SoftBack, foot_w: Array, normal_w: Array, pad: PadShape, dt_s: float) -> tuple[Array, Array]:
    """Press a fresh patch once along the normal; return depths and forces (K,), both growing.

    Slabs know nothing of a skin that is hollow, or of bone that comes up beside the spine; this does.
    """
    depth_m, depths, forces = -1.0e-3, [], [0.0]
    pose = np.zeros(9)
    pose[3:6] = -TRIED_M_S * normal_w
    while depth_m < CURVE_M[-1] and forces[-1] < TRIED_N:
        pose[:3] = foot_w + (pad.radius_m - depth_m) * normal_w
        forces.append(float(back.step(pose)[:3] @ normal_w))
        depths.append(depth_m)
        depth_m += TRIED_M_S * dt_s
    return np.array(depths), np.maximum.accumulate(forces[1:])


def fit_at(tissue: TissueMap, x_m: float, y_m: float, calibration: Calibration) -> Fit:
    """Return the patch that presses back most like the law's slow curve at a place."""
    values = layers_at(tissue, x_m, y_m)
    return calibration.fit(float(values[THICKNESS, 0]), CURVE_M, slow_curve(values[:, 0], CURVE_M))


def layers_at(tissue: TissueMap, x_m: float, y_m: float) -> Array:
    """Return the (``LAYERS``, 3) values of the tissue's layers at a place, with their slopes."""
    values = np.zeros((LAYERS, 3))
    x0, y0, inverse_spacing = (float(value) for value in tissue.grid)
    evaluate_layers(tissue.layers, x0, y0, inverse_spacing, x_m, y_m, values)
    return values


def upward_normal(values: Array) -> Array:
    """Return the outward unit normal (3,) of the skin from the layers at a place."""
    normal = np.array([-values[HEIGHT, 1], -values[HEIGHT, 2], 1.0])
    return np.asarray(normal / np.linalg.norm(normal), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Thinned:
    """A surface with its tissue meshed thinner than it is."""

    whole: MapSurface
    share: float

    def height_m(self, x_m: Array, y_m: Array) -> Array:
        return self.whole.height_m(x_m, y_m)

    def thickness_m(self, x_m: Array, y_m: Array) -> Array:
        return self.share * self.whole.thickness_m(x_m, y_m)


def slow_curve(values: Array, depths_m: Array) -> Array:
    """Return the law's press force [N] after a press and ``HOLD_S`` at rest, at depths (D,), from its layers there.

    The elements do not relax; so they are held to the law's tissue as it is in the middle of a stroke.
    """
    reference_n, exponent, thickness_m = math.exp(values[STIFFNESS]), float(values[EXPONENT]), float(values[THICKNESS])
    instant = [elastic_force(float(depth), reference_n, exponent, thickness_m) for depth in depths_m]
    return float(ramp_share(exponent, HOLD_S)) * np.array(instant, dtype=np.float64)

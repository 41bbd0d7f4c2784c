"""How stiff the elements must be so that a patch presses back like the tissue law: measured on flat slabs, stored.

A mesh is stiffer than the continuum and Bullet gives the tissue less force than the pad feels (75 to 98 %), so the
modulus is a number of mesh, pad and engine, not of a person. The force is proportional to it: one press on a slab
of every thickness gives force per modulus over depth, and modulus and mesh thickness for a place follow from the law's
curve there. What is left over after that is told with them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from controller.errors import ConfigError
from sim.fem.material import Material
from sim.fem.mesh import strip_mesh
from sim.fem.mesh_settings import MeshSettings
from sim.fem.soft_back import PadShape, SoftBack
from sim.fem.surface import FlatSurface

Array = NDArray[np.float64]

STORE = Path(__file__).with_name("calibration.json")
THICKNESSES_M = (0.008, 0.012, 0.016, 0.020, 0.025, 0.031, 0.038, 0.047, 0.060)
SHARES = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.36, 0.42, 0.50, 0.60)
"""Depths of the press, over the thickness."""
YOUNG_PA = 25.0e3
"""Modulus of the slabs; the force is proportional to it."""
POISSON, DENSITY_KG_M3, DAMPING_S = 0.45, 4000.0, 5.0e-4
"""Tissue of the patches. Soft tissue is nearly incompressible; this is as near to it as linear tetrahedra go, and thin
layers then stiffen with depth most like the law: the largest error of a fit over three places is 0.9 of the tolerance,
and 1.2 at 0.40. The density is four times that of muscle: heavier nodes take Bullet's solver a third of the time (14.9
to 5.4 ms a step), and without weight they change nothing at rest (mass scaling). Half the step as damping holds any
mesh."""
PRESS_M_S, REST_TICKS = 0.03, 80
FITTED_N = (5.0, 10.0, 20.0, 30.0, 40.0)
"""Press forces at which a patch is fitted to a curve."""
THICKNESS_SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.45, 0.4, 0.35)
MODULUS_FACTORS = tuple(float(f) for f in np.linspace(0.4, 1.6, 121))
"""What the fit tries: mesh thickness over tissue thickness, and the modulus over that which is right at the middle."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A patch fitted to a curve.

    Attributes:
        young_pa: modulus.
        thickness_share: thickness of the mesh over that of the tissue.
        errors_m: depth of the patch less that of the curve, at ``FITTED_N``.
        worst: largest of them over its tolerance, a tenth of the depth and half a millimetre.
    """

    young_pa: float
    thickness_share: float
    errors_m: tuple[float, ...]
    worst: float


class Press(BaseModel):
    """Force of one slab over depth.

    Attributes:
        thickness_m: thickness.
        depths_m: depths of the press.
        force_per_pa: press force over the modulus there [N/Pa].
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    thickness_m: float = Field(gt=0.0)
    depths_m: list[float] = Field(min_length=2)
    force_per_pa: list[float] = Field(min_length=2)

    @property
    def shares(self) -> list[float]:
        """Depths over the thickness."""
        return [depth / self.thickness_m for depth in self.depths_m]


class Calibration(BaseModel):
    """Presses on slabs of one kind of patch and pad.

    Attributes:
        pad_radius_m: radius of the pad.
        dt_s: step.
        fine_m: cell under the pad.
        layers: cells over the thickness.
        presses: by growing thickness.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    pad_radius_m: float
    dt_s: float
    fine_m: float
    layers: int
    presses: list[Press] = Field(min_length=2)

    def force_per_pa(self, thickness_m: float, depths_m: Array) -> Array:
        """Return force over modulus at depths (D,) in tissue of a thickness, linear between the slabs."""
        known = np.array([press.thickness_m for press in self.presses])
        h = float(np.clip(thickness_m, known[0], known[-1]))
        upper = int(np.clip(np.searchsorted(known, h), 1, len(known) - 1))
        share = (h - known[upper - 1]) / (known[upper] - known[upper - 1])
        rows = [
            np.interp(depths_m / h, [0.0, *press.shares], [0.0, *(f / press.thickness_m for f in press.force_per_pa)])
            for press in self.presses[upper - 1 : upper + 1]
        ]
        return np.asarray(h * ((1.0 - share) * rows[0] + share * rows[1]), dtype=np.float64)

    def fit(self, thickness_m: float, depths_m: Array, forces_n: Array) -> Fit:
        """Return the patch that presses back most like a curve.

        Two numbers are free: the modulus, and how thick the tissue is meshed, since a thinner slab stiffens more with
        depth. What is made small is the largest depth error at ``FITTED_N``, over a tenth of the depth and half a
        millimetre.

        Args:
            thickness_m: of the tissue.
            depths_m: (D,) growing.
            forces_n: (D,) press forces wanted there, growing.
        """
        best: Fit | None = None
        for share in THICKNESS_SHARES:
            h = max(thickness_m * share, self.presses[0].thickness_m)
            fine_m = np.linspace(0.0, SHARES[-1] * h, 241)
            unit = self.force_per_pa(h, fine_m)
            # a first guess that is right at 20 N
            young = 20.0 / float(np.interp(np.interp(20.0, forces_n, depths_m), fine_m, unit))
            factor, errors_m = best_factor(fine_m, young * unit, depths_m, forces_n)
            worst = worst_error(errors_m, depths_m, forces_n)
            if best is None or worst < best.worst:
                best = Fit(factor * young, h / thickness_m, tuple(errors_m.tolist()), worst)
        if best is None:
            raise ConfigError("tissue calibration", f"thickness {thickness_m:g} m", "a thickness above 0 m")
        return best


def best_factor(found_m: Array, found_n: Array, wanted_m: Array, wanted_n: Array) -> tuple[float, Array]:
    """Return the factor on the modulus that brings one curve nearest to another, and the depth errors left [m].

    Args:
        found_m: (K,) depths of the curve to be scaled.
        found_n: (K,) its forces, growing.
        wanted_m: (D,) depths of the other.
        wanted_n: (D,) its forces, growing.
    """
    at = np.array(FITTED_N)
    goal_m = np.interp(at, wanted_n, wanted_m)
    errors = np.array([_depths_at(at / factor, found_m, found_n) - goal_m for factor in MODULUS_FACTORS])
    worst = np.max(np.abs(errors) / _tolerance(goal_m), axis=1)
    best = int(np.argmin(worst))
    return MODULUS_FACTORS[best], np.asarray(errors[best], dtype=np.float64)


def _depths_at(at_n: Array, depths_m: Array, forces_n: Array) -> Array:
    """Return depths (K,) at forces; the curve goes on straight beyond its end; where a press ends proves nothing."""
    tangent = max(1, len(forces_n) // 10)
    slope = (depths_m[-1] - depths_m[-1 - tangent]) / max(forces_n[-1] - forces_n[-1 - tangent], 1e-9)
    beyond = slope * np.maximum(at_n - forces_n[-1], 0.0)
    return np.asarray(np.interp(at_n, forces_n, depths_m) + beyond, dtype=np.float64)


def _tolerance(depths_m: Array) -> Array:
    return np.asarray(0.1 * depths_m + 0.5e-3, dtype=np.float64)


def worst_error(errors_m: Array, depths_m: Array, forces_n: Array) -> float:
    """Return the largest depth error at ``FITTED_N`` over its tolerance, from errors and the wanted curve (D,)."""
    goal_m = np.interp(np.array(FITTED_N), forces_n, depths_m)
    return float(np.max(np.abs(errors_m) / _tolerance(goal_m)))


def material(young_pa: float) -> Material:
    """Return the tissue of a patch with this modulus; raises ConfigError out of its range."""
    return Material(young_pa, POISSON, DENSITY_KG_M3, DAMPING_S)


def calibrate(settings: MeshSettings, pad: PadShape, dt_s: float, on_done: Callable[[int, int], None]) -> Calibration:
    """Press slabs of every thickness.

    Args:
        settings: of the patches.
        pad: the pad.
        dt_s: step.
        on_done: called with (slabs done, all) after every slab.
    """
    presses = []
    for count, thickness_m in enumerate(THICKNESSES_M, start=1):
        presses.append(press_slab(settings, pad, dt_s, thickness_m))
        on_done(count, len(THICKNESSES_M))
    return Calibration(
        pad_radius_m=pad.radius_m, dt_s=dt_s, fine_m=settings.fine_m, layers=settings.layers, presses=presses
    )


def press_slab(settings: MeshSettings, pad: PadShape, dt_s: float, thickness_m: float) -> Press:
    """Press one flat slab to growing depths and rest at each."""
    mesh = strip_mesh(FlatSurface(0.0, thickness_m), np.zeros((1, 2)), settings)
    back = SoftBack(mesh, material(YOUNG_PA), pad, dt_s)
    pose, depth_m, forces = np.zeros(9), -1.0e-3, []
    depths = [share * thickness_m for share in SHARES]
    try:
        for wanted_m in depths:
            pose[5] = -PRESS_M_S
            while depth_m < wanted_m:
                pose[2] = pad.radius_m - depth_m
                back.step(pose)
                depth_m += PRESS_M_S * dt_s
            depth_m = wanted_m
            pose[2], pose[5] = pad.radius_m - depth_m, 0.0
            rest = [back.step(pose)[2] for _ in range(REST_TICKS)]
            forces.append(float(np.mean(rest[REST_TICKS // 2 :])) / YOUNG_PA)
    finally:
        back.close()
    return Press(thickness_m=thickness_m, depths_m=depths, force_per_pa=forces)


def load_calibration(path: Path = STORE) -> Calibration:
    """Return the stored calibration.

    Raises:
        ConfigError: the file is missing or is none.
    """
    try:
        return Calibration.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        got = f"{path} ({type(error).__name__})"
        raise ConfigError("tissue calibration", got, "what massage-arm campaign calibration wrote") from error

"""The material's ranges, and that Bullet's own law with the converted numbers is Hooke's at small strains."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from controller.errors import ConfigError
from sim.fem.material import BulletMaterial, Material

Array = NDArray[np.float64]
SOFT = Material(young_pa=45e3, poisson=0.40, density_kg_m3=1000.0, damping_s=1e-3)


def bullet_stress(gradient: Array, material: BulletMaterial) -> Array:
    """Return the first Piola-Kirchhoff stress as btDeformableNeoHookeanForce.h computes it."""
    mu, lam = material.mu_pa, material.lambda_pa
    volume_ratio = float(np.linalg.det(gradient))
    cofactor = volume_ratio * np.linalg.inv(gradient).T
    shape = 1.0 - 1.0 / (float((gradient**2).sum()) + 1.0)
    return np.asarray(gradient * mu * shape + cofactor * (lam * (volume_ratio - 1.0) - 0.75 * mu))


@pytest.mark.parametrize("poisson", [0.2, 0.3, 0.45])
@pytest.mark.parametrize("young_pa", [2e3, 45e3, 5e5])
def test_bullets_law_is_hookes_at_small_strains(young_pa: float, poisson: float) -> None:
    material = replace(SOFT, young_pa=young_pa, poisson=poisson)
    step = 1e-6 * np.random.default_rng(3).normal(size=(3, 3))
    strain = 0.5 * (step + step.T)
    lame = material.lame()
    hooke = 2.0 * lame.shear_pa * strain + lame.first_pa * np.trace(strain) * np.eye(3)
    stress = bullet_stress(np.eye(3) + step, material.bullet())
    assert stress == pytest.approx(hooke, abs=1e-4 * np.abs(hooke).max())


def test_lame_constants_are_those_of_the_modulus() -> None:
    """Stretch along one axis, free across: E is the stress over the strain."""
    lame = SOFT.lame()
    strain = np.diag([1.0, -SOFT.poisson, -SOFT.poisson])
    stress = 2.0 * lame.shear_pa * strain + lame.first_pa * np.trace(strain) * np.eye(3)
    assert np.diag(stress) == pytest.approx([SOFT.young_pa, 0.0, 0.0], abs=1e-6)


def test_known_numbers() -> None:
    bullet = SOFT.bullet()
    assert bullet.mu_pa == pytest.approx(21428.571, rel=1e-6)
    assert bullet.lambda_pa == pytest.approx(64285.714 + 13392.857, rel=1e-6)
    assert bullet.damping_s == SOFT.damping_s


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("young_pa", 1.9e3),
        ("young_pa", 5.1e5),
        ("young_pa", math.nan),
        ("poisson", 0.19),
        ("poisson", 0.46),
        ("poisson", math.nan),
        ("density_kg_m3", 499.0),
        ("density_kg_m3", math.inf),
        ("damping_s", 0.0),
        ("damping_s", 0.011),
        ("damping_s", math.nan),
    ],
)
def test_materials_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"tissue material {name}: got .*; allowed: "):
        replace(SOFT, **{name: value})

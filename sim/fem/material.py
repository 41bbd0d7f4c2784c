"""The soft tissue as an elastic material, and the same in the numbers that PyBullet takes."""

from __future__ import annotations

from dataclasses import dataclass

from controller.errors import ConfigError

_RANGES = {
    "young_pa": (2.0e3, 5.0e5, "Pa"),
    "poisson": (0.2, 0.45, ""),
    "density_kg_m3": (500.0, 5000.0, "kg/m³"),
    "damping_s": (2.0e-4, 1.0e-2, "s"),
}


@dataclass(frozen=True, slots=True)
class Lame:
    """Elastic constants of small strains.

    Attributes:
        first_pa: first Lame constant, lambda.
        shear_pa: shear modulus, mu.
    """

    first_pa: float
    shear_pa: float


@dataclass(frozen=True, slots=True)
class BulletMaterial:
    """Parameters of ``pybullet.loadSoftBody``.

    Attributes:
        mu_pa: ``NeoHookeanMu``.
        lambda_pa: ``NeoHookeanLambda``.
        damping_s: ``NeoHookeanDamping``.
    """

    mu_pa: float
    lambda_pa: float
    damping_s: float


@dataclass(frozen=True, slots=True)
class Material:
    """Homogeneous soft tissue.

    Young's modulus is a number of the mesh as well: coarse cells are too stiff, so it is fitted for each mesh to a
    force-depth curve and is not the modulus of a person's tissue.

    Attributes:
        young_pa: Young's modulus, 2 to 500 kPa.
        poisson: Poisson's ratio, 0.2 to 0.45; linear tetrahedra lock above (depth falls to 40 % at 0.49, measured).
        density_kg_m3: density, 500 to 5000; above 1100 it is mass scaling, for the sake of the solver.
        damping_s: viscous stress over elastic stress and strain rate, 0.2 to 10 ms; Bullet's explicit elastic forces
            blow up without it, and its solver gets slow with more.

    Raises:
        ConfigError: a value is out of its range or not finite.
    """

    young_pa: float
    poisson: float
    density_kg_m3: float
    damping_s: float

    def __post_init__(self) -> None:
        """Refuse what the finite elements cannot be."""
        for name, (low, high, unit) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ConfigError(f"tissue material {name}", f"{value:g} {unit}".strip(), f"{low:g} to {high:g} {unit}")

    def lame(self) -> Lame:
        """Return the Lame constants."""
        e, nu = self.young_pa, self.poisson
        return Lame(e * nu / ((1.0 + nu) * (1.0 - 2.0 * nu)), 0.5 * e / (1.0 + nu))

    def bullet(self) -> BulletMaterial:
        """Return the parameters with which PyBullet's tissue has these Lame constants at small strains.

        Bullet's energy is that of Smith, De Goes and Kim (Stable Neo-Hookean Flesh Simulation, ACM TOG 37(2), 2018)
        without their re-parametrisation: ``P = mu (1 - 1/(tr(F'F) + 1)) F + (lambda (J - 1) - 0.75 mu) cof F``
        (btDeformableNeoHookeanForce.h). At F = 1 + e it becomes ``0.75 mu (e + e') + (lambda - 0.625 mu) tr(e)``, so
        its parameters are not the Lame constants: mu = mu_Lame / 0.75, lambda = lambda_Lame + 0.625 mu.
        """
        lame = self.lame()
        mu = lame.shear_pa / 0.75
        return BulletMaterial(mu, lame.first_pa + 0.625 * mu, self.damping_s)

"""Numbers of the soft tissue: force-depth curve, thickness, relaxation and friction, each with its source.

No measured force-depth curves at 10-40 N exist for all back regions, so the curves below are *assumed*: a Hertz contact
with a bonded thin-layer correction (Dimitriadis et al. 2002) over published moduli and thicknesses, fitted over
3-40 N as ``F = k d^n``. They stand for relaxed muscle, a body mass index of 24, a smooth sphere of 20 mm radius and a
press that lasts about one second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from controller.types import Region

CURVE_RADIUS_M = 0.020
"""Radius of the sphere that the curves of the table stand for."""
RADIUS_EXPONENT = 0.69
"""k ~ radius^0.69: a head of 10 mm gives 0.55-0.70 of the k of 20 mm (assumed), and 0.62 = 0.5^0.69 is its middle.
A head of 18 mm gives 0.93."""
REFERENCE_DEPTH_M = 0.010
"""Depth at which stiffness is blended between regions: the force there means the same for every exponent."""
RAMP_S = 1.0
"""Length of the press that the table's curves stand for."""

STOP_SHARE = 0.6
"""Share of the thickness over bone from which the tissue hardens quickly (assumed)."""
STOP_GROWTH = 3.0
"""Growth of the tangent stiffness over the next tenth of the thickness (assumed)."""
STOP_STIFFNESS_N_PER_M = 1.0e5
"""Largest tangent stiffness, bone behind bottomed-out tissue (assumed); explicit contact of an arm of more than 0.5 kg
stays stable with it at 1 ms."""
RATE_DAMPING_S_PER_M = 1.0
"""Hunt-Crossley factor c of ``F (1 + c d')`` (assumed): 2 % at 20 mm/s; the slow losses come from the relaxation."""

RELAXATION_TIMES_S = (0.03, 0.3, 3.0, 26.0)
"""Relaxation times: inside 0.05-8.9 s of Zheng and Mak 1999 (lower limb), 26 s from the creep of Lee and Evans 1992."""
RELAXATION_SHARES = (0.15, 0.15, 0.12, 0.10)
"""Shares of the instant force that relax with these times (assumed inside those sources); 0.48 remains."""

FRICTION_RANGE = (0.15, 0.30)
"""Friction coefficient of oiled skin on the pad (assumed: no measured value was found; dry skin has 0.46,
Zhang and Mak 1999)."""
BRISTLE_STIFFNESS_N_PER_M = 3000.0
"""Tangential stiffness of skin and pad before sliding (assumed)."""
BRISTLE_DAMPING_N_S_PER_M = 20.0
"""Damping of it (assumed)."""

STIFFNESS_SD = 0.30
"""Log-normal spread of k between people: coefficient of variation of posterior-anterior stiffness 0.3 (trial table in
10.1186/s12906-017-1821-1) and of the multifidus shear modulus (J Biomech Eng 2019)."""
REGION_SD = 0.08
"""Log-normal spread of k between the regions of one person (assumed)."""
THICKNESS_SD = 0.12
"""Log-normal spread of thickness between people: 7/46 to 8/41 mm of the lumbar depths (assumed near their lower end,
as part of it belongs to the body shape)."""
SPREAD_LIMIT = 2.0
"""Spreads are cut at this many standard deviations (assumed): beyond it the person is no longer the typical guest."""


@dataclass(frozen=True, slots=True)
class RegionTissue:
    """Slow-press tissue of one place: ``F[N] = curve_k * d[mm]^exponent`` for a sphere of 20 mm radius.

    Attributes:
        curve_k: k of the curve [N/mm^n].
        exponent: n of the curve.
        thickness_m: skin to bone [m].
        source: where the numbers come from, or "assumed".
    """

    curve_k: float
    exponent: float
    thickness_m: float
    source: str


_DERIVED = "k, n assumed (thin-layer Hertz over E, h)"
REGION_TISSUE: Mapping[Region, RegionTissue] = MappingProxyType(
    {
        Region.SACRUM: RegionTissue(
            0.308,
            2.08,
            0.014,
            f"{_DERIVED}, E 35 kPa; h assumed, thinnest at the iliac spine (10.5999/aps.2014.41.2.133)",
        ),
        Region.GLUTEAL: RegionTissue(
            0.122, 1.70, 0.060, f"{_DERIVED}, E 18 kPa; h assumed from Nisbet, BMJ 2006;332:637 and PMC10267746"
        ),
        Region.LUMBAR_PARASPINAL: RegionTissue(
            0.303, 1.74, 0.038, f"{_DERIVED}, E 40 kPa; h from 10.4097/kjae.2004.47.1.34 and Ravi 2011 less ligament"
        ),
        Region.THORACIC_PARASPINAL: RegionTissue(
            0.307, 1.82, 0.028, f"{_DERIVED}, E 40 kPa; h assumed: lumbar less muscle, CT of the paravertebral space"
        ),
        Region.RHOMBOID: RegionTissue(
            0.270, 1.95, 0.018, f"{_DERIVED}, E 35 kPa; h = muscles of 10.1002/jcu.20775 (16-20 mm with skin and fat)"
        ),
        Region.UPPER_TRAPEZIUS: RegionTissue(
            0.217, 1.89, 0.025, f"{_DERIVED}, E 30 kPa; h assumed (to scapula or rib)"
        ),
        Region.NECK_BASE: RegionTissue(0.217, 1.89, 0.025, f"{_DERIVED}, E 30 kPa; h assumed"),
        Region.DELTOID: RegionTissue(
            0.218, 1.86, 0.027, f"{_DERIVED}, E 30 kPa; h = 19 mm muscle + 8 mm skin and fat (10.69750/dmls.02.04.0115)"
        ),
        Region.THIGH: RegionTissue(0.154, 1.69, 0.060, f"{_DERIVED}, E 22 kPa; h assumed"),
        Region.CALF: RegionTissue(0.200, 1.71, 0.050, f"{_DERIVED}, E 28 kPa; h assumed"),
        Region.OTHER: RegionTissue(0.290, 1.88, 0.023, "assumed: between thoracic paraspinal and interscapular tissue"),
    }
)
"""Tissue by region."""

LUMBAR_RIDGE = RegionTissue(
    0.575,
    1.80,
    0.018,
    "6 N/mm at 30 N: posterior-anterior stiffness 4.8-7.7 N/mm (10.1186/s12906-017-1821-1); h assumed",
)
THORACIC_RIDGE = RegionTissue(1.44, 1.80, 0.012, "10 N/mm at 30 N: T4-T10 9.1-11.4 N/mm (PMID 10513446); h assumed")
"""Tissue over the spinous processes; the mobility of the spine on the couch is in these stiffnesses already."""
SCAPULA = RegionTissue(0.270, 1.95, 0.014, "assumed: interscapular tissue over 14 mm of infraspinatus, fat and skin")
"""Tissue over the flat of the shoulder blade."""


def radius_factor(radius_m: float) -> float:
    """Return the factor on k for a pad of this radius [m] instead of 20 mm (see ``RADIUS_EXPONENT``)."""
    return math.pow(radius_m / CURVE_RADIUS_M, RADIUS_EXPONENT)


def slow_force_at_reference(tissue: RegionTissue, radius_m: float) -> float:
    """Return the force [N] of a slow press to ``REFERENCE_DEPTH_M`` with a pad of ``radius_m``."""
    return tissue.curve_k * radius_factor(radius_m) * math.pow(1e3 * REFERENCE_DEPTH_M, tissue.exponent)


def ramp_share(exponent: float | NDArray[np.float64], hold_s: float = 0.0) -> NDArray[np.float64]:
    """Return the share of the instant force that a depth ramp of ``RAMP_S`` shows at its end, or after a hold.

    Quasi-linear viscoelasticity (Fung): ``F(T + h)/f(T) = g + sum g_i exp(-h/tau_i) int_0^1 exp(-(1-u) T/tau_i)
    d(u^n)``, evaluated by Gauss-Legendre quadrature in ``u^n``. Divide the table's k by the share without a hold to get
    the instant k.

    Args:
        exponent: n of the curve, any shape.
        hold_s: time at rest after the ramp [s].
    """
    nodes, weights = np.polynomial.legendre.leggauss(64)
    share_of_force = 0.5 * (nodes + 1.0)
    u = share_of_force ** (1.0 / np.asarray(exponent, dtype=np.float64)[..., None])
    total = np.full(u.shape[:-1], equilibrium_share())
    for time_s, share in zip(RELAXATION_TIMES_S, RELAXATION_SHARES, strict=True):
        total += share * np.sum(0.5 * weights * np.exp(-((1.0 - u) * RAMP_S + hold_s) / time_s), axis=-1)
    return np.asarray(total, dtype=np.float64)


def equilibrium_share() -> float:
    """Return the share of the instant force that never relaxes."""
    return 1.0 - math.fsum(RELAXATION_SHARES)


@dataclass(frozen=True, slots=True)
class PersonTissue:
    """What differs from person to person.

    Attributes:
        stiffness_factor: factor on every k.
        region_factors: factor on the k of each region.
        thickness_factor: factor on every thickness.
        friction: friction coefficient of the oiled skin.
    """

    stiffness_factor: float
    region_factors: Mapping[Region, float]
    thickness_factor: float
    friction: float


TYPICAL_PERSON = PersonTissue(
    1.0, MappingProxyType(dict.fromkeys(Region, 1.0)), 1.0, 0.5 * (FRICTION_RANGE[0] + FRICTION_RANGE[1])
)
"""The person the table stands for."""


def draw_person(generator: np.random.Generator) -> PersonTissue:
    """Draw a person: log-normal factors around 1 cut at ``SPREAD_LIMIT`` deviations, friction uniform in its range."""
    spread = np.clip(generator.normal(size=2 + len(Region)), -SPREAD_LIMIT, SPREAD_LIMIT)
    factors = {region: math.exp(REGION_SD * value) for region, value in zip(Region, spread[2:], strict=True)}
    return PersonTissue(
        stiffness_factor=math.exp(STIFFNESS_SD * spread[0]),
        region_factors=MappingProxyType(factors),
        thickness_factor=math.exp(THICKNESS_SD * spread[1]),
        friction=float(generator.uniform(*FRICTION_RANGE)),
    )

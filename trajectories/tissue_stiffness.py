"""How stiff the tissue of a region is, as planning assumes it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from controller.types import Region

WORKING_FORCE_N = 20.0
"""Press force at which the typical stiffness is given."""
STIFFNESS_AT_CEILING_N_PER_M: Mapping[Region, float] = MappingProxyType(
    {
        Region.SACRUM: 32000.0,
        Region.GLUTEAL: 4000.0,
        Region.LUMBAR_PARASPINAL: 7000.0,
        Region.THORACIC_PARASPINAL: 8000.0,
        Region.RHOMBOID: 20000.0,
        Region.UPPER_TRAPEZIUS: 12000.0,
        Region.NECK_BASE: 5000.0,
        Region.DELTOID: 6000.0,
        Region.THIGH: 4000.0,
        Region.CALF: 5000.0,
        Region.OTHER: 8000.0,
    }
)
"""Upper estimate of the tissue's tangent stiffness at the region's ceiling, before it relaxes: the largest over people
within 1.645 standard deviations of stiffness and thickness, hardening near bone included, rounded up. The curves behind
it are assumed (Hertz contact with thin-layer correction over published moduli); a test holds it against the simulated
tissue."""
STIFFNESS_AT_WORK_N_PER_M: Mapping[Region, float] = MappingProxyType(
    {
        Region.SACRUM: 6200.0,
        Region.GLUTEAL: 1900.0,
        Region.LUMBAR_PARASPINAL: 3500.0,
        Region.THORACIC_PARASPINAL: 4100.0,
        Region.RHOMBOID: 4800.0,
        Region.UPPER_TRAPEZIUS: 3900.0,
        Region.NECK_BASE: 3900.0,
        Region.DELTOID: 3700.0,
        Region.THIGH: 2200.0,
        Region.CALF: 2600.0,
        Region.OTHER: 4400.0,
    }
)
"""Tangent stiffness of a typical person's tissue under a 36 mm sphere at 20 N, before it relaxes (assumed like the
table above; the same test holds it against the simulated tissue)."""

"""How fine a mesh of the tissue is, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from controller.errors import ConfigError

_RANGES = {
    "fine_m": (0.002, 0.05, "m"),
    "coarse_m": (0.002, 0.2, "m"),
    "band_m": (0.005, 0.2, "m"),
    "reach_m": (0.005, 2.0, "m"),
    "growth": (1.05, 4.0, ""),
    "layers": (1, 20, "layers"),
    "layer_growth": (1.0, 2.0, ""),
    "bone_m": (0.0, 0.1, "m"),
    "least_thickness_m": (0.004, 0.1, "m"),
    "steepest": (0.1, 5.0, ""),
}
"""Usable values (assumed: what meshes were tried with, generously)."""


@dataclass(frozen=True, slots=True)
class MeshSettings:
    """Sizes of the cells of a strip of tissue under one stroke.

    Attributes:
        fine_m: largest cell under the stroke, along it and across.
        coarse_m: largest cell of all.
        band_m: half the width that is fine around the strip which bounds the stroke, and beyond its ends.
        reach_m: length beyond the band over which the cells grow; the mesh ends there, free.
        growth: largest ratio of a cell to its finer neighbour.
        layers: cells over the thickness.
        layer_growth: ratio of a layer's height to that of the layer above it; 1 for even layers.
        bone_m: thickness below which the inner nodes of the lowest layer are fixed too (spine ridge, shoulder blade).
        least_thickness_m: thinner tissue is taken to have this thickness.
        steepest: largest slope between columns outside the band, where the skin beside the body may fall off a cliff.

    Raises:
        ConfigError: a value is out of its range, or the coarse cell is smaller than the fine one.
    """

    fine_m: float = 0.015
    coarse_m: float = 0.08
    band_m: float = 0.030
    reach_m: float = 0.09
    growth: float = 2.0
    layers: int = 3
    layer_growth: float = 1.25
    bone_m: float = 0.016
    least_thickness_m: float = 0.008
    steepest: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what gives no mesh."""
        for name, (low, high, unit) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ConfigError(f"mesh setting {name}", f"{value:g} {unit}".strip(), f"{low:g} to {high:g} {unit}")
        if not self.coarse_m >= self.fine_m:
            raise ConfigError("mesh setting coarse_m", f"{self.coarse_m:g} m", f"at least fine_m ({self.fine_m:g} m)")


RECOMMENDED = MeshSettings()
"""Cells of 15 mm: the coarsest over which a sliding pad feels no facets (ripple below 1 N in the prototype)."""
COARSE = MeshSettings(fine_m=0.030, layers=2)
"""Cells of 30 mm: near real time, but a sliding pad feels the facets."""
FINE = MeshSettings(fine_m=0.010)
"""Cells of 10 mm: for a look at convergence; about ten times the cost of the recommended mesh."""
PATCHES: Mapping[str, MeshSettings] = MappingProxyType(
    {
        "coarse": MeshSettings(fine_m=0.030, layers=2, band_m=0.060, bone_m=0.0),
        "recommended": MeshSettings(band_m=0.045, bone_m=0.0),
        "fine": MeshSettings(fine_m=0.01125, layers=4, band_m=0.045, bone_m=0.0),
    }
)
"""Patches around the pad: fine out to the pad's reach within them and one contact radius more; the middle is
a node. Bone under thin tissue is in the calibration, by the thickness."""

"""What a mesh of the tissue is made from: height of the skin and thickness of the tissue over the bone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from controller.errors import MeshError
from sim.person.contact_law import HEIGHT, THICKNESS
from sim.person.tissue_map import TissueMap
from trajectories.anatomy.surface import flat_points, heights

Array = NDArray[np.float64]


class TissueSurface(Protocol):
    """Skin and bone over the plane of the patient frame K; x and y [m] of one common shape (N,)."""

    def height_m(self, x_m: Array, y_m: Array) -> Array:
        """Return z of the skin (N,)."""
        ...

    def thickness_m(self, x_m: Array, y_m: Array) -> Array:
        """Return the tissue between skin and bone along z (N,)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class MapSurface:
    """Skin and bone of a tissue map; beside the body both go on at the value of the nearest skin.

    Attributes:
        tissue: the map.
    """

    tissue: TissueMap

    def height_m(self, x_m: Array, y_m: Array) -> Array:
        """Return z of the skin (N,)."""
        return self._layer(HEIGHT, x_m, y_m)

    def thickness_m(self, x_m: Array, y_m: Array) -> Array:
        """Return the tissue between skin and bone along z (N,)."""
        return self._layer(THICKNESS, x_m, y_m)

    def _layer(self, layer: int, x_m: Array, y_m: Array) -> Array:
        x0, y0, inverse_spacing = (float(value) for value in self.tissue.grid)
        coefficients = np.ascontiguousarray(self.tissue.layers[layer])
        return heights(coefficients, x0, y0, inverse_spacing, *flat_points(x_m, y_m))


@dataclass(frozen=True, slots=True)
class FlatSurface:
    """A level slab, for tests with known answers.

    Attributes:
        skin_height_m: z of the skin everywhere.
        slab_thickness_m: tissue over the bone everywhere.

    Raises:
        MeshError: a value is not finite or the slab has no thickness.
    """

    skin_height_m: float
    slab_thickness_m: float

    def __post_init__(self) -> None:
        """Refuse what is no slab."""
        if not math.isfinite(self.skin_height_m):
            raise MeshError("flat tissue, height", f"{self.skin_height_m:g} m", "a finite height")
        if not 0.0 < self.slab_thickness_m < math.inf:
            raise MeshError("flat tissue, thickness", f"{self.slab_thickness_m:g} m", "a finite thickness above 0 m")

    def height_m(self, x_m: Array, y_m: Array) -> Array:
        """Return z of the skin (N,)."""
        return np.full(np.broadcast(x_m, y_m).shape, self.skin_height_m)

    def thickness_m(self, x_m: Array, y_m: Array) -> Array:
        """Return the tissue between skin and bone along z (N,)."""
        return np.full(np.broadcast(x_m, y_m).shape, self.slab_thickness_m)

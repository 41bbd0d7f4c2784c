"""Tissue over a whole body: spline layers on the skin's grid, and the name and limit of every place.

Properties go smoothly from region to region. The contact law leaves out the tangential force that a stiffness changing
along the skin exerts, ``(F d / (n + 1)) |grad ln k|``: over the transitions used here it is smaller than friction, so
sliding contact still takes energy from the tool and never gives any.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from controller.safety.limits import REGION_CEILING_N
from sim.person.body_motion import breathing_amplitude
from sim.person.contact_law import BREATHING, EXPONENT, HEIGHT, LAYERS, STIFFNESS, THICKNESS
from sim.person.parameters import (
    LUMBAR_RIDGE,
    REGION_TISSUE,
    SCAPULA,
    THORACIC_RIDGE,
    PersonTissue,
    RegionTissue,
    ramp_share,
    slow_force_at_reference,
)
from sim.person.uniform_tissue import UniformTissue
from trajectories.anatomy.body import Body
from trajectories.anatomy.measures import T3_FRACTION, T7_FRACTION, Measures
from trajectories.anatomy.regions import OTHER_CODE, REGIONS, RegionMap
from trajectories.anatomy.skin import Skin

Array = NDArray[np.float64]

RIDGE_HALF_WIDTH_M = 0.020
"""Distance from the spine line at which the influence of spinous processes and laminae has fallen to 1/e (assumed; the
spine as a whole gives way under a press on its middle, so its stiffness does not end at the edge of a process)."""
RIDGE_TRANSITION_M = 0.03
"""Length over which the lumbar ridge becomes the thoracic one, around T12 (assumed)."""
BORDER_M = 0.016
"""Standard deviation of the blur of all properties between regions (assumed): a change takes about 60 mm."""
SCAPULA_WIDTH_M = 0.10
"""Width of the shoulder blade from its medial border (100-110 mm in adults; assumed)."""


_PLACES = tuple((region.value, REGION_CEILING_N[region]) for region in REGIONS)


@dataclass(frozen=True, slots=True, eq=False)
class TissueMap:
    """Tissue of one person on one body.

    Attributes:
        layers: (5, n, m) spline coefficients: height [m], breathing amplitude [m], log of the instant force [N] at the
            reference depth, exponent, thickness [m].
        grid: (3,) x0 [m], y0 [m], inverse spacing [1/m].
        region_map: which region a place is in.
    """

    layers: Array
    grid: Array
    region_map: RegionMap

    @classmethod
    def from_body(
        cls, body: Body, person: PersonTissue, pad_radius_m: float, uniform: UniformTissue | None = None
    ) -> TissueMap:
        """Lay the tissue over a body.

        Args:
            body: the body.
            person: what differs from person to person.
            pad_radius_m: radius of the pad that presses.
            uniform: the same tissue everywhere instead, for tests.
        """
        skin, region_map = Skin.from_body(body), RegionMap.from_body(body)
        x = skin.x0_m + np.arange(skin.coefficients.shape[0]) / skin.inverse_spacing_per_m
        y = skin.y0_m + np.arange(skin.coefficients.shape[1]) / skin.inverse_spacing_per_m
        grid_x, grid_y = np.meshgrid(x, y, indexing="ij")
        layers = np.zeros((LAYERS, *skin.coefficients.shape))
        layers[HEIGHT] = skin.coefficients
        layers[BREATHING] = _coefficients(breathing_amplitude(body, grid_x, grid_y))
        if uniform is None:
            sigma = BORDER_M * skin.inverse_spacing_per_m
            values = _regions(region_map, person, pad_radius_m, (grid_x, grid_y))
            values = ndimage.gaussian_filter(values, (sigma, sigma, 0.0), mode="nearest")
            for share, tissue in _bones(Measures.of(body), grid_x, grid_y):
                law = np.array(_law(tissue, 1.0, person, pad_radius_m))
                values += share[..., None] * (law - values)
            for k, layer in enumerate((STIFFNESS, EXPONENT, THICKNESS)):
                layers[layer] = _coefficients(values[..., k])
        else:
            layers[STIFFNESS] = math.log(uniform.force_at_10_mm_n)
            layers[EXPONENT] = uniform.exponent
            layers[THICKNESS] = uniform.thickness_m
        grid = np.array([skin.x0_m, skin.y0_m, skin.inverse_spacing_per_m])
        return cls(layers, grid, region_map)

    def place(self, x_m: float, y_m: float) -> tuple[str, float]:
        """Return region and hard limit [N] of a place; off the body that of OTHER.

        The regions beside the spine reach to its middle, so the keep-out ridge has the limit of the region around it.
        """
        table, scale = self.region_map.table, self.region_map.inverse_spacing_per_m
        row = int((x_m - self.region_map.x0_m) * scale + 0.5)
        column = int((y_m - self.region_map.y0_m) * scale + 0.5)
        is_on = 0 <= row < table.shape[0] and 0 <= column < table.shape[1]
        return _PLACES[int(table[row, column]) if is_on else OTHER_CODE]

    def samples(self, layer: int) -> Array:
        """Return the (n, m) values of a layer at the grid points."""
        kernel = np.array([1.0, 4.0, 1.0]) / 6.0
        lines = ndimage.convolve1d(self.layers[layer], kernel, axis=0, mode="mirror")
        return np.asarray(ndimage.convolve1d(lines, kernel, axis=1, mode="mirror"), dtype=np.float64)


def _coefficients(samples: Array) -> Array:
    return np.asarray(ndimage.spline_filter(samples, order=3, mode="mirror"), dtype=np.float64)


def _law(tissue: RegionTissue, factor: float, person: PersonTissue, pad_radius_m: float) -> tuple[float, float, float]:
    """Return log instant force at the reference depth, exponent and thickness of a place on a person."""
    slow = slow_force_at_reference(tissue, pad_radius_m) * factor * person.stiffness_factor
    instant = slow / float(ramp_share(tissue.exponent))
    return math.log(instant), tissue.exponent, tissue.thickness_m * person.thickness_factor


def _regions(region_map: RegionMap, person: PersonTissue, pad_radius_m: float, points: tuple[Array, Array]) -> Array:
    """Return the (n, m, 3) log stiffness, exponent and thickness of the regions."""
    x, y = points
    weights = region_map.weights(x.ravel(), y.ravel()).T.reshape(*x.shape, -1)
    laws = [_law(REGION_TISSUE[region], person.region_factors[region], person, pad_radius_m) for region in REGIONS]
    return np.asarray(weights @ np.array(laws), dtype=np.float64)


def _bones(body: Measures, x: Array, y: Array) -> list[tuple[Array, RegionTissue]]:
    """Return the share (n, m) in [0, 1] of every bone that lies close under the skin, with its tissue."""
    lateral = y - body.spine.y(x)
    along = _step((x - body.x("L5S1")) / 0.02) * _step((body.x("C7") + 0.03 - x) / 0.02)
    ridge = np.exp(-((lateral / RIDGE_HALF_WIDTH_M) ** 2)) * along
    thoracic = _step((x - body.x("T12")) / RIDGE_TRANSITION_M)
    inner = _step((np.abs(lateral) - body.scapula_m - 0.01) / 0.01)
    outer = _step((body.scapula_m + SCAPULA_WIDTH_M - 0.01 - np.abs(lateral)) / 0.01)
    levels = (body.thoracic_x(T7_FRACTION), body.thoracic_x(T3_FRACTION))
    blade = inner * outer * _step((x - levels[0]) / 0.01) * _step((levels[1] - x) / 0.01)
    return [(blade, SCAPULA), (ridge * (1.0 - thoracic), LUMBAR_RIDGE), (ridge * thoracic, THORACIC_RIDGE)]


def _step(u: Array) -> Array:
    return np.asarray(0.5 + 0.5 * np.tanh(u), dtype=np.float64)

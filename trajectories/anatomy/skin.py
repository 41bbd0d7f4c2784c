"""The skin of a body as a smooth surface: height, outward normal, curvature, closest point."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from controller.errors import ConfigError
from trajectories.anatomy.body import Body
from trajectories.anatomy.surface import curvatures, feet, flat_points, heights, inside, normals

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

_SPLINE_KERNEL = np.array([1.0, 4.0, 1.0]) / 6.0
"""Value of a cubic B-spline at a sample and at its neighbours: coefficients to samples."""


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """A height map of the dorsal skin as a uniform cubic B-spline, in the patient frame K.

    Outside the body the surface goes on at the height of the nearest skin, so beside the outline it means nothing:
    ask ``on_body`` with a margin. All queries take x and y of any one common shape (N,) or scalars.

    Attributes:
        coefficients: (n, m) spline coefficients, C-contiguous, read-only [m].
        x0_m: x of the first row.
        y0_m: y of the first column.
        inverse_spacing_per_m: one over the grid spacing, the same along both axes.
        smoothing_m: standard deviation of the Gaussian that the samples went through.
        outline_m: (n, m) distance from every sample to the outline of the body, negative outside.
    """

    coefficients: Floats
    x0_m: float
    y0_m: float
    inverse_spacing_per_m: float
    smoothing_m: float
    outline_m: Floats

    @classmethod
    def from_body(cls, body: Body, smoothing_m: float = 0.008) -> Skin:
        """Return the skin of ``body``.

        Args:
            body: the body.
            smoothing_m: standard deviation of the Gaussian over the samples, 0 for none; 8 mm is what an 18 mm pad
                can follow (measured with the prototype of the controller).

        Raises:
            ConfigError: the smoothing is negative, NaN or above 100 mm.
        """
        _check_smoothing(smoothing_m)
        outside = np.isnan(body.z_m)
        nearest = ndimage.distance_transform_edt(outside, return_distances=False, return_indices=True)
        samples = _blurred(body.z_m[tuple(nearest)], smoothing_m / body.spacing_m)
        return cls(
            _coefficients(samples),
            float(body.x_m[0]),
            float(body.y_m[0]),
            1.0 / body.spacing_m,
            smoothing_m,
            _read_only(_outline(~outside) * body.spacing_m),
        )

    @classmethod
    def from_samples(cls, samples_m: Floats, x0_m: float, y0_m: float, spacing_m: float) -> Skin:
        """Return a skin through given heights, all of them on the body: known shapes, simulated phantoms.

        Args:
            samples_m: (n, m) heights, finite.
            x0_m: x of the first row.
            y0_m: y of the first column.
            spacing_m: grid spacing, the same along both axes.
        """
        samples = np.asarray(samples_m, dtype=np.float64)
        outline = _read_only(_outline(np.ones(samples.shape, dtype=np.bool_)) * spacing_m)
        return cls(_coefficients(samples), x0_m, y0_m, 1.0 / spacing_m, 0.0, outline)

    def height(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
        """Return the height of the skin (N,) [m]."""
        return heights(self.coefficients, self.x0_m, self.y0_m, self.inverse_spacing_per_m, *flat_points(x, y))

    def normal(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
        """Return the outward unit normals (N, 3)."""
        return normals(self.coefficients, self.x0_m, self.y0_m, self.inverse_spacing_per_m, *flat_points(x, y))

    def principal_curvatures(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
        """Return both principal curvatures (N, 2), smaller first, positive where the skin bulges outward [1/m]."""
        return curvatures(self.coefficients, self.x0_m, self.y0_m, self.inverse_spacing_per_m, *flat_points(x, y))

    def curvature(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
        """Return the larger of the two absolute principal curvatures (N,) [1/m]."""
        return np.asarray(np.abs(self.principal_curvatures(x, y)).max(axis=1))

    def foot(self, points_m: Floats) -> Floats:
        """Return the skin points (N, 3) closest to ``points_m`` (N, 3), at most some 30 mm away [m]."""
        points = np.atleast_2d(np.ascontiguousarray(points_m, dtype=np.float64))
        return feet(self.coefficients, self.x0_m, self.y0_m, self.inverse_spacing_per_m, points)

    def on_body(self, x: npt.ArrayLike, y: npt.ArrayLike, margin_m: float = 0.0) -> Mask:
        """Tell which points (N,) are on the body, at least ``margin_m`` inside its outline."""
        return self.outline_distance(x, y) > margin_m

    def outline_distance(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
        """Return the distance (N,) from the outline of the body seen from above, negative outside it [m].

        The border of the file's grid counts as outline: the body is unknown beyond it.
        """
        return inside(self.outline_m, self.x0_m, self.y0_m, self.inverse_spacing_per_m, *flat_points(x, y))

    def smoothed(self, smoothing_m: float) -> Skin:
        """Return a coarser copy whose samples went through a Gaussian of ``smoothing_m`` in all.

        Raises:
            ConfigError: ``smoothing_m`` is below what the skin already has, or above 100 mm.
        """
        _check_smoothing(smoothing_m)
        if not smoothing_m >= self.smoothing_m:
            got, least = f"{1e3 * smoothing_m:g} mm", f"at least {1e3 * self.smoothing_m:g} mm"
            raise ConfigError("skin smoothing", got, least, "smooth a finer skin")
        more = np.sqrt(smoothing_m**2 - self.smoothing_m**2) * self.inverse_spacing_per_m
        return replace(self, coefficients=_coefficients(_blurred(self.samples(), more)), smoothing_m=smoothing_m)

    def samples(self) -> Floats:
        """Return the heights (n, m) at the samples of the grid [m]."""
        lines = ndimage.convolve1d(self.coefficients, _SPLINE_KERNEL, axis=0, mode="mirror")
        return np.asarray(ndimage.convolve1d(lines, _SPLINE_KERNEL, axis=1, mode="mirror"))

    def displaced(
        self,
        shift_m: tuple[float, float, float],
        field_rms_m: float,
        correlation_m: float = 0.06,
        seed: int = 0,
    ) -> Skin:
        """Return the skin as a planner wrongly believes it: shifted, and bent by a smooth random field.

        Args:
            shift_m: displacement of the whole surface in K.
            field_rms_m: root mean square of the field over the body; its mean over the body is zero.
            correlation_m: distance at which the field's autocorrelation has fallen to 1/e (a Gaussian of half that
                width over white noise has it).
            seed: seed of the field.

        Raises:
            ConfigError: a value is not finite, the rms is negative or the correlation below two grid steps.
        """
        if not (np.isfinite(shift_m).all() and 0.0 <= field_rms_m < np.inf):
            got = f"shift {shift_m} m, field {field_rms_m} m"
            raise ConfigError("displaced skin", got, "a finite shift and a finite field of at least 0 m")
        if not 2.0 <= correlation_m * self.inverse_spacing_per_m < min(self.coefficients.shape):
            least = 2e3 / self.inverse_spacing_per_m
            got, allowed = f"{1e3 * correlation_m:g} mm", f"{least:g} mm up to the size of the body"
            raise ConfigError("correlation length of the displaced skin", got, allowed)
        field = np.random.default_rng(seed).normal(size=self.coefficients.shape)
        field = _blurred(field, 0.5 * correlation_m * self.inverse_spacing_per_m)
        body = self.outline_m > 0.0
        field -= field[body].mean()
        field *= field_rms_m / np.sqrt(np.mean(field[body] ** 2))
        return replace(
            self,
            coefficients=_coefficients(self.samples() + field + shift_m[2]),
            x0_m=self.x0_m + shift_m[0],
            y0_m=self.y0_m + shift_m[1],
        )


def _check_smoothing(smoothing_m: float) -> None:
    if not 0.0 <= smoothing_m <= 0.1:
        raise ConfigError("skin smoothing", f"{1e3 * smoothing_m:g} mm", "0 to 100 mm")


def _blurred(samples: Floats, sigma_cells: float) -> Floats:
    return np.asarray(ndimage.gaussian_filter(samples, sigma_cells, mode="nearest"), dtype=np.float64)


def _coefficients(samples: Floats) -> Floats:
    return _read_only(np.asarray(ndimage.spline_filter(samples, order=3, mode="mirror"), dtype=np.float64))


def _outline(body: Mask) -> Floats:
    """Return the signed distance from the outline in cells, positive inside; the outline is between two samples."""
    padded = np.pad(body, 1, constant_values=False)
    within = ndimage.distance_transform_edt(padded)[1:-1, 1:-1]
    beyond = ndimage.distance_transform_edt(~padded)[1:-1, 1:-1]
    return np.asarray(np.where(body, within - 0.5, 0.5 - beyond), dtype=np.float64)


def _read_only(array: Floats) -> Floats:
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array

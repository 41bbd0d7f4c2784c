"""Films the back of finite elements during a run: looks on, decides nothing, and never stops a session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from controller.errors import PlantError, RecordError
from controller.observers import StepObserver
from sim.fem.patched_back import PatchedBack
from sim.fem.pressure import skin_pressure_pa
from sim.fem.soft_back import SoftBack
from workbench.runs.film_file import Film, write_film

Array = NDArray[np.float64]

PERIOD_S = 0.08
"""Session time from picture to picture."""
LARGEST_FRAMES = 64
"""Moving pictures of one run: the first stroke's landing and about a circle and a half of its work."""
STEP_N = 0.2
"""A press force that is higher by so much is worth another still picture."""


class FilmedWorld(Protocol):
    """What is filmed; ``sim.plant.SimPlant`` is one."""

    @property
    def soft(self) -> PatchedBack | None:
        """The tissue, None where it is no finite elements."""

    def true_tool(self) -> tuple[Array, Array]:
        """Return the tool's position, velocity and angular velocity (9,) in W, and R_WT (3, 3)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Shot:
    t_s: float
    press_n: float
    pad_m: Array
    axis_w: Array
    patch: int
    nodes_m: Array
    pressure_pa: Array


class FilmCamera:
    """Takes the film of one run and leaves it as a file; without finite elements it does nothing.

    The film begins when the first patch of tissue is laid, 6 mm above the skin, and ends after ``LARGEST_FRAMES``
    pictures or when the pad leaves the skin. Beside it the moment of the highest force of the whole run is kept.

    Args:
        world: what is filmed.
        path: file to leave; none where the pad never came near the skin.
        pad_radius_m: radius of the pad.
    """

    def __init__(self, world: FilmedWorld, path: Path, pad_radius_m: float) -> None:
        self._world, self._path, self._pad_radius_m = world, path, pad_radius_m
        self._moving: list[_Shot] = []
        self._peak: _Shot | None = None
        self._rest_m: list[Array] = []
        self._back: SoftBack | None = None
        self._next_s = -np.inf
        self._is_over = self._is_blind = False

    def observers(self) -> tuple[StepObserver, ...]:
        """Return what a session shows its steps to; none where there is nothing to film."""
        if self._world.soft is None:
            return ()
        return (StepObserver(lambda step: self.see(step.t_s, step.truth[0].press_n), is_critical=False),)

    def see(self, t_s: float, press_n: float) -> None:
        """Look at one step and take a picture where one is due."""
        is_due = not self._is_over and t_s >= self._next_s
        is_peak = self._peak is None or press_n > self._peak.press_n + STEP_N
        if not (is_due or is_peak) or self._is_blind:
            return
        try:
            shot = self._shot(t_s, press_n)
        except PlantError:  # the tissue has blown up: the run will hear of it from the tissue itself
            self._is_blind = True
            return
        if shot is None:
            self._is_over = len(self._moving) > 0
            return
        if is_peak:
            self._peak = shot
        if is_due:
            self._moving.append(shot)
            self._next_s = t_s + PERIOD_S
            self._is_over = len(self._moving) >= LARGEST_FRAMES

    def film(self) -> Film | None:
        """Return what was taken so far, None where that is nothing."""
        if self._peak is None:
            return None
        shots = [*self._moving, self._peak]
        return Film(
            t_s=np.array([shot.t_s for shot in shots]),
            press_n=np.array([shot.press_n for shot in shots]),
            pad_m=np.array([shot.pad_m for shot in shots]),
            axis_w=np.array([shot.axis_w for shot in shots]),
            patch=np.array([shot.patch for shot in shots]),
            nodes_m=np.array([shot.nodes_m for shot in shots]),
            pressure_pa=np.array([shot.pressure_pa for shot in shots]),
            rest_m=np.array(self._rest_m),
            triangles=self._triangles,
            pad_radius_m=np.array(self._pad_radius_m),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the film, however the run ended; an error on its way out is never replaced by one of writing."""
        film = self.film()
        if film is None:
            return
        try:
            write_film(self._path, film)
        except RecordError:
            if error is None:
                raise

    def _shot(self, t_s: float, press_n: float) -> _Shot | None:
        seen = None if self._world.soft is None else self._world.soft.surface_m()
        if seen is None:
            return None
        back, nodes_m = seen
        skin = back.mesh.skin_nodes
        if back is not self._back:
            self._back = back
            self._rest_m.append(back.mesh.points_m[skin])
            self._triangles = np.searchsorted(np.flatnonzero(skin), back.mesh.skin_triangles)
        pad, rotation = self._world.true_tool()
        pressure_pa = skin_pressure_pa(back.mesh, back.material, nodes_m)
        patch = len(self._rest_m) - 1
        return _Shot(t_s, press_n, pad[:3].copy(), rotation[:, 2].copy(), patch, nodes_m[skin], pressure_pa)

"""What a simulation can be asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from controller.errors import ConfigError
from sim.differences.values import EXACT_PLANT, PlantDifferences
from sim.faults.kinds import Fault
from sim.fem.mesh_settings import PATCHES, MeshSettings
from sim.period.sensor_noise import PERFECT, SensorQuality
from sim.person.body_motion import Rise
from sim.person.tissue_tier import Tier
from sim.person.uniform_tissue import UniformTissue

SHORTEST_STEP_S, LONGEST_STEP_S = 1.0e-4, 2.0e-3
"""Steps that the explicit contact was tried with: stable over bone for an arm at these."""
LARGEST_DELAY = 100
SLOWEST_SENSOR_TICKS = 10
"""Robotiq's wrist sensors, the slowest considered, stream 100 Hz."""


@dataclass(frozen=True, slots=True)
class SimulationOptions:
    """Choices of one simulated run; everything random follows from the seed.

    Attributes:
        seed: seed of person, breathing and noise, >= 0.
        dt_s: period of loop and physics.
        has_scatter: draw the person from the population; False takes the typical one.
        is_breathing: False holds the breath.
        has_noise: False gives perfect senses without bias.
        has_bias: False gives a wrist sensor whose zero is right.
        has_friction: False gives joints without residual friction.
        skin_friction: friction coefficient of the skin, None to draw it.
        extra_delay_samples: samples the wrench is late beyond the one that its measuring period takes.
        sensor_ticks: periods of the loop in one period of the wrist sensor, which holds its sample in between.
        tissue: the same tissue everywhere instead of the body's.
        adds_gravity: the drives add the torque that holds the arm against gravity to every command.
        brakeless_joints: joints (from 0) that have no brake.
        rises: displacements of the whole body.
        faults: what breaks or happens, and when.
        tier: what stands for the tissue.
        mesh: of the patches of finite elements.
        differences: what the plant differs by from the model that the controller has.

    Raises:
        ConfigError: a value is out of its range.
    """

    seed: int = 1
    dt_s: float = 1.0e-3
    has_scatter: bool = True
    is_breathing: bool = True
    has_noise: bool = True
    has_bias: bool = True
    has_friction: bool = True
    skin_friction: float | None = None
    extra_delay_samples: int = 0
    sensor_ticks: int = 1
    tissue: UniformTissue | None = None
    adds_gravity: bool = False
    brakeless_joints: frozenset[int] = frozenset()
    rises: tuple[Rise, ...] = ()
    faults: tuple[Fault, ...] = ()
    tier: Tier = Tier.LAW
    mesh: MeshSettings = PATCHES["recommended"]
    differences: PlantDifferences = EXACT_PLANT

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated."""
        if self.seed < 0:
            raise ConfigError("--seed", str(self.seed), "an integer of at least 0")
        _check("simulation step", self.dt_s, SHORTEST_STEP_S, LONGEST_STEP_S, "s")
        _check("extra sensor delay", self.extra_delay_samples, 0, LARGEST_DELAY, "samples")
        _check("sensor period", self.sensor_ticks, 1, SLOWEST_SENSOR_TICKS, "ticks")
        if self.skin_friction is not None:
            _check("skin friction", self.skin_friction, 0.0, 2.0, "")
        if self.tissue is not None:
            _check("tissue force at 10 mm", self.tissue.force_at_10_mm_n, 0.01, 1000.0, "N")
            _check("tissue exponent", self.tissue.exponent, 1.0, 4.0, "")
            _check("tissue thickness", self.tissue.thickness_m, 0.002, 100.0, "m")
        for rise in self.rises:
            _check("start of a rise", rise.start_s, 0.0, math.inf, "s")
            _check("duration of a rise", rise.duration_s, 0.01, 1000.0, "s")
            _check("height of a rise", rise.height_m, -0.5, 0.5, "m")

    @property
    def quality(self) -> SensorQuality:
        """How good the senses are."""
        if not self.has_noise:
            return PERFECT
        return SensorQuality() if self.has_bias else SensorQuality(force_bias_n=0.0, moment_bias_nm=0.0)

    @property
    def sensor_period_ticks(self) -> float:
        """Periods of the loop in one period of the wrist sensor, a whole number where the plant says no other."""
        rate_hz = self.differences.sensor_rate_hz
        return self.sensor_ticks if rate_hz is None else max(1.0, 1.0 / (rate_hz * self.dt_s))

    def stream(self, purpose: int) -> np.random.Generator:
        """Return the random numbers of one purpose, at their beginning."""
        return np.random.default_rng([self.seed, purpose])


def _check(what: str, value: float, lowest: float, highest: float, unit: str) -> None:
    if not lowest <= value <= highest:
        raise ConfigError(what, f"{value:g} {unit}".strip(), f"{lowest:g} to {highest:g} {unit}".strip())

"""A simulated arm at rest and what it touches, for the tests of contact beside the pad."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.options import SimulationOptions
from sim.period.arm_kinematics import add_joint_torques
from sim.period.packed_state import Arena
from sim.plant import SimPlant, build_simulation
from sim.surroundings.carry_spheres import carry_spheres
from sim.surroundings.link_spheres import CARRIER
from sim.surroundings.seek import HIT_DEPTH, SPHERE, seek
from sim.surroundings.surroundings import Surroundings
from tests.sim_cases import posture, setting

Array = NDArray[np.float64]
QUIET = {"has_scatter": False, "is_breathing": False, "has_noise": False, "has_friction": False}


def opened(options: SimulationOptions, q_rad: tuple[float, ...] | None = None, name: str = "servo7") -> SimPlant:
    """Return an activated arm, 50 mm over the skin where no posture is given."""
    arm, placement, body, _ = setting(name)
    plant = build_simulation(arm, placement, body, options)
    plant.configure()
    plant.activate(q_rad or posture(name, 0.1, 0.04, 0.05)[0])
    return plant


def inside(plant: SimPlant) -> tuple[Surroundings, Arena]:
    """Return the parts of a plant that these tests look into."""
    assert plant._arena is not None
    return plant.surroundings, plant._arena


class Probe:
    """Asks what an arm touches at any posture, at rest.

    Args:
        plant: an activated arm.
    """

    def __init__(self, plant: SimPlant) -> None:
        self.plant = plant
        self.around, self.arena = inside(plant)
        self.joints = plant.rig.joints

    def depths(self, q: Array, thing: int) -> Array:
        """Return how deep each link is in a thing at a posture, not above 0 where it is off it [m]."""
        around = self.around
        carry_spheres(self.arena.chain, np.concatenate([q, q]), around._spheres)
        seek(
            around._maps, self.arena.layers, around._column, around._room, self.arena.state, around._spheres,
            around._hits,
        )  # fmt: skip
        links = len(around._links)
        return around._hits[thing * links : (thing + 1) * links, HIT_DEPTH].copy()

    def carrier(self, q: Array, thing: int) -> int:
        """Return the last joint (from 0) that carries a link which is in a thing at a posture."""
        links = len(self.around._links)
        found = np.flatnonzero(self.depths(q, thing) > 0.0)
        spheres = [int(self.around._hits[thing * links + link, SPHERE]) for link in found]
        return max(int(self.around._spheres[sphere, CARRIER]) for sphere in spheres)

    def find(self, thing: int, lowest_m: float, highest_m: float, seed: int = 1) -> Array:
        """Return a posture at which links are in a thing, the deepest of them as deep as wanted."""
        arm = self.plant._arm
        random = np.random.default_rng(seed)
        lower, upper = np.array(arm.lower_rad), np.array(arm.upper_rad)
        for _ in range(200_000):
            q = random.uniform(lower, upper)
            depths = self.depths(q, thing)
            if lowest_m < depths.max() < highest_m:
                return np.asarray(q)
        raise RuntimeError("no such posture")

    def load_change(self, q: Array) -> Array:
        """Return the joint torques (n,) that the surroundings add at a posture at rest."""
        self.plant.activate(tuple(q.tolist()))
        self.around, self.arena = inside(self.plant)
        before = self.arena.torque.copy()
        before += self._pad_load()
        return np.asarray(self.arena.load - before)

    def _pad_load(self) -> Array:
        load, result = np.zeros(self.joints), self.arena.result
        add_joint_torques(self.arena.lines, result[0:3], result[3:6], result[14:17], load)
        return load


def slope(energy: object, q: Array, step: float = 1e-6) -> Array:
    """Return the derivative (n,) of a function of the posture by central differences."""
    assert callable(energy)
    rows = []
    for k in range(len(q)):
        way = np.zeros(len(q))
        way[k] = step
        rows.append((energy(q + way) - energy(q - way)) / (2.0 * step))
    return np.array(rows)

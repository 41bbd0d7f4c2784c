"""Rotors behind springs beside an engine of links: held to the analytic two-mass case, and to energy."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.differences.values import damping_nms_per_rad
from sim.period.elastic_joints import (
    ANGLE,
    BRAKE,
    DAMPING,
    FRICTION,
    HALF_PLAY,
    LEAD,
    MOBILITY,
    MOTOR,
    ROTOR,
    SETTINGS,
    SPEED,
    STIFFNESS,
    STRIBECK,
    STRIBECK_SPEED,
    turn_rotors,
)

Array = NDArray[np.float64]
STEPS = (2.5e-4, 5e-4, 1e-3)


class Engine:
    """Links of constant inertia in the semi-implicit steps of the physics engine, with a rotor behind every joint."""

    def __init__(self, mass: Array, stiffness: float, ratio: float, inertia: float, dt: float) -> None:
        n = len(mass)
        self.mass, self.dt, self.n = mass, dt, n
        self.settings, self.rotor = np.zeros((SETTINGS, n)), np.zeros((ROTOR, n))
        self.settings[STIFFNESS], self.settings[MOBILITY] = stiffness, 1.0 / inertia
        self.settings[DAMPING] = damping_nms_per_rad(ratio, stiffness, inertia)
        self.settings[STRIBECK], self.settings[STRIBECK_SPEED] = 1.0, 0.02
        self.motion, self.load, self.torque = np.zeros(2 * n), np.zeros(n), np.zeros(n)

    def step(self) -> None:
        n, dt = self.n, self.dt
        turn_rotors(self.motion, self.load, self.mass, np.zeros(n), self.settings, self.rotor, dt, self.torque)
        self.motion[n:] += dt * np.linalg.solve(self.mass, self.torque)
        self.motion[:n] += dt * self.motion[n:]

    def energy(self) -> float:
        """Return kinetic energy, with the links' speed at the end of the step, and that of the springs."""
        n = self.n
        speed = self.motion[n:] + self.rotor[LEAD]
        stretch = self.rotor[ANGLE] - self.motion[:n]
        stretch = np.sign(stretch) * np.maximum(0.0, np.abs(stretch) - self.settings[HALF_PLAY])
        turning = self.rotor[SPEED] ** 2 / self.settings[MOBILITY] + self.settings[STIFFNESS] * stretch**2
        return 0.5 * float(speed @ self.mass @ speed + turning.sum())


def ringing(engine: Engine, seconds: float) -> tuple[float, float]:
    """Return frequency [rad/s] and decay [1/s] of the stretch of a joint that begins stretched at rest."""
    engine.rotor[ANGLE, 0] = 1e-3
    stretch = []
    for _ in range(round(seconds / engine.dt)):
        stretch.append(engine.rotor[ANGLE, 0] - engine.motion[0])
        engine.step()
    values, times = np.array(stretch), engine.dt * np.arange(len(stretch))
    up = np.nonzero((values[:-1] < 0.0) & (values[1:] >= 0.0))[0]
    crossings = times[up] - values[up] * engine.dt / (values[up + 1] - values[up])
    frequency = 2.0 * math.pi * (len(crossings) - 1) / (crossings[-1] - crossings[0])
    tops = [np.max(np.abs(values[(times >= a) & (times < b)])) for a, b in itertools.pairwise(crossings)]
    return frequency, -math.log(tops[-1] / tops[0]) / (crossings[-2] - crossings[0])


@pytest.mark.parametrize("dt", STEPS)
@pytest.mark.parametrize(
    ("stiffness", "inertia", "link"),
    [(14e3, 0.058, 1.5), (14e3, 0.025, 0.4), (9e3, 0.039, 0.02)],
    ids=["shoulder", "elbow", "wrist"],
)
def test_frequency_and_decay_of_two_masses(stiffness: float, inertia: float, link: float, dt: float) -> None:
    ratio = 0.02
    frequency, decay = ringing(Engine(np.array([[link]]), stiffness, ratio, inertia, dt), 0.1)
    mobility = 1.0 / inertia + 1.0 / link
    damping = 0.5 * damping_nms_per_rad(ratio, stiffness, inertia) * mobility
    expected = math.sqrt(stiffness * mobility - damping**2)
    assert frequency == pytest.approx(expected, rel=0.02)
    assert decay == pytest.approx(damping, rel=0.06)


def test_a_wrist_far_above_the_rate_of_the_engine_is_stable_and_keeps_its_energy() -> None:
    engine = Engine(np.array([[1e-3]]), 9e3, 0.0, 0.02, 1e-3)
    engine.rotor[ANGLE, 0] = 1e-3
    energies = []
    for _ in range(5000):
        energies.append(engine.energy())
        engine.step()
    assert max(energies[1:]) <= 1.001 * energies[0]
    assert min(energies[1:]) >= 0.999 * energies[0]


@pytest.mark.parametrize("dt", STEPS)
def test_damped_springs_with_play_only_lose_energy(dt: float) -> None:
    mass = np.array([[1.2, 0.3, 0.01], [0.3, 0.4, 0.005], [0.01, 0.005, 2e-3]])
    engine = Engine(mass, 1e4, 0.03, 0.03, dt)
    engine.settings[HALF_PLAY] = 1e-3
    engine.rotor[SPEED] = (0.3, -0.2, 1.0)
    energies = []
    for _ in range(round(0.5 / dt)):
        energies.append(engine.energy())
        engine.step()
    # what the two weights of a touching flank leave over is lost within a few steps
    assert max(energies[1:]) <= 1.01 * energies[0]
    assert all(later <= 1.02 * earlier + 1e-9 for earlier, later in zip(energies, energies[20:], strict=False))
    assert energies[-1] < 0.9 * energies[0]


def test_friction_holds_up_to_its_limit_and_then_lets_go() -> None:
    engine = Engine(np.array([[0.5]]), 14e3, 0.05, 0.05, 1e-3)
    engine.settings[FRICTION], engine.settings[STRIBECK] = 1.0, 1.5
    for torque, moves in ((1.49, False), (1.51, True)):
        engine.rotor[MOTOR] = torque
        before = engine.rotor[ANGLE, 0]
        for _ in range(600):
            engine.step()
        assert bool(engine.rotor[ANGLE, 0] - before > 1e-3) is moves
    speed = engine.motion[1]
    for _ in range(100):
        engine.step()
    gained = (engine.motion[1] - speed) / 0.1
    assert gained == pytest.approx((1.51 - 1.0) / 0.55, rel=0.02)  # past the excess at rest


def test_a_stuck_or_braked_rotor_neither_creeps_nor_chatters() -> None:
    engine = Engine(np.array([[0.5]]), 14e3, 0.05, 0.05, 1e-3)
    engine.load[0] = -20.0
    engine.settings[BRAKE] = 40.0
    for _ in range(3000):
        engine.step()
    angle, speeds = engine.rotor[ANGLE, 0], []
    for _ in range(3000):
        engine.step()
        speeds.append(engine.rotor[SPEED, 0])
    assert engine.rotor[ANGLE, 0] == pytest.approx(angle, abs=1e-12)
    assert max(map(abs, speeds)) < 1e-9
    assert engine.motion[0] - angle == pytest.approx(-20.0 / 14e3, rel=1e-6)

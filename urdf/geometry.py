"""Mass, centre of mass and inertia of bodies made of simple parts.

Hollow cylinder of mass m, radii a (outer) and b (inner), length l, about its centre: along the axis m (a2 + b2) / 2,
across it m (3 (a2 + b2) + l2) / 12. Sphere: 2/5 m r2. Parts are added with the parallel axis theorem:
I_total = sum of I_part + m (d.d E - d d^T), d from the common centre of mass to the part's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.types import Vector3

Array = NDArray[np.float64]
AXIS_X: Vector3 = (1.0, 0.0, 0.0)
AXIS_Y: Vector3 = (0.0, 1.0, 0.0)
AXIS_Z: Vector3 = (0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Inertial:
    """Mass properties in a link's axes.

    Attributes:
        mass_kg: mass.
        com_m: centre of mass in the link frame.
        inertia_kg_m2: (Ixx, Iyy, Izz, Ixy, Ixz, Iyz) about the centre of mass, link axes.
    """

    mass_kg: float
    com_m: Vector3
    inertia_kg_m2: tuple[float, float, float, float, float, float]

    def matrix(self) -> Array:
        """Return the (3, 3) inertia about the centre of mass [kg m2]."""
        xx, yy, zz, xy, xz, yz = self.inertia_kg_m2
        return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


@dataclass(frozen=True, slots=True)
class Cylinder:
    """A hollow or solid cylinder along a coordinate axis of its link.

    Attributes:
        center_m: middle of the cylinder in the link frame.
        axis: unit vector along it; one of the coordinate axes.
        length_m: length.
        radius_m: outer radius.
        mass_kg: mass.
        inner_radius_m: inner radius, 0 for a solid body.
        color: name of a colour of ``urdf.document.COLORS``.
    """

    center_m: Vector3
    axis: Vector3
    length_m: float
    radius_m: float
    mass_kg: float
    inner_radius_m: float = 0.0
    color: str = "shell"

    def inertia(self) -> Array:
        """Return the (3, 3) inertia about the middle, link axes [kg m2]."""
        square = self.radius_m**2 + self.inner_radius_m**2
        along = self.mass_kg * square / 2.0
        across = self.mass_kg * (3.0 * square + self.length_m**2) / 12.0
        axis = np.array(self.axis)
        return across * np.eye(3) + (along - across) * np.outer(axis, axis)


@dataclass(frozen=True, slots=True)
class Sphere:
    """A solid sphere: ``center_m`` in the link frame, ``radius_m``, ``mass_kg``, ``color``."""

    center_m: Vector3
    radius_m: float
    mass_kg: float
    color: str = "pad"

    def inertia(self) -> Array:
        """Return the (3, 3) inertia about the centre [kg m2]."""
        return 0.4 * self.mass_kg * self.radius_m**2 * np.eye(3)


Part = Cylinder | Sphere


def tube(
    center_m: Vector3, axis: Vector3, length_m: float, radius_m: float, wall_m: float, density_kg_m3: float
) -> Cylinder:
    """Return a tube whose mass follows from wall and density; ``wall_m`` equal to ``radius_m`` makes a solid rod."""
    inner = radius_m - wall_m
    mass = density_kg_m3 * math.pi * (radius_m**2 - inner**2) * length_m
    return Cylinder(center_m, axis, length_m, radius_m, mass, inner)


def combine(parts: tuple[Part, ...]) -> Inertial:
    """Return the mass properties of several parts that are fixed to each other."""
    mass = math.fsum(part.mass_kg for part in parts)
    com = sum((part.mass_kg * np.array(part.center_m) for part in parts), np.zeros(3)) / mass
    inertia = np.zeros((3, 3))
    for part in parts:
        arm = np.array(part.center_m) - com
        inertia += part.inertia() + part.mass_kg * (arm @ arm * np.eye(3) - np.outer(arm, arm))
    return _inertial(mass, com, inertia)


def with_reflected_rotor(body: Inertial, axis: Vector3, reflected_kg_m2: float) -> Inertial:
    """Return ``body`` with a gear-reflected rotor lumped about the joint axis it turns on.

    The rotor is modelled as a massless flywheel ring on the child link: k about the axis, k/2 across it. The k/2 is not
    physical for the joints upstream, but without it the link's inertia tensor would break the triangle inequality of
    rigid bodies, and simulators refuse such a tensor. The error is on the side of too much inertia.

    Args:
        body: link without rotor.
        axis: unit joint axis in the link frame.
        reflected_kg_m2: k, gear ratio squared times rotor inertia [kg m2].
    """
    direction = np.array(axis)
    ring = 0.5 * reflected_kg_m2 * (np.eye(3) + np.outer(direction, direction))
    return _inertial(body.mass_kg, np.array(body.com_m), body.matrix() + ring)


def _inertial(mass: float, com: Array, inertia: Array) -> Inertial:
    return Inertial(
        float(mass),
        (float(com[0]), float(com[1]), float(com[2])),
        (
            float(inertia[0, 0]),
            float(inertia[1, 1]),
            float(inertia[2, 2]),
            float(inertia[0, 1]),
            float(inertia[0, 2]),
            float(inertia[1, 2]),
        ),
    )

"""Everything around one simulated arm that presses on its links, period by period."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from controller.types import OtherContact, Vector, Vector3
from sim.period.arm_kinematics import AXIS, OFFSET
from sim.period.packed_state import MOTION, TOOL_BODY, TORQUE_LIMIT, Arena
from sim.period.wrist_sensor import SENSOR_POSITION, SENSOR_ROTATION
from sim.person.tissue_map import TissueMap
from sim.surroundings.carry_spheres import carry_spheres
from sim.surroundings.link_spheres import (
    CARRIER,
    IS_TOOL,
    LOCAL,
    RADIUS,
    WORLD,
    ArmSpheres,
)
from sim.surroundings.press_around import press_around
from sim.surroundings.room import GAP, OBSTACLE, REACH, THINGS, TOOL_GAP, make_maps, make_room
from sim.surroundings.seek import HIT_DEPTH, HIT_SIZE, PLACE, PUSH, SPHERE, spare_built_in
from trajectories.anatomy.body import Body

Array = NDArray[np.float64]

OBSTACLE_RADIUS_M = 0.06
"""Radius of the obstacle of a fault (assumed: a knee, a fist, the edge of a padded stool)."""
STILL_M_S = 1e-3
"""A point of the arm slower than this goes nowhere: the obstacle then stands on its outside."""
TOWARD_STEP_M = 0.002


class Surroundings:
    """What surrounds an arm, and what of it the arm touches.

    Args:
        spheres: of the arm.
        tissue: of the person.
        body: the person's.
        law: radius of the pad that the tissue is for [m], friction coefficient of the skin.
        chain: kinematic chain of the arm (n + 1, 15).
        home_rad: a posture (n,) in which no part is in the column but those that are built into it.
    """

    def __init__(
        self,
        spheres: ArmSpheres,
        tissue: TissueMap,
        body: Body,
        law: tuple[float, float],
        chain: Array,
        home_rad: Vector,
    ) -> None:
        self._links, self._column = spheres.links, spheres.column
        self._maps = make_maps(tissue, body)
        self._room = make_room(tissue, spheres.column, law, len(home_rad))
        self._spheres = spheres.spheres.copy()
        self._hits = np.zeros((len(THINGS) * max(1, len(spheres.links)), HIT_SIZE))
        self._felt: Array | None = None
        steps = np.linalg.norm(chain[1:, OFFSET:AXIS], axis=1)
        parts = np.linalg.norm(self._spheres[:, LOCAL : LOCAL + 3], axis=1)
        self._room[REACH] = float(steps.sum() + parts.max(initial=0.0))
        carry_spheres(chain, np.array(home_rad), self._spheres)
        spare_built_in(self._column, self._room, self._spheres)
        self.reset()

    def reset(self) -> None:
        """Forget all contacts, and take the obstacle away."""
        self.acted: tuple[OtherContact, ...] = ()
        """What touched in the period that has just ended."""
        self.acting: tuple[OtherContact, ...] = ()
        """What touches now, and presses in the next period."""
        self._felt = None
        self._room[OBSTACLE : OBSTACLE + 4] = 0.0
        self._room[GAP] = self._room[TOOL_GAP] = 0.0

    def press(self, arena: Arena) -> None:
        """Add to the load of the next period what touches now, and to the senses what has touched in the last."""
        if self._felt is not None:
            arena.wrench[:] += self._felt
            arena.sensed[-6:] += self._felt
            self._felt = None
        self.acted = self.acting
        count = press_around(
            arena.chain, self._maps, arena.layers, self._column, self._room, arena.state, self._spheres, self._hits
        )
        if count == 0:
            self.acting = ()
            return
        found = np.flatnonzero(self._hits[:, HIT_DEPTH] > 0.0).tolist()
        self.acting = tuple(self._contact(row) for row in found)
        on_tool = [row for row in found if self._spheres[int(self._hits[row, SPHERE]), IS_TOOL] > 0.0]
        if on_tool:
            self._felt = self._wrist_wrench(arena, on_tool)

    def obstruct(self, arena: Arena, gap_m: float) -> None:
        """Stand the obstacle in the way of that part of the arm that moves fastest, this far from it; see ``kinds``."""
        carry_spheres(arena.chain, arena.arrived, self._spheres)
        index, way = self._fastest(arena)
        centres, radii = self._spheres[:, WORLD : WORLD + 3], self._spheres[:, RADIUS]
        centre = centres[index] + way * (radii[index] + OBSTACLE_RADIUS_M + gap_m)
        while float(np.min(np.linalg.norm(centres - centre, axis=1) - radii)) < OBSTACLE_RADIUS_M + gap_m:
            centre = centre + TOWARD_STEP_M * way
        self.place_obstacle(tuple(centre.tolist()), OBSTACLE_RADIUS_M)

    def place_obstacle(self, centre_w: Sequence[float], radius_m: float) -> None:
        """Stand a rigid sphere there; a radius of 0 takes it away."""
        self._room[OBSTACLE : OBSTACLE + 3] = centre_w
        self._room[OBSTACLE + 3] = radius_m
        self._room[GAP] = self._room[TOOL_GAP] = 0.0

    @property
    def obstacle(self) -> tuple[Vector3, float]:
        """Centre and radius of the obstacle [m]; radius 0 where there is none."""
        x, y, z, radius = self._room[OBSTACLE : OBSTACLE + 4].tolist()
        return (x, y, z), radius

    def _contact(self, row: int) -> OtherContact:
        thing, link = divmod(row, len(self._links))
        x, y, z, fx, fy, fz = self._hits[row, PLACE : PUSH + 3].tolist()
        return OtherContact(self._links[link], THINGS[thing], (fx, fy, fz), (x, y, z))

    def _wrist_wrench(self, arena: Arena, rows: list[int]) -> Array:
        """Return what the wrist sensor feels of contacts of the tool side: (6,) at S in S axes."""
        body = arena.constants[TOOL_BODY:TORQUE_LIMIT]
        place = arena.pad[:3] + arena.rotation @ body[SENSOR_POSITION:SENSOR_ROTATION]
        axes = arena.rotation @ body[SENSOR_ROTATION:].reshape(3, 3)
        wrench = np.zeros(6)
        for row in rows:
            force = self._hits[row, PUSH : PUSH + 3]
            wrench[:3] += axes.T @ force
            wrench[3:] += axes.T @ np.cross(self._hits[row, PLACE : PLACE + 3] - place, force)
        return wrench

    def _fastest(self, arena: Arena) -> tuple[int, Array]:
        """Return the sphere before the tool that moves fastest and its direction; of an arm at rest the highest, up."""
        joints = len(arena.lines) - 1
        speeds = arena.state[MOTION + joints : MOTION + 2 * joints]
        best, fastest, way = -1, STILL_M_S, np.array([0.0, 0.0, 1.0])
        candidates = np.flatnonzero(self._spheres[:, IS_TOOL] == 0.0).tolist() or list(range(len(self._spheres)))
        for index in candidates:
            carrier = int(self._spheres[index, CARRIER])
            centre = self._spheres[index, WORLD : WORLD + 3]
            arms = np.cross(arena.lines[: carrier + 1, :3], centre - arena.lines[: carrier + 1, 3:])
            velocity = speeds[: carrier + 1] @ arms
            speed = math.sqrt(float(velocity @ velocity))
            if speed > fastest:
                best, fastest, way = index, speed, velocity / speed
        if best < 0:
            best = max(candidates, key=lambda index: float(self._spheres[index, WORLD + 2]))
        return best, way

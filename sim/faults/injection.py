"""Lets faults begin at their times, each in the part of the simulated world that it belongs to."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from controller.arm import ArmDescription
from controller.errors import ConfigError, PlantError
from sim.bullet.arm import BulletArm
from sim.faults.effects import SenseFaults, WorldFaults
from sim.faults.fault_kind import EVERY_JOINT
from sim.faults.joint_effects import UNKNOWN_TORQUE, TorqueFaults
from sim.faults.kinds import OPTION, Fault, Place
from sim.period.packed_state import TOOL_BODY, TORQUE_LIMIT, Arena
from sim.person.tissue_tier import Tier
from sim.surroundings.surroundings import Surroundings
from trajectories.anatomy.spine import SpineLine

TIME_ROUNDING_S = 1e-9
"""The time of a fault is met when less than this is missing."""
LAW_ONLY = frozenset({"tissue_stiff"})
"""Faults of the contact law, which finite elements cannot have."""


def _check_joint(fault: Fault, arm: ArmDescription) -> None:
    """Refuse a fault of a joint that an arm does not have; raises ConfigError."""
    joints = len(arm.joint_names)
    if not fault.acts_on <= joints:
        kind = fault.kind
        got = f"value {fault.value:g}" if kind.is_whole else f"joint {fault.joint}"
        every = "" if kind.is_whole and kind.lowest > EVERY_JOINT else f", or {EVERY_JOINT} for all of them"
        raise ConfigError(f"{OPTION} {fault.name}", got, f"a joint from 1 to {joints} of {arm.name}{every}")


def check_tissue(name: str, tier: Tier, option: str = OPTION) -> None:
    """Refuse a fault that this tissue model cannot have; raises ConfigError that names the option."""
    if tier is Tier.FEM and name in LAW_ONLY:
        allowed = "any other fault, or this one with --tissue law"
        raise ConfigError(option, f"{name!r} with --tissue fem", allowed)


def check_fault(fault: Fault, arm: ArmDescription, tier: Tier) -> None:
    """Refuse a fault that this arm or this tissue model cannot have; raises ConfigError."""
    _check_joint(fault, arm)
    check_tissue(fault.name, tier)


class Injection:
    """The faults of one simulated arm.

    Args:
        joints: number of joints n.
        dt_s: period [s].
    """

    def __init__(self, joints: int, dt_s: float) -> None:
        self._joints, self._dt_s = joints, dt_s
        self.torques = TorqueFaults(joints)
        """What is wrong with the torques of the drives."""
        self.on_begin: Callable[[float, Fault], None] | None = None
        """Told of every fault as it begins; faults of the rig and of the record are for it to carry out."""
        self.wait_for(())

    def configure(self, arena: Arena, spine: SpineLine, around: Surroundings) -> None:
        """Take note of how things are without faults."""
        self._world = WorldFaults(arena, self._dt_s, spine)
        self._around = around

    def reset(self, arena: Arena, generator: np.random.Generator, faults: tuple[Fault, ...]) -> Arena:
        """Undo all faults, wait for these from now on, and return the arena to begin with."""
        self._senses = SenseFaults(generator, self._joints, self._dt_s)
        self.torques = TorqueFaults(self._joints)
        self._stopped_s = math.nan
        self.have_begun = False
        self.wait_for(faults)
        return self._world.undo(arena)

    def wait_for(self, faults: tuple[Fault, ...]) -> None:
        """Wait for these faults and no others."""
        self.waiting = tuple(sorted(faults, key=lambda fault: fault.start_s))
        """In the order of their times."""
        self.next_s = self.waiting[0].start_s - TIME_ROUNDING_S if faults else math.inf
        """Time of the first one."""

    def begin_due(self, t_s: float, bullet: BulletArm, arena: Arena, samples: Sequence[list[float]]) -> Arena:
        """Let those faults begin whose time has come and return the arena to go on with.

        Args:
            t_s: time.
            bullet: the arm.
            arena: its numbers.
            samples: (6,) wrist samples so far, the last of them at the end.

        Raises:
            PlantError: a fault of the rig, with no rig around the arm.
        """
        if not math.isnan(self._stopped_s):
            arena = self._world.stop(arena, self._stopped_s)
            self._stopped_s = math.nan
            self.wait_for(self.waiting)
        while t_s >= self.next_s:
            fault, *rest = self.waiting
            self.wait_for(tuple(rest))
            place = fault.kind.place
            if place is Place.SENSES:
                self._senses.begin(fault, samples)
            elif fault.name == "tool_mass_wrong":
                bullet.set_extra_tool_mass(fault.value)
                arena.constants[TOOL_BODY:TORQUE_LIMIT] = bullet.tool_body()
            elif place is Place.ROOM:
                self._around.obstruct(arena, fault.value * 1e-3)
            elif fault.name in UNKNOWN_TORQUE:
                self.torques.begin(fault, t_s)
            elif place in (Place.ARM, Place.PERSON):
                arena = self._world.begin(fault, arena, t_s)
            elif self.on_begin is None:
                raise PlantError(f"simulated arm alone got fault {fault.name}", "use the supervised rig for it")
            self.have_begun = True
            if self.on_begin is not None:
                self.on_begin(t_s, fault)
        return arena

    @property
    def is_sensor_silent(self) -> bool:
        """True where the wrist sensor gives no new samples."""
        return self._senses.is_silent

    def distort(self, sensed: list[float], wrench: list[float], age_s: float) -> tuple[list[float], float]:
        """Apply the faults of the senses to a period, see ``SenseFaults.distort``."""
        return self._senses.distort(sensed, wrench, age_s)

    def act(self, arena: Arena, t_s: float) -> None:
        """Let a period pass for those faults that go on acting: tissue hardens, wrong torques add to the load."""
        self._world.harden(arena)
        self.torques.add(arena.torque, arena.load, t_s)

    @property
    def await_stop(self) -> bool:
        """True where a fault that has begun waits for the session to be stopped."""
        return self._world.awaits_stop

    def note_stop(self, t_s: float) -> None:
        """Let those faults that wait for a stop follow one at this time, with the next period."""
        if self._world.awaits_stop:
            self._stopped_s, self.next_s = t_s, -math.inf

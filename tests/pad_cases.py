"""Commands, references and limits of tools with one pad and with two, for tests of the gate."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from controller.safety.gate import Gate, Judgement
from controller.safety.limits import GateLimits, PadGeometry, PadLimits, PressLimits
from controller.safety.projection import tool_wrench
from controller.types import (
    Command,
    ContactState,
    PadEstimate,
    PadReference,
    ToolTerms,
    Vector3,
)
from tests.gate_cases import (
    DEPTH_M,
    levers,
    limits,
    reference,
    state,
    terms,
    torque,
    wrench_of,
)

ARM = terms(np.random.default_rng(11))
DT_S = 1e-3
NAN = math.nan
OWN = (PadLimits(40.0, 20.0, 3.0, 30.0, DEPTH_M), PadLimits(30.0, 10.0, 4.0, 18.0, DEPTH_M))
"""Different in everything, so that no pad can stand in for the other."""
LEANING = ((0.0, -0.28, 0.96), (0.0, 0.0, 1.0))
"""Normals of pads on both sides of a ridge."""


def around(limit: float) -> list[tuple[float, bool]]:
    """Return values at and around an upper limit, and whether they pass it; what is no number always does."""
    above = math.nextafter(limit, math.inf)
    within = (-math.inf, -1e9, -limit, -0.0, 0.0, 5e-324, 0.5 * limit, math.nextafter(limit, -math.inf), limit)
    return [*((value, False) for value in within), *((value, True) for value in (above, 2.0 * limit, math.inf, NAN))]


class PadCases:
    """One tool and commands for it; every test goes through each of its pads."""

    geometry: tuple[PadGeometry, ...]
    normals: tuple[Vector3, ...]

    @property
    def count(self) -> int:
        return len(self.geometry)

    def bounds(
        self,
        own: Sequence[PadLimits] | None = None,
        sum_n: float = 90.0,
        sum_trip_n: float = 90.0,
        damping: float = 1000.0,
        **changes: object,
    ) -> GateLimits:
        pressing = PressLimits(tuple(own or OWN[: self.count]), sum_n, sum_trip_n, damping)
        values: dict[str, object] = {
            "loading_rate_n_per_s": 1e9,
            "torque_nm": (1e6,) * 7,
            "pads": self.geometry,
            **changes,
        }
        return limits(strokes=(pressing,), **values)

    def command(
        self, presses: Sequence[float] | None = None, *, arm: ToolTerms = ARM,
        contact: ContactState = ContactState.WORK,
        normals: Sequence[Vector3] | None = None, surface: Vector3 = (0.0, 0.0, 0.0), **of_pads: Sequence[object],
    ) -> Command:  # fmt: skip
        """Return a command that presses the pads with the given forces; ``of_pads`` holds a value for every pad."""
        normals = normals or self.normals
        asked = torque(arm, wrench_of(self.geometry, presses or (0.0,) * self.count, self.normals))
        estimates = []
        for k in range(self.count):
            target = OWN[k].target_n
            calm: dict[str, object] = {
                "normal_w": normals[k],
                "press_n": target,
                "observer_n": target,
                "target_n": target,
                "is_sensor_trusted": True,
            }
            calm.update({name: values[k] for name, values in of_pads.items()})
            estimates.append(PadEstimate(**calm))  # type: ignore[arg-type]
        return Command(asked, arm, tuple(estimates), contact, surface, 0.0)

    def judge(
        self, bounds: GateLimits, command: Command, gate: Gate | None = None, t_s: float = 0.0, **senses: object
    ) -> Judgement:
        wanted = dataclasses.replace(
            reference(), pads=tuple(PadReference(normal, 10.0, 0.0) for normal in self.normals)
        )
        return (gate or Gate(bounds, DT_S)).judge(command, state(t_s=t_s, **senses), wanted, t_s)

    def presses(self, command: Command, judgement: Judgement) -> list[float]:
        """Return the press force of every pad in torques that went out, by the moment about the other pad."""
        force, moment = np.split(np.array(tool_wrench(judgement.command.tau_nm, command.terms)), 2)
        if self.count == 1:
            return [-float(force @ self.normals[0])]
        mean = np.sum(self.normals, axis=0)
        places = levers(self.geometry)
        found = []
        for here, there, normal in ((places[0], places[1], self.normals[0]), (places[1], places[0], self.normals[1])):
            roll = np.cross(here - there, mean)
            about = moment - np.cross(there, force)
            found.append(-float(about @ roll) / float(np.cross(here - there, normal) @ roll))
        return found

    def one(self, k: int, value: object, rest: object) -> list[object]:
        """Return ``value`` for pad ``k`` and ``rest`` for the others."""
        return [value if k == other else rest for other in range(self.count)]

    def name(self, k: int) -> str:
        return "" if self.count == 1 else f", pad {self.geometry[k].name}"

"""The faults a campaign goes through, and how one is brought into a running simulation."""

from __future__ import annotations

from collections.abc import Iterable

from controller.errors import ConfigError
from sim.options import SimulationOptions
from sim.patient import Rise
from sim.world import SimPlant, build_simulation
from workbench.fault_cells import Case
from workbench.fault_stage import Stage
from workbench.run_session import DT_S

STUB = {"patient_jerk": (0.2, 0.02), "patient_away": (0.1, -0.04), "patient_jerk_fast": (0.1, 0.02), "nothing": (0.1, 0.0)}


def cases(names: Iterable[str]) -> tuple[Case, ...]:
    return tuple(Case((n,), n.startswith("patient")) for n in names or STUB)


def make_plant(stage: Stage, seed: int) -> SimPlant:
    idle = Rise(1e9, 0.1, 0.0)
    return build_simulation(stage.robot.arm, stage.robot.placement, stage.body, SimulationOptions(seed=seed, dt_s=DT_S, rises=(idle,)))


def inject(plant: SimPlant, case: Case, t_s: float) -> None:
    for fault in case.faults:
        duration, height = STUB[fault]
        plant._arena.profile[1, :] = (t_s, duration, height)

"""Load every compiled kernel before time counts: a first call compiles or loads code for seconds."""

from __future__ import annotations

import sys

from sim.options import SimulationOptions
from sim.plant import build_simulation
from workbench.runs.prepare import DT_S, Prepared, load_inputs, prepare
from workbench.runs.request import SessionRequest

TICKS = 5


def warm_up(prepared: Prepared) -> None:
    """Run a few ticks of a throw-away session with the same arm and body; nothing of it is kept."""
    inputs = prepared.inputs
    plant = build_simulation(inputs.arm, prepared.placement, inputs.body, SimulationOptions(dt_s=DT_S))
    law, gate = prepared.parts.law(), prepared.parts.gate()
    plant.configure()
    try:
        plant.activate(prepared.plan.start_q_rad)
        for _ in range(TICKS):
            state = plant.read()
            reference = prepared.plan.at(state.t_s)
            plant.apply(gate.judge(law.step(state, reference), state, reference, state.t_s).command)
    finally:
        plant.deactivate()


def main() -> int:
    """Fill the kernel cache with a planning and a few ticks of the default session."""
    request = SessionRequest("first_session", "median_f", "law", "servo7", "standard", 0.0, 1)
    warm_up(prepare(load_inputs(request)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Load every compiled kernel before time counts: a first call compiles or loads code for seconds."""

from __future__ import annotations

import sys
from dataclasses import replace

from controller.session_parts import SessionParts
from controller.types import ArmState, Authority
from sim.person.tissue_tier import Tier
from sim.plant import build_simulation
from trajectories.plan import Plan
from workbench.runs.prepare import Prepared, load_inputs, prepare, simulation_options
from workbench.runs.request import SessionRequest

TICKS, LOOP_TICKS = 5, 20


def warm_up(prepared: Prepared) -> None:
    """Run a few ticks of a throw-away session with the same arm and body; nothing of it is kept."""
    inputs = prepared.inputs
    options = replace(simulation_options(inputs), faults=(), tier=Tier.LAW)
    plant = build_simulation(inputs.arm, prepared.placement, inputs.body, options)
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


def warm_loop(parts: SessionParts, plan: Plan) -> None:
    """Run a few ticks of law and gate by themselves: for a session whose drives are in another process."""
    law, gate = parts.law(), parts.gate()
    start, nothing = plan.start_q_rad, (0.0,) * len(plan.start_q_rad)
    state = ArmState(0.0, start, nothing, nothing, (0.0,) * 6, 0.0, 0, Authority.HOST, 0.0, 0.0)
    reference = plan.at(0.0)
    for _ in range(LOOP_TICKS):
        gate.judge(law.step(state, reference), state, reference, 0.0)


def main() -> int:
    """Fill the kernel cache with a planning and a few ticks of the default session."""
    request = SessionRequest("first_session", "median_f", "law", "servo7", "standard", 0.0, 1, plant="typical")
    warm_up(prepare(load_inputs(request)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

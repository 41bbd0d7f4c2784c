"""A session on servo hardware, or its rehearsal: the same driver against a peer that plays servos, sensor and arm."""

from __future__ import annotations

import argparse
from dataclasses import replace

from controller.errors import ConfigError
from hardware.rig_file import load_rig
from sim.differences.plants import EXACT
from workbench.commands.session import Stand, run_at
from workbench.runs.drive import RigSession
from workbench.runs.prepare import Prepared, load_inputs
from workbench.runs.request import DEFAULT_PLANT, SessionRequest
from workbench.runs.warm_up import warm_loop


def main(arguments: argparse.Namespace) -> int:
    """Run a whole session on a rig; record, report and summary are left in the run's folder."""
    file = load_rig(arguments.rig)
    if not arguments.rehearse:
        if arguments.plant is not None:
            raise ConfigError("--plant", arguments.plant, "it with --rehearse only", "real arms are what they are")
        file.refuse_slow_bus()
        file.driver().open().close()  # refused before anything is planned
    inputs = load_inputs(_request(arguments, file.content.arm))
    rig = file.rig(inputs.arm, is_simulated=arguments.rehearse)
    inputs = replace(inputs, rig=rig, rig_path=file.path)
    what = "the rehearsal" if arguments.rehearse else "the loop"
    stand = Stand(f"loading {what} (compiled at its first use, about a minute)", _warm_up,
                  RigSession(file, arguments.rehearse))  # fmt: skip
    return run_at(stand, inputs, arguments)


def _warm_up(prepared: Prepared) -> None:
    warm_loop(prepared.parts, prepared.plan)


def _request(arguments: argparse.Namespace, arm: str) -> SessionRequest:
    plant = (arguments.plant or DEFAULT_PLANT) if arguments.rehearse else EXACT
    return SessionRequest(
        program=arguments.program,
        body=arguments.body,
        tissue="law",
        arm=arm,
        gains=arguments.gains,
        surface_error_mm=arguments.surface_error,
        seed=arguments.seed,
        events=arguments.events,
        corrections=arguments.corrections,
        base=arguments.base,
        plant=plant,
    )

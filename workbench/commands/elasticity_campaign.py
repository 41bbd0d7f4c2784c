"""The campaign of elastic joints: from soft to stiff, encoders on either side."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

import orjson

from trajectories.anatomy.body import load_body
from trajectories.programs.loader import load_program
from urdf.arms import arm_names, load_arm
from workbench.campaigns.elasticity import (
    SWEEP_PROGRAM,
    TARGET_RMSE_N,
    ElasticTrial,
    elastic_lines,
    elastic_tasks,
    run_sweep,
)
from workbench.commands.fault_campaigns import on_processes
from workbench.docs_pictures.table_sources import Table, stamped
from workbench.runs.output import write_text

BODIES = ("median_f",)


def elasticity(arguments: argparse.Namespace) -> int:
    """Run the sweep and print its table; return 0 where every arm was refused or served, else 4."""
    program, bodies, arms = arguments.program or SWEEP_PROGRAM, arguments.bodies or BODIES, arguments.arms
    load_program(program)
    for names, load in ((bodies, load_body), (arms or (), load_arm)):
        for name in names:
            load(name)
    tasks = elastic_tasks(program, bodies, arms or arm_names())
    label = f"sweep of {len(tasks)} arms"
    done = on_processes(arguments.jobs, label, lambda executor, told: run_sweep(tasks, executor, told))
    passed = sum(trial.is_passed for trial in done)
    if arguments.json:
        rows = [asdict(trial) | {"is_passed": trial.is_passed} for trial in done]
        sys.stdout.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        print("\n".join(elastic_lines(done)))
        print(
            f"{passed} of {len(done)} arms were refused before anything moved, or completed within {TARGET_RMSE_N:g} N"
        )
    if arguments.markdown is not None:
        command = "massage-arm " + " ".join(sys.argv[1:])
        write_text(arguments.markdown, stamped(_page(done, program, command), Table.ELASTICITY, command))
    return 0 if passed == len(done) else 4


def _page(done: tuple[ElasticTrial, ...], program: str, command: str) -> str:
    completed = sum(trial.result is not None and trial.result.verdict == "completed" for trial in done)
    text = (
        f"Made by `{command}`: {len(done)} sessions of `{program}`, {completed} completed, "
        f"{sum(trial.is_passed for trial in done)} as wanted: completed within {TARGET_RMSE_N:g} N and under every "
        "limit, or refused before anything moved. The arm's description says the joints, as an arm file does, and the "
        "simulated joints have that stiffness, the damping ratio 0.05 and the arm's motors. All figures are of the "
        "truth."
    )
    return "\n".join(["# Elastic joints", "", text, "", *elastic_lines(done), ""])

"""The campaigns; here the one of acceptance: the default program over bodies, arms, gains, seeds and a wrong skin."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

import orjson

from controller.errors import ConfigError
from sim.differences.plants import EXACT
from sim.person.tissue_tier import Tier, tier_named
from trajectories.anatomy.body import body_names, load_body
from trajectories.programs.loader import DEFAULT_PROGRAM, load_program
from urdf.arms import arm_names, load_arm
from workbench.campaigns.acceptance import Trial, requests, run_campaign, table, without_repeats
from workbench.campaigns.acceptance_report import markdown
from workbench.commands import elasticity_campaign, fault_campaigns, tissue_campaigns
from workbench.docs_pictures.table_sources import Table, stamped
from workbench.record.summary import Summary
from workbench.runs.gains_file import load_gains
from workbench.runs.output import write_text
from workbench.runs.request import DEFAULT_PLANT, SessionRequest

OWN_OPTIONS = {
    "techniques": ("faults",),
    "faults": ("faults",),
    "tissue": ("acceptance", "faults"),
    "count": ("alarms",),
    "cells": ("faults",),
    "program": ("acceptance", "alarms", "elasticity"),
    "surface_errors": ("acceptance",),
    "plants": ("acceptance", "faults", "alarms"),
    "earlier": ("acceptance", "faults"),
    "bodies": ("acceptance", "faults", "alarms", "elasticity", "tissue"),
    "arms": ("acceptance", "faults", "alarms", "elasticity"),
    "gains": ("acceptance", "faults", "alarms"),
    "seeds": ("acceptance", "faults", "alarms"),
}
"""Options that only some campaigns take."""
OPTION_NAMES = {"surface_errors": "--surface-errors", "earlier": "--from"}


def main(arguments: argparse.Namespace) -> int:
    """Run the campaign that was asked for; return 0 where everything passed, else 4."""
    for option, campaigns in OWN_OPTIONS.items():
        if getattr(arguments, option) is not None and arguments.name not in campaigns:
            name = OPTION_NAMES.get(option, f"--{option}")
            got = f"a value for campaign {arguments.name}, which does not use it"
            raise ConfigError(name, got, f"campaign {' or '.join(campaigns)}", "leave it out")
    for path in arguments.earlier or ():
        if not path.is_file():
            raise ConfigError("--from", str(path), "a file that campaign --json printed", "check the path")
    run = {
        "acceptance": acceptance,
        "faults": fault_campaigns.faults,
        "alarms": fault_campaigns.alarms,
        "elasticity": elasticity_campaign.elasticity,
    } | tissue_campaigns.RUN
    return run[arguments.name](arguments)


def acceptance(arguments: argparse.Namespace) -> int:
    """Run the campaign and print its table; return 0 where every trial reached its targets, else 4."""
    done = _earlier(arguments.earlier) if arguments.earlier else _run(arguments)
    if arguments.json:
        sys.stdout.write(orjson.dumps([_row(trial) for trial in done], option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        print("\n".join(table(done)))
        print(f"{sum(not trial.misses for trial in done)} of {len(done)} sessions reached every target")
    if arguments.markdown is not None:
        command = "massage-arm " + " ".join(sys.argv[1:])
        is_fem = bool(done) and all(trial.request.tissue == Tier.FEM for trial in done)
        write_text(
            arguments.markdown,
            stamped(markdown(done, command), Table.RESULTS_FEM if is_fem else Table.RESULTS, command),
        )
    return 0 if all(not trial.misses for trial in done) else 4


def _run(arguments: argparse.Namespace) -> tuple[Trial, ...]:
    _check_names(arguments)
    tier = tier_named(arguments.tissue or Tier.LAW)
    is_slow = tier is Tier.FEM
    trials = requests(
        arguments.program or DEFAULT_PROGRAM,
        arguments.bodies or body_names(),
        arguments.arms or (("servo7",) if is_slow else arm_names()),
        arguments.gains or ("standard",),
        arguments.seeds or ((1,) if is_slow else (1, 2, 3)),
        arguments.surface_errors if arguments.surface_errors is not None else ((0.0,) if is_slow else (0.0, 3.0)),
        tier,
        arguments.plants or ((DEFAULT_PLANT,) if is_slow else (EXACT, DEFAULT_PLANT)),
    )
    if not (arguments.seeds or arguments.plants):
        trials = without_repeats(trials)
    label = f"campaign of {len(trials)} sessions"
    return fault_campaigns.on_processes(
        arguments.jobs, label, lambda executor, told: run_campaign(trials, executor, told)
    )


def _check_names(arguments: argparse.Namespace) -> None:
    """Refuse a name that no session could use before the first one begins."""
    load_program(arguments.program or DEFAULT_PROGRAM)
    for names, load in ((arguments.bodies, load_body), (arguments.arms, load_arm), (arguments.gains, load_gains)):
        for name in names or ():
            load(name)
    fault_campaigns.check_plants(arguments)


def _earlier(paths: list[Path]) -> tuple[Trial, ...]:
    """Return the trials of earlier campaigns, as ``--json`` printed them."""
    trials: list[Trial] = []
    for path in paths:
        try:
            for row in orjson.loads(path.read_bytes()):
                summary = row["summary"] and Summary.model_validate_json(orjson.dumps(row["summary"]))
                request = SessionRequest(**{**row["request"], "faults": tuple(row["request"]["faults"])})
                trials.append(Trial(request, summary, row["error"], tuple(row["misses"])))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError("--from", f"{path} ({type(error).__name__})", "what campaign --json printed") from error
    return tuple(sorted(trials, key=lambda trial: _order(trial.request)))


def _order(request: SessionRequest) -> tuple[str, str, str, float, str, int]:
    return request.arm, request.gains, request.plant, request.surface_error_mm, request.body, request.seed


def _row(trial: Trial) -> dict[str, object]:
    summary = trial.summary.model_dump(mode="json") if trial.summary is not None else None
    return {"request": asdict(trial.request), "summary": summary, "error": trial.error, "misses": trial.misses}

"""A campaign as a Markdown page: the worst of every group against its target, then every session."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from sim.person.tissue_tier import Tier
from workbench.campaigns.acceptance import Targets, Trial, table, targets_for
from workbench.record.summary import Summary

FIGURES = (
    ("force_rmse_n", "force rmse N"),
    ("force_p95_abs_error_n", "95 % of errors within N"),
    ("normal_angle_mean_deg", "mean normal angle deg"),
    ("path_rmse_mm", "path rmse mm"),
    ("landing_peak_n", "landing peak N"),
)


def markdown(trials: tuple[Trial, ...], command: str) -> str:
    """Return the page.

    Args:
        trials: the campaign, in the order of its requests.
        command: the command that made it.
    """
    is_fem = all(trial.request.tissue == Tier.FEM for trial in trials)
    speeds = [trial.summary.realtime_factor for trial in trials if trial.summary is not None]
    known = [speed for speed in speeds if speed is not None]
    lines = [
        "# Results on finite elements" if is_fem else "# Results",
        "",
        f"Made by `{command}`: {len(trials)} sessions, {sum(not trial.misses for trial in trials)} reached every "
        "target.",
        "All figures are of the truth, over all working samples; each row holds the worst session of its group, "
        "the target in brackets."
        + (f" Simulated at {min(known):.2f} to {max(known):.2f} of real time." if known else ""),
        "",
        "| arm | gains | plant | planner's skin | "
        + " | ".join(name for _, name in FIGURES)
        + " | over limit | peak / bound N |",
        "| --- " * (len(FIGURES) + 6) + "|",
    ]
    lines += [_row(list(group)) for _, group in groupby(trials, key=_group)]
    return "\n".join([*lines, "", "```", *table(trials), "```", ""])


def _group(trial: Trial) -> tuple[str, str, str, float]:
    return trial.request.arm, trial.request.gains, trial.request.plant, trial.request.surface_error_mm


def _row(group: list[Trial]) -> str:
    arm, gains, plant, error = _group(group[0])
    targets = targets_for(group[0].request)
    found = [trial.summary for trial in group if trial.summary is not None]
    skin = "exact" if error == 0.0 else f"{error:g} mm off"
    cells = [_worst(found, name, targets) for name, _ in FIGURES]
    over = sum(summary.over_limit_samples for summary in found)
    slack = max(found, key=lambda s: (s.peak_force_n or 0.0) - (s.worst_case_bound_n or 0.0), default=None)
    peak = "-" if slack is None else f"{slack.peak_force_n or 0.0:.1f} / {slack.worst_case_bound_n or 0.0:.1f}"
    return f"| {arm} | {gains} | {plant} | {skin} | " + " | ".join(cells) + f" | {over} | {peak} |"


def _worst(found: Iterable[Summary], name: str, targets: Targets) -> str:
    values = [getattr(summary, name) for summary in found]
    known = [value for value in values if value is not None]
    target = getattr(targets, name)
    worst = f"{max(known):.2f}" if known else "-"
    return worst if target is None else f"{worst} ({target:g})"

"""Joint torques against their limits."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from workbench.figures.style import JOINTS, LIMIT, envelope, new_figure
from workbench.reader import RunData

POINTS_PER_JOINT = 500


def torque_shares(run: RunData) -> Figure:
    """Return the torque sent to every joint as a share of its limit, over time."""
    steps, limits = run.steps, np.array(run.config.torque_limit_nm)
    figure, (axes,) = new_figure(2.9)
    shares = 100.0 * steps.tau_nm / limits if steps.count else np.zeros((0, 0))
    for joint in range(shares.shape[1]):
        label = f"{joint + 1}: up to {np.nanmax(np.abs(shares[:, joint])):.0f} %"
        line = envelope(steps.t_s, shares[:, joint], POINTS_PER_JOINT)
        axes.plot(*line, color=JOINTS[joint % len(JOINTS)], linewidth=0.9, label=label)
    for sign in (-1.0, 1.0):
        axes.axhline(sign * 100.0, color=LIMIT, linewidth=0.9)
    axes.set(xlabel="time [s]", ylabel="torque sent [% of limit]", ylim=(-112.0, 112.0))
    if shares.shape[1]:
        axes.legend(title="joint", loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=9.0)
    return figure

"""The last second before a stop."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from workbench.figures.style import (
    INK,
    LIMIT,
    PALE,
    QUIET,
    SENSED,
    TRUE,
    WIDE,
    Canvas,
    finished,
    legend_above,
    new_figure,
)
from workbench.record.reader import RunData

BEFORE_S = 1.0
AFTER_S = 0.5


def last_second(run: RunData, stop_s: float, canvas: Canvas = WIDE) -> Figure:
    """Return press force, static press of the torques sent and the largest torque share around the time of a stop.

    Args:
        run: the run.
        stop_s: session time of the stop.
        canvas: what it is drawn for.
    """
    steps = run.steps
    shown = (steps.t_s >= stop_s - BEFORE_S) & (steps.t_s <= stop_s + AFTER_S)
    t = steps.t_s[shown] - stop_s
    figure, (force, audit, torque) = new_figure(7.6 if canvas.is_narrow else 6.4, rows=3, share_x=True, canvas=canvas)
    columns = 2 if canvas.is_narrow else 5
    force.plot(t, steps.press_target_n[shown, 0], color=PALE, linewidth=4.5, label="wanted")
    force.plot(t, steps.press_observer_n[shown, 0], color=QUIET, dashes=(4, 2), label="from joint torques")
    force.plot(t, steps.press_est_n[shown, 0], color=SENSED, linewidth=1.6, label="sensed")
    if steps.has_truth:
        force.plot(t, steps.press_true_n[shown, 0], color=TRUE, label="true")
        force.plot(t, steps.limit_n[shown, 0], color=LIMIT, label="hard limit")
    force.set_ylabel("press force [N]")
    legend_above(force, columns)
    audit.plot(t, steps.audit_press_n[shown], color=TRUE, label="of the torques sent")
    audit.plot(t, steps.audit_limit_n[shown], color=LIMIT, label="its limit")
    audit.set_ylabel("static press [N]")
    legend_above(audit, 2)
    share = 100.0 * np.max(np.abs(steps.tau_nm[shown] / np.array(run.config.torque_limit_nm)), axis=1, initial=0.0)
    torque.plot(t, share, color=TRUE)
    torque.axhline(100.0, color=LIMIT)
    torque.set(ylabel="largest torque\n[% of limit]", xlabel=f"time after the stop at {stop_s:.3f} s [s]")
    for axes in (force, audit, torque):
        axes.axvline(0.0, color=INK, linewidth=0.9)
    return finished(figure, canvas)

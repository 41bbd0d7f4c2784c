"""The truth of a rehearsal, period by period: written by the peer, read by whoever judges or records the session."""

from __future__ import annotations

import time

import numpy as np

from controller.errors import PlantError
from controller.types import Truth
from sim.plant import SimPlant
from sim.truth_log import Ledger, Rows

REGION_BYTES = 48
"""Longest name of a region."""
TRUTH_ROW = np.dtype(
    [
        ("t_s", "f8"),
        ("press_n", "f8"),
        ("force_w", "f8", (3,)),
        ("depth_m", "f8"),
        ("p_wc", "f8", (3,)),
        ("normal_w", "f8", (3,)),
        ("limit_n", "f8"),
        ("tissue_work_j", "f8"),
        ("net_energy_j", "f8"),
        ("p_wt", "f8", (3,)),
        ("tool_axis_w", "f8", (3,)),
        ("tool_speed_m_s", "f8"),
        ("is_on", "?"),
        ("region", f"S{REGION_BYTES}"),
    ]
)
"""Time at which the period began, what ``Truth`` holds, tool speed at its end, whether the servos gave torque."""
WAIT_S = 10.0
"""Longest wall time for the next period: the owner waits for its masters for some seconds (assumed)."""
POLL_S = 1e-4


def truth_row(t_s: float, plant: SimPlant, *, is_on: bool) -> tuple[object, ...]:
    """Return the row of the period that has just passed."""
    (truth,) = plant.truth()
    tool, _ = plant.true_tool()
    return (
        t_s, truth.press_n, truth.force_w, truth.depth_m, truth.p_wc, truth.normal_w, truth.limit_n,
        truth.tissue_work_j, truth.net_energy_j, truth.p_wt, truth.tool_axis_w, float(np.linalg.norm(tool[3:6])),
        is_on, truth.region.encode()[:REGION_BYTES],
    )  # fmt: skip


class LedgerTruth:
    """The truth behind a ledger, for whoever records a session.

    Args:
        ledger: written by the peer, a row every period from time zero on.
        dt_s: period.
    """

    def __init__(self, ledger: Ledger, dt_s: float) -> None:
        self._ledger, self._dt_s = ledger, dt_s
        self._seen = 0

    def skip_to(self, t_s: float) -> None:
        """Leave out what began before a time."""
        self._seen = max(self._seen, round(t_s / self._dt_s))

    def worst(self, t_s: float) -> Truth:
        """Wait for the period that begins at a time; return the worst since the last call.

        Raises:
            PlantError: the peer stands still.
        """
        rows = self.rows(round(t_s / self._dt_s))
        return as_truth(rows[int(np.argmax(rows["press_n"]))])

    def rows(self, row: int) -> Rows:
        """Wait for a row and return all since the last call, the last one at least.

        Raises:
            PlantError: the peer stands still.
        """
        count, until_s = -1, 0.0
        while self._ledger.count <= row:
            if self._ledger.count > count:
                count, until_s = self._ledger.count, time.monotonic() + WAIT_S
            if not time.monotonic() < until_s:
                raise PlantError(f"no period of the peer within {WAIT_S:g} s", "start the rehearsal again")
            time.sleep(POLL_S)
        rows = self._ledger.rows(min(self._seen, row))
        self._seen = min(self._seen, row) + len(rows)
        return rows


def as_truth(row: np.void) -> Truth:
    """Return a row as the truth of a period."""

    def vector(name: str) -> tuple[float, float, float]:
        x, y, z = row[name].tolist()
        return x, y, z

    return Truth(
        press_n=float(row["press_n"]),
        force_w=vector("force_w"),
        depth_m=float(row["depth_m"]),
        p_wc=vector("p_wc"),
        normal_w=vector("normal_w"),
        region=bytes(row["region"]).decode(),
        limit_n=float(row["limit_n"]),
        tissue_work_j=float(row["tissue_work_j"]),
        net_energy_j=float(row["net_energy_j"]),
        p_wt=vector("p_wt"),
        tool_axis_w=vector("tool_axis_w"),
    )

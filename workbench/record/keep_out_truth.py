"""Whether a pad was really in a keep-out: the true contact foot against the keep-outs of the true body, unwidened."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from controller.errors import MassageArmError
from controller.session_limits import LIGHT_N
from trajectories.anatomy.body import load_body
from trajectories.anatomy.keepout import ALLOWED, OFF_BODY_CODE, KeepOutMap
from workbench.record.columns import StepColumns


@dataclass(frozen=True, slots=True)
class KeepOutTruth:
    """What pads did in keep-outs.

    Attributes:
        samples: ticks with a pad that presses there with more than a touch.
        peak_n: largest press force there; 0 where nothing touched there at all.
    """

    samples: int
    peak_n: float


def keep_out_truth(steps: StepColumns, body: str) -> KeepOutTruth | None:
    """Return what pads did in keep-outs; None without a truth, or where the body's file is not at hand.

    What lies beside the body is no keep-out here: nothing is pressed there.
    """
    found = _keep_outs(body) if steps.has_truth else None
    if found is None:
        return None
    press, foot = steps.press_true_n.ravel(), steps.p_wc.reshape(-1, 3)
    touching = np.flatnonzero(~(press <= 0.0))
    codes = found.code_at(foot[touching, 0], foot[touching, 1])
    inside = press[touching][(codes != ALLOWED) & (codes != OFF_BODY_CODE)]
    return KeepOutTruth(int(np.count_nonzero(~(inside <= LIGHT_N))), float(np.max(inside, initial=0.0)))


@lru_cache(maxsize=16)
def _keep_outs(body: str) -> KeepOutMap | None:
    try:
        return KeepOutMap.from_body(load_body(body))
    except (MassageArmError, OSError):
        return None

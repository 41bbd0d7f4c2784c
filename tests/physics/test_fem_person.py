"""A person who moves does so on finite elements exactly as under the contact law: the bone goes where the skin goes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.faults.kinds import Fault
from sim.options import SimulationOptions
from sim.period.packed_state import RESULT
from sim.person.contact_law import FOOT, SKIN_AMPLITUDE
from sim.person.tissue_tier import Tier
from tests.sim_cases import Rig, setting

Array = NDArray[np.float64]
DT_S = 1e-3
MOTIONS = (
    Fault("patient_jerk", 20.0, 0.10),
    Fault("patient_cough", 4.0, 0.30),
    Fault("patient_roll", 10.0, 0.32),
    Fault("patient_gets_up", 5.0, 0.35),
    Fault("patient_away", 8.0, 0.85),
)
TICKS = 1050
PRESS_N = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """How skin and bone moved, period by period from the first with tissue under the pad.

    Attributes:
        law_m: (K,) displacement of the law's skin at the foot of the pad.
        law_m_s: (K,) its speed.
        bone_m: (K,) displacement of the bone under the patch.
        bone_m_s: (K,) speed that the patch was told.
        skew_m: largest displacement of a node on bone other than up.
        press_n: (K,) press force.
    """

    law_m: Array
    law_m_s: Array
    bone_m: Array
    bone_m_s: Array
    skew_m: float
    press_n: Array


@pytest.fixture(scope="module")
def motion() -> Motion:
    rig = Rig(SimulationOptions(has_noise=False, has_scatter=False, tier=Tier.FEM, faults=MOTIONS), (0.1, 0.04, 0.0215))
    skin, rows, skew_m = setting()[3], [], 0.0
    for _ in range(TICKS):
        press_n = rig.step(PRESS_N).press_n
        soft, arena = rig.plant.soft, rig.plant._opened()[1]
        if soft is None or soft._patch is None:
            continue
        found, result = soft.surface_m(), arena.state[RESULT:]
        assert found is not None
        back, nodes = found
        x_m, y_m, z_m = result[FOOT : FOOT + 3].tolist()
        _, rate, _, speed_m_s = arena.patient.tolist()
        moved = (nodes - back.mesh.points_m)[back.mesh.anchored]
        bone_m = float(moved[:, 2].mean())
        skew_m = max(skew_m, float(np.ptp(moved[:, 2])), float(np.abs(moved[:, :2]).max()))
        law_m_s = speed_m_s + rate * float(result[SKIN_AMPLITUDE])
        rows.append((z_m - float(skin.height(x_m, y_m)[0]), law_m_s, bone_m, soft._lift_rate_m_s, press_n))
    rig.close()
    law_m, law_m_s, bone_m, bone_m_s, press_n = np.array(rows).T
    return Motion(law_m, law_m_s, bone_m, bone_m_s, skew_m, press_n)


def test_the_bone_is_where_the_laws_skin_has_gone(motion: Motion) -> None:
    assert len(motion.law_m) > 1000
    assert np.abs(motion.bone_m - motion.law_m).max() < 1e-4
    assert motion.skew_m < 1e-6, "straight up, as one"


def test_it_goes_as_fast(motion: Motion) -> None:
    """The pad is given its speed against bone of exactly the law's speed."""
    assert np.abs(motion.bone_m_s - motion.law_m_s).max() < 1e-12
    speed_m_s = np.diff(motion.bone_m) / DT_S
    mean_m_s = 0.5 * (motion.law_m_s[1:] + motion.law_m_s[:-1])
    assert np.abs(speed_m_s - mean_m_s).max() < 2e-3, "the speed of a period, to the second order of the step"


def test_every_motion_was_there(motion: Motion) -> None:
    assert motion.law_m_s.max() == pytest.approx(0.1875, abs=0.01), "20 mm in 0.2 s"
    assert motion.law_m_s.min() < -0.12, "8 mm in 0.1 s"
    risen_m = motion.law_m[-1] - motion.law_m[0]
    assert 0.020 < risen_m < 0.028, "20 + 5 - 8 mm, the roll of 5 to 8 mm, breathing"
    assert motion.press_n.max() > 5.0

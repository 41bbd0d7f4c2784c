"""The truth of a pad, from the packed numbers of a simulated arm."""

from __future__ import annotations

from controller.types import Truth
from sim.period.packed_state import ENERGY, NET_ENERGY, PAD, RESULT, ROOM, TISSUE_WORK
from sim.person.contact_law import DEPTH, FOOT, FORCE, NORMAL, PRESS

_FORCE, _FOOT, _NORMAL, _DEPTH, _PRESS = RESULT + FORCE, RESULT + FOOT, RESULT + NORMAL, RESULT + DEPTH, RESULT + PRESS
_TISSUE_WORK, _NET_ENERGY = ENERGY + TISSUE_WORK, ENERGY + NET_ENERGY
"""Where the state of the arena holds what the truth tells; its tool axis is the third column of R_WT in the room."""


def pad_truth(then: list[float], now: list[float], region: str, limit_n: float) -> Truth:
    """Return what really happened at the pad in a period.

    Args:
        then: what the arena told when the period began; its contact acted in it.
        now: what it tells at its end; the energies count up to here.
        region: anatomical region of the foot.
        limit_n: hard limit there.
    """
    r = then
    return Truth(
        press_n=r[_PRESS],
        force_w=(r[_FORCE], r[_FORCE + 1], r[_FORCE + 2]),
        depth_m=r[_DEPTH],
        p_wc=(r[_FOOT], r[_FOOT + 1], r[_FOOT + 2]),
        normal_w=(r[_NORMAL], r[_NORMAL + 1], r[_NORMAL + 2]),
        region=region,
        limit_n=limit_n,
        tissue_work_j=now[_TISSUE_WORK],
        net_energy_j=now[_NET_ENERGY],
        p_wt=(r[PAD], r[PAD + 1], r[PAD + 2]),
        tool_axis_w=(r[ROOM + 2], r[ROOM + 5], r[ROOM + 8]),
    )

"""What the arm's world and the tissue's tell each other in a period: where the pad is, and what is done to it."""

from __future__ import annotations

from sim.fem.patched_back import PatchedBack, Spot
from sim.period.packed_state import Arena
from sim.period.period import find_skin
from sim.person.contact_law import DEPTH, FOOT, FORCE, MOMENT, NORMAL, POWER, PRESS, SKIN_AMPLITUDE


def press_tissue(soft: PatchedBack, arena: Arena, t_s: float) -> None:
    """Let the tissue's world go a period ahead of the arm's: its mean force acts in the arm's next step.

    Args:
        soft: the tissue.
        arena: of the arm; its contact is written.
        t_s: time of the period's beginning [s].

    Raises:
        PlantError: the tissue's solution has blown up.
    """
    find_skin(arena.layers, arena.constants, arena.state)
    result, pad = arena.result, arena.pad
    foot, normal = result[FOOT:NORMAL], result[NORMAL:DEPTH]
    phase, phase_rate, lift_m, lift_rate = arena.patient.tolist()
    amplitude = float(result[SKIN_AMPLITUDE])
    lift_m, lift_rate = lift_m + phase * amplitude, lift_rate + phase_rate * amplitude
    spot = Spot(foot.copy(), normal.copy(), float(result[DEPTH]), lift_m, lift_rate)
    wrench = soft.wrench(pad, spot, t_s)
    force, moment = wrench[:3], wrench[3:]
    result[FORCE:FOOT] = force
    (ax, ay, az), (fx, fy, fz) = (pad[:3] - foot).tolist(), force.tolist()
    result[MOMENT:] = ay * fz - az * fy, az * fx - ax * fz, ax * fy - ay * fx
    result[MOMENT:] += moment
    result[PRESS] = max(0.0, float(force @ normal))
    result[POWER] = -float(force @ pad[3:6] + moment @ pad[6:])

"""The seconds after a session: its brakes are closed, its loop is gone, and the person breathes and rises."""

from __future__ import annotations

from collections.abc import Iterator

from controller.types import Truth
from sim.person.body_motion import Rise
from sim.supervised_plant import SupervisedPlant

AFTER_S = 5.0
"""How long the truth goes on after the brakes have closed (acceptance text): one breath, time to sink or to rise."""
RISE = Rise(start_s=1.0, duration_s=1.0, height_m=0.010)
"""How the person moves in these seconds, from their beginning (design choice): a shift of the body of 10 mm, which an
arm that is out of the way never meets and one that has closed its brakes pressed in answers with force. Whoever gets up
in earnest is a fault: ``patient_gets_up``."""


def periods_after(plant: SupervisedPlant, rise: Rise | None = RISE) -> Iterator[tuple[float, tuple[Truth, ...]]]:
    """Make the plant safe and let ``AFTER_S`` pass, period by period.

    Args:
        plant: after its session.
        rise: what the person does, in the time of these seconds; None only breathes.

    Yields:
        The time at which each period began, and what really happened in it.
    """
    world = plant.world
    plant.safe()
    begin_s = world.t_s
    coming = None if rise is None else Rise(begin_s + rise.start_s, rise.duration_s, rise.height_m)
    for _ in range(round(AFTER_S / plant.rig.dt_s)):
        t_s = world.t_s
        plant.outlive(coming)
        coming = None
        yield t_s, world.truth()
    plant.safe()

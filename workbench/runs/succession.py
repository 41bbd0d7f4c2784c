"""The end of a session whose bus owner or heir is lost: a stop of its own name."""

from __future__ import annotations

from controller.processes.host_plant import LinkedPlant
from controller.session import Session
from hardware.heir.watch import SuccessionWatch


def stop_on_loss(plant: LinkedPlant, session: Session, watch: SuccessionWatch) -> None:
    """Let a session stop as soon as the owner of its bus or the heir is found to be lost.

    Args:
        plant: whose senses come from the owner or its heir.
        session: what to stop.
        watch: who looks at both.
    """

    def look() -> None:
        if (cause := watch.loss()) is not None:
            session.request_stop(cause)

    plant.on_senses = look

"""What is watched in every tick of a running session beside its limits: the place of the person, and free air."""

from __future__ import annotations

from controller.air.findings import AirEvent
from controller.air.watch import AirWatch
from controller.registration import PlaceWatch, RegistrationEvent
from controller.types import ArmState, Command, PlanLike, Reference, StopReason


class Watches:
    """Holds the person to where the plan thinks, and arm, tool and sensor to their files.

    Args:
        plan: the plan.
        dt_s: period of the loop [s].
        air: check and watch in free air; None for a session without them.
    """

    def __init__(self, plan: PlanLike, dt_s: float, air: AirWatch | None) -> None:
        self._place, self._air = PlaceWatch(plan, dt_s), air
        self._found: list[RegistrationEvent] = []

    def see(self, state: ArmState, reference: Reference, command: Command, *, is_driving: bool) -> StopReason | None:
        """Take a tick of a running session; return why it must not go on, or None.

        Args:
            state: what the senses say.
            reference: what is wanted.
            command: of this tick.
            is_driving: the arm is on its way to the plan or to rest.
        """
        if not is_driving:
            found, stop = self._place.watch(command, reference, state.t_s)
            if found is not None:
                self._found.append(found)
            if stop is not None:
                return stop
        return None if self._air is None else self._air.see(state, reference, command)

    def events(self) -> list[RegistrationEvent | AirEvent]:
        """Return what was found since the last call."""
        in_air = [] if self._air is None else self._air.events()
        if not self._found and not in_air:
            return []
        found, self._found = self._found, []
        return [*found, *in_air]

    def resume(self) -> None:
        """Forget what a stop has interrupted in the air."""
        if self._air is not None:
            self._air.forget()

    def restart(self, plan_s: float) -> None:
        """Begin to measure the place of the person anew at a plan time, after a stop."""
        self._place.restart(plan_s)

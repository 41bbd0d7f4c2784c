"""Errors of real hardware: each names the joint, sensor or port at fault, what was got, and the cure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from controller.errors import PlantError

Servo = TypeVar("Servo")


class LinkError(PlantError):
    """A port or a sensor cannot be opened, or is gone.

    Args:
        link: the port or address.
        got: what was found.
        todo: the cure.
    """

    def __init__(self, link: str, got: str, todo: str) -> None:
        self.link, self.got = link, got
        super().__init__(f"{link}: {got}", todo)


class ServoError(PlantError):
    """One servo is missing, is another one, or does not do what it is told.

    Args:
        joint: name of its joint.
        servo_id: its id on the bus.
        got: what was found.
        allowed: what is allowed; empty where nothing else is to be said.
        todo: the cure.
    """

    def __init__(self, joint: str, servo_id: int, got: str, allowed: str, todo: str) -> None:
        self.joint, self.servo_id, self.got, self.allowed = joint, servo_id, got, allowed
        found = f"servo {servo_id} of joint {joint!r}: got {got}"
        super().__init__(f"{found}; allowed: {allowed}" if allowed else found, todo)


class ServosError(PlantError):
    """More than one servo failed; every one of them was tried.

    Args:
        what: was tried.
        errors: one per servo that failed.
    """

    def __init__(self, what: str, errors: tuple[ServoError, ...]) -> None:
        self.errors = errors
        super().__init__(f"{what} failed: {'; '.join(error.what for error in errors)}", errors[0].todo)


def with_every(servos: Sequence[Servo], what: str, do: Callable[[Servo], None]) -> None:
    """Do something with every servo, also where one fails; then raise what failed.

    Args:
        servos: all of them.
        what: is done, for the error.
        do: does it; raises ServoError.

    Raises:
        ServoError, ServosError: one or more failed.
    """
    errors: list[ServoError] = []
    for servo in servos:
        try:
            do(servo)
        except ServoError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ServosError(what, tuple(errors))

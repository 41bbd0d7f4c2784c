"""One family of errors; each carries its data and says what was got, what is allowed, and what to do."""

from __future__ import annotations

from controller.types import Cause, StopReason
from controller.wording import distinct_digits


class MassageArmError(Exception):
    """Base of all errors that a user can meet; ``exit_code`` is the process's."""

    exit_code: int = 2


class ConfigError(MassageArmError):
    """A file or an argument is wrong.

    Args:
        where: file, key or option at fault.
        got: what was found.
        allowed: what is allowed.
        todo: what to do next.
    """

    def __init__(self, where: str, got: str, allowed: str, todo: str = "") -> None:
        self.where, self.got, self.allowed, self.todo = where, got, allowed, todo
        text = f"{where}: got {got}; allowed: {allowed}"
        super().__init__(f"{text}; {todo}" if todo else text)


class ModelError(ConfigError):
    """A robot, tool or body file cannot be used."""


class MeshError(ConfigError):
    """A finite-element mesh of the tissue cannot be made or used."""


class PlanError(MassageArmError):
    """A plan is refused before anything moves.

    Args:
        segment: name of the stroke.
        where: the point, in words or coordinates of the patient frame.
        got: the offending value with its unit.
        allowed: what is allowed.
        todo: what to do next, for reach where the base would have to stand.
    """

    exit_code = 3

    def __init__(self, segment: str, where: str, got: str, allowed: str, todo: str) -> None:
        self.segment, self.where, self.got, self.allowed, self.todo = segment, where, got, allowed, todo
        super().__init__(f"plan refused, stroke {segment!r} at {where}: got {got}; allowed: {allowed}; {todo}")


class PlaceError(PlanError):
    """A plan that the arm cannot follow from where its base stands; from another place it may."""


class SafetyStop(MassageArmError):
    """The gate stopped the session; raised only after the plant is safe."""

    exit_code = 4

    def __init__(self, reason: StopReason) -> None:
        self.reason = reason
        if reason.cause is Cause.OPERATOR:
            text = f"stopped by the operator at {reason.t_s:.3f} s: the arm left the skin and came to rest"
        else:
            got, allowed = distinct_digits(reason.value, reason.allowed, 4)
            text = (
                f"safety stop at {reason.t_s:.3f} s, {reason.cause}: {reason.limit} got {got} "
                f"{reason.unit}; allowed: {allowed} {reason.unit}"
            )
        super().__init__(f"{text}; {reason.next_step}")


class PlantError(MassageArmError):
    """The plant cannot be reached or used."""

    exit_code = 5

    def __init__(self, what: str, todo: str) -> None:
        self.what, self.todo = what, todo
        super().__init__(f"{what}; {todo}")


class RecordError(MassageArmError):
    """A record cannot be written or read."""

    def __init__(self, path: str, got: str, todo: str) -> None:
        self.path, self.got, self.todo = path, got, todo
        super().__init__(f"{path}: {got}; {todo}")

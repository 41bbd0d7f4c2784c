"""What the suite needs of a family: a driver on emulated servos in lock step, and hands to turn and spoil the servos.

Nothing here waits on a clock: a question is answered at once or never, so that a busy machine cannot fail a claim.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass

from hardware.driver import DriverSettings, ServoDriver

JOINTS = ("one", "two", "three")
DIRECTIONS = (1, -1, 1)


@dataclass(frozen=True, slots=True)
class Steps:
    """Resolution of a family at the joint.

    Attributes:
        q_rad: of position.
        dq_rad_s: of speed.
        tau_nm: of torque.
    """

    q_rad: float
    dq_rad_s: float
    tau_nm: float


@dataclass(frozen=True, slots=True)
class Moment:
    """What all servos give after a message.

    Attributes:
        has_torque: each gives torque, (n,).
        tau_nm: at the joints, (n,).
    """

    has_torque: tuple[bool, ...]
    tau_nm: tuple[float, ...]


class Bench(ABC):
    """Three emulated servos, at rest without torque, and the world behind them.

    Attributes:
        steps: resolution.
        limit_nm: limit of every joint as the rig file states it.
        watchdog_s: as the driver sets it.
        link_is_exclusive_at: the kind of link that has one owner, in words.
    """

    steps: Steps
    limit_nm: float
    watchdog_s: float

    def __init__(self) -> None:
        self.history: list[Moment] = []

    @abstractmethod
    def driver(self) -> ServoDriver:
        """Return a driver that has opened the link to these servos, and has sent nothing."""

    @abstractmethod
    def real_link(self) -> AbstractContextManager[DriverSettings]:
        """Give a link of the operating system without servos behind it."""

    @abstractmethod
    def cut(self) -> AbstractContextManager[ServoDriver]:
        """Give a driver on a real link whose other end is gone."""

    @abstractmethod
    def place(self, joint: int, q_rad: float, dq_rad_s: float = 0.0, tau_nm: float = 0.0) -> None:
        """Put a joint somewhere, with a speed and a measured torque."""

    @abstractmethod
    def moment(self) -> Moment:
        """Return what all servos give now."""

    @abstractmethod
    def silence(self, *joints: int) -> None:
        """Let the servos of these joints be silent, and all others answer."""

    @abstractmethod
    def spoil(self, joint: int) -> None:
        """Give a servo a hardware error."""

    @abstractmethod
    def overheat(self, joint: int) -> None:
        """Give a servo the hardware error of one that is too hot."""

    @abstractmethod
    def exchange(self, joint: int) -> None:
        """Put a servo of another model in the place of one."""

    @abstractmethod
    def give_torque(self, joint: int) -> None:
        """Let a servo give torque for somebody else already."""

    @abstractmethod
    def refuse_limit(self, joint: int) -> None:
        """Let a servo keep its limit, whatever is written."""

    @abstractmethod
    def stored_limit_nm(self, joint: int) -> float:
        """Return the limit at the joint that the servo itself holds."""

    @abstractmethod
    def hold_answers(self) -> None:
        """Keep every answer back from now on."""

    @abstractmethod
    def deliver_answers(self) -> None:
        """Let the answers that were kept back come now, and later ones at once."""

    @abstractmethod
    def lose_answers(self, share: float) -> None:
        """Damage so large a share of all answers on their way."""

    @abstractmethod
    def pass_time(self, span_s: float) -> None:
        """Let time pass without a message."""

    def note(self) -> None:
        """Keep what all servos give; a bench calls it after every message."""
        self.history.append(self.moment())

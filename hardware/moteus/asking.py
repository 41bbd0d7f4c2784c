"""Questions to one or more controllers, asked again a few times; every failure is named with joint and cure."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hardware.errors import ServoError
from hardware.moteus.frames import Answer, Questions, answer_of
from hardware.moteus.link import CanLink, Frame
from hardware.moteus.tables import LARGEST_ID

TRIES = 5
"""How often a single question is asked: as for the other families."""
SOURCES = range(LARGEST_ID + 1, 0x7F)
"""Numbers that a question may carry: no id of a servo, and not the address of all (0x7F)."""
LISTENS = 20
"""Longest answer of the diagnostic stream, in pieces of 48 bytes; a line has 30 (assumed)."""
SILENT_TODO = "check its id, its supply, cable and terminators of the bus; `moteus_tool --info` must show it"


@dataclass(frozen=True, slots=True)
class Address:
    """One controller as errors name it.

    Attributes:
        joint: name of its joint.
        servo_id: its id on the bus.
    """

    joint: str
    servo_id: int


class Asking:
    """The driver's side of a link.

    Args:
        link: the bus.
    """

    def __init__(self, link: CanLink) -> None:
        self._link = link
        self._sources = itertools.cycle(SOURCES)

    def tell(self, frame: Frame) -> None:
        """Send a frame that asks for nothing; raises LinkError."""
        self._link.send(frame)

    def ask(self, questions: Mapping[int, Callable[[int], Frame]]) -> dict[int, Answer]:
        """Ask some controllers once, all at a time.

        Args:
            questions: makes the question of a controller, by its id, from the question's number.

        Returns:
            The answers to these very questions that came in time, by id.

        Raises:
            LinkError: the link is gone.
        """
        source = next(self._sources)
        for question in questions.values():
            self._link.send(question(source))
        answers: dict[int, Answer] = {}
        until_s = time.monotonic() + self._link.settings.latency_s
        while len(answers) < len(questions):
            frame = self._link.receive(until_s - time.monotonic())
            if frame is None:
                break
            answer = answer_of(frame)
            if answer is not None and answer.source == source and answer.servo_id in questions:
                answers[answer.servo_id] = answer
        return answers

    def sure(self, address: Address, what: str, question: Callable[[int], Frame]) -> Answer:
        """Ask one controller until it answers, ``TRIES`` times at most; raises ServoError."""
        for _ in range(TRIES):
            if (answer := self.ask({address.servo_id: question}).get(address.servo_id)) is not None:
                return answer
        raise ServoError(address.joint, address.servo_id, f"no answer, {what}", "an answer", SILENT_TODO)

    def number(self, address: Address, questions: Questions, register: int) -> int:
        """Return a register that holds a whole number; raises ServoError."""
        return self.numbers(address, questions, register, 1)[0]

    def numbers(self, address: Address, questions: Questions, first: int, count: int) -> tuple[int, ...]:
        """Return registers that hold whole numbers; raises ServoError."""
        what = f"reading register {first:#05x}"
        values = self.sure(address, what, lambda source: questions.registers(first, count, source)).values
        places = range(first, first + count)
        if not all(place in values for place in places):
            todo = "update its firmware with `moteus_tool --flash`"
            raise ServoError(address.joint, address.servo_id, f"an answer without register {first:#05x}", "", todo)
        return tuple(int(values[place]) for place in places)

    def line(self, address: Address, questions: Questions, command: str) -> str:
        """Return the line with which the diagnostic stream answers a command; raises ServoError."""
        for _ in range(TRIES):
            self._drain(address, questions)
            self.tell(questions.say(command))
            text = self._drain(address, questions)
            if text.endswith("\n"):
                return text.strip()
        todo = "update its firmware with `moteus_tool --flash`, and end other programs that use its diagnostic stream"
        raise ServoError(address.joint, address.servo_id, f"no answer to {command!r}", "a line of text", todo)

    def _drain(self, address: Address, questions: Questions) -> str:
        """Return all that the diagnostic stream has to say; raises ServoError."""
        text = b""
        for _ in range(LISTENS):
            piece = self.sure(address, "reading its diagnostic stream", questions.listen).text
            text += piece
            if not piece:
                break
        return text.decode("ascii", "replace")

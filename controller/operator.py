"""What a person may ask of a running session, and the inboxes through which the requests reach its loop.

Every source answers ``poll(t_s)`` with the requests that have come up to that session time. The loop polls once a tick
and records what it took and what it refused, so that a list of the recorded requests repeats the session.
"""

from __future__ import annotations

import enum
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from controller.errors import ConfigError
from controller.types import Clearance

CLEARANCES = tuple(Clearance)
"""Ranks, lowest first."""


class Request(enum.StrEnum):
    """What a person may ask for."""

    PAUSE = "pause"
    """Leave the skin and wait above the place."""
    RESUME = "resume"
    """End a pause."""
    SKIP = "skip"
    """Leave this stroke out from here on and go to the next one."""
    SOFTER = "softer"
    """One step less press force."""
    FIRMER = "firmer"
    """One step back toward the planned press force."""
    SLOWER = "slower"
    """One step less pace."""
    FASTER = "faster"
    """One step back toward the planned pace."""
    HURTS_HERE = "hurts_here"
    """Spare the place under the pad for the rest of the session."""
    STOP = "stop"
    """Stop and park; a second one ends the session."""
    CLEAR = "clear"
    """Clear a stop and go on."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes:
        request: what is asked for.
        who: rank of the person who asks; it decides which stops a ``CLEAR`` may end.
    """

    request: Request
    who: Clearance = Clearance.OPERATOR


@dataclass(frozen=True, slots=True)
class Requests:
    """What came since the last poll, and what may still come.

    Attributes:
        asked: the new requests, in the order they were made.
        may_clear: highest rank from which a ``CLEAR`` may still come; NOBODY where none can. A stop that nobody can
            clear ends the session.
        may_resume: True where a ``RESUME`` may still come. A pause that nobody can end is stopped.
    """

    asked: tuple[Asked, ...] = ()
    may_clear: Clearance = Clearance.NOBODY
    may_resume: bool = False


NO_REQUESTS = Requests()


class Operator(Protocol):
    """A source of requests; its answers are a function of session time, or are recorded as such by the loop."""

    def poll(self, t_s: float) -> Requests:
        """Return what came since the last poll; called once a tick, never blocks, never raises.

        Args:
            t_s: session time [s]; does not decrease.
        """
        ...


@dataclass(frozen=True, slots=True)
class TimedRequest:
    """A request at a session time.

    Attributes:
        t_s: session time, >= 0; taken at the first tick that is not earlier.
        asked: the request.

    Raises:
        ConfigError: the time is negative or no number.
    """

    t_s: float
    asked: Asked

    def __post_init__(self) -> None:
        """Refuse a time that no tick has."""
        if not 0.0 <= self.t_s < math.inf:
            raise ConfigError(f"time of request {self.asked.request}", f"{self.t_s} s", "a number of at least 0 s")


class TimedRequests:
    """An operator that reads a list.

    Args:
        timed: the requests; those of equal time keep their order.
    """

    def __init__(self, timed: Sequence[TimedRequest]) -> None:
        self._left = deque(sorted(timed, key=lambda one: one.t_s))
        self._nothing = self._outlook()

    def poll(self, t_s: float) -> Requests:
        """Return the requests whose time has come."""
        if not self._left or not (self._left[0].t_s <= t_s):
            return self._nothing
        asked = []
        while self._left and self._left[0].t_s <= t_s:
            asked.append(self._left.popleft().asked)
        self._nothing = self._outlook()
        return Requests(tuple(asked), self._nothing.may_clear, self._nothing.may_resume)

    def _outlook(self) -> Requests:
        """Return no request, with what the rest of the list may still bring."""
        clears = [one.asked.who for one in self._left if one.asked.request is Request.CLEAR]
        highest = max(clears, key=CLEARANCES.index, default=Clearance.NOBODY)
        return Requests((), highest, any(one.asked.request is Request.RESUME for one in self._left))


class Inbox:
    """An operator that other threads and signal handlers put requests into.

    Args:
        who: rank of whoever uses it.
    """

    def __init__(self, who: Clearance = Clearance.OPERATOR) -> None:
        self._who = who
        # appending to a deque is atomic and takes no lock, which a signal handler could find taken by its own thread
        self._new: deque[Asked] = deque()
        self._nothing = Requests((), who, may_resume=True)

    def ask(self, request: Request) -> None:
        """Put a request in; the next poll hands it to the loop."""
        self._new.append(Asked(request, self._who))

    def poll(self, t_s: float) -> Requests:
        """Return the requests that were put in since the last poll, whatever ``t_s`` is."""
        if not self._new:
            return self._nothing
        asked = tuple(self._new.popleft() for _ in range(len(self._new)))
        return Requests(asked, self._who, may_resume=True)


class Operators:
    """Several operators as one; in the same tick the first ones are heard first.

    Args:
        sources: the operators.
    """

    def __init__(self, sources: Sequence[Operator]) -> None:
        self._sources = tuple(sources)

    def poll(self, t_s: float) -> Requests:
        """Return what all of them have."""
        every = [source.poll(t_s) for source in self._sources]
        return Requests(
            tuple(asked for one in every for asked in one.asked),
            max((one.may_clear for one in every), key=CLEARANCES.index, default=Clearance.NOBODY),
            any(one.may_resume for one in every),
        )

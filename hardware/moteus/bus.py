"""A bus of moteus controllers in torque control: found, checked, enabled, and asked and commanded in every cycle.

A controller has no switch for torque: a command in position mode gives it. Before ``enable`` and after ``release`` this
driver sends none, so that no slip of its owner can.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable

from controller.types import Vector
from hardware.driver import JointReading
from hardware.errors import ServoError, ServosError, with_every
from hardware.moteus import frames
from hardware.moteus.asking import SILENT_TODO, TRIES, Asking
from hardware.moteus.frames import Answer, Questions
from hardware.moteus.link import CanLink, Frame
from hardware.moteus.servo import AskedServo, MoteusServo, output_torques, refuse_unready, set_up
from hardware.moteus.tables import FAULT, MODE_WORDS, POSITION, STOPPED, TIMEOUT, error_code, error_words

CYCLE_TRIES = 2
"""How often one cycle asks a controller: once more fits into a period, and what then is missing is told by its age."""
ENABLE_ROUNDS = 50
"""Commands until every controller is in position mode: it measures the offset of its current sensors first, for some
milliseconds (assumed). Each round is a command to all, so that no watchdog trips meanwhile."""


class MoteusBus:
    """The controllers of an arm, in the order of its joints: ``hardware.driver.ServoDriver``.

    Args:
        link: the bus, owned.
        servos: as the rig file has them.
        watchdog_s: time without a command after which a controller stops by itself; 0 for never.
    """

    def __init__(self, link: CanLink, servos: tuple[MoteusServo, ...], watchdog_s: float) -> None:
        self._link, self._settings = link, servos
        self._asking = Asking(link)
        watchdog = watchdog_s or math.nan
        self._servos = tuple(
            AskedServo(servo, Questions(servo.address.servo_id, watchdog, servo.output_limit_nm)) for servo in servos
        )
        self._is_enabled = False
        self.lost_cycles = 0
        """Cyclic reads that stayed without a whole answer."""
        self.repeated_reads = 0
        """Cyclic reads that had to be asked for again."""
        self.clipped = 0
        """Torques that were cut at the limit of their controller."""

    def connect(self) -> None:
        """Find every controller and check what it is; nothing is enabled.

        Raises:
            ServoError, ServosError: one or more are missing, another one, have a fault, give torque, or do not take a
                limit.
        """
        with_every(self._servos, "connecting", lambda servo: refuse_unready(self._asking, servo))
        with_every(self._servos, "setting up", lambda servo: set_up(self._asking, servo))

    def enable(self, tau_nm: Vector) -> None:
        """Give torque, with these joint torques [Nm], (n,), from the first instant on.

        Raises:
            ServoError, ServosError: one or more did not take it; torque is off again at all that answer.
        """
        goals = output_torques(self._settings, tau_nm)
        try:
            self._enable(goals)
        except (ServoError, ServosError):
            with contextlib.suppress(ServoError, ServosError):  # the first error says what is wrong
                self.release()
            raise
        self._is_enabled = True

    def adopt(self, tau_nm: Vector) -> None:
        """Command joint torques [Nm], (n,), to controllers that another master has enabled and that it has lost.

        Those that still take torques have them at once. One that has timed out brakes until it is stopped: it is
        stopped and commanded, and is without torque for the milliseconds in which it measures its current sensors.

        Raises:
            ValueError: a torque is no finite number, or their number is wrong; nothing was sent.
        """
        goals = output_torques(self._settings, tau_nm)
        self._is_enabled = True
        self.write(tau_nm)
        answers = self._asking.ask({servo.questions.servo_id: servo.questions.cyclic for servo in self._servos})
        for servo, goal in zip(self._servos, goals, strict=True):
            answer = answers.get(servo.questions.servo_id)
            if answer is not None and answer.values.get(frames.MODE) == TIMEOUT:
                self._asking.tell(servo.questions.stop())
                self._asking.tell(servo.questions.torque(goal))

    def release(self) -> None:
        """Take torque off everywhere.

        Raises:
            ServoError, ServosError: one or more did not answer, or did not stop; all were tried.
        """
        self._is_enabled = False
        with_every(self._servos, "releasing", self._stop)

    def read(self) -> tuple[JointReading | None, ...]:
        """Return what every controller says of itself, (n,); None in the place of one that did not answer."""
        found: dict[int, JointReading] = {}
        for attempt in range(CYCLE_TRIES):
            missing = [servo for servo in self._servos if servo.questions.servo_id not in found]
            if not missing:
                break
            self.repeated_reads += attempt > 0
            answers = self._asking.ask({servo.questions.servo_id: servo.questions.cyclic for servo in missing})
            for servo in missing:
                answer = answers.get(servo.questions.servo_id)
                values = {} if answer is None else answer.values
                reading = servo.settings.reading(values, is_enabled=self._is_enabled)
                if reading is not None:
                    found[servo.questions.servo_id] = reading
        self.lost_cycles += len(found) < len(self._servos)
        return tuple([found.get(servo.questions.servo_id) for servo in self._servos])

    def write(self, tau_nm: Vector) -> None:
        """Send joint torques [Nm], (n,), a frame for each; each is cut at the limit of its controller.

        Raises:
            ValueError: a torque is no finite number, or their number is wrong; nothing was sent.
        """
        goals = output_torques(self._settings, tau_nm)
        for servo, goal in zip(self._servos, goals, strict=True):
            if not self._is_enabled:
                self._asking.tell(servo.questions.nothing())
                continue
            self.clipped += abs(goal) >= servo.settings.output_limit_nm
            self._asking.tell(servo.questions.torque(goal))

    def close(self) -> None:
        """Give the link back; torque stays as it is, until the watchdogs trip. Never raises."""
        self._link.close()

    def _enable(self, goals: list[float]) -> None:
        """Command all controllers until each is in position mode; raises ServoError, ServosError."""
        by_id = {servo.questions.servo_id: (servo, goal) for servo, goal in zip(self._servos, goals, strict=True)}
        answers: dict[int, Answer] = {}
        for turn in range(ENABLE_ROUNDS):
            waiting = {place for place in by_id if _is_waiting(answers.get(place))}
            if not waiting or (turn >= TRIES and any(place not in answers for place in waiting)):
                break
            for place in by_id.keys() - waiting:
                servo, goal = by_id[place]
                self._asking.tell(servo.questions.torque(goal))
            answers |= self._asking.ask({place: _given(*by_id[place]) for place in sorted(waiting)})
        off = {place for place in by_id if not _is_on(answers.get(place))}
        # Where one has failed, those that are still on their way are not to blame.
        failed = {place for place in off if not _is_waiting(answers.get(place)) or place not in answers} or off
        servos = [servo for place, (servo, _) in by_id.items() if place in failed]
        with_every(servos, "enabling", lambda servo: _refuse_off(servo, answers))

    def _stop(self, servo: AskedServo) -> None:
        """Take torque off at one controller; raises ServoError."""
        answer = self._asking.sure(servo.settings.address, "releasing", servo.questions.stop)
        mode = int(answer.values.get(frames.MODE, STOPPED))
        if mode != STOPPED:
            todo = "support the arm by hand and switch the supply off"
            raise servo.error(f"mode {mode}, {MODE_WORDS.get(mode, 'unknown')}, after a stop", "stopped", todo)


def _given(servo: AskedServo, goal_nm: float) -> Callable[[int], Frame]:
    """Return the question that gives a controller its torque."""
    return lambda source: servo.questions.torque(goal_nm, source)


def _is_on(answer: Answer | None) -> bool:
    return answer is not None and answer.values.get(frames.MODE) == POSITION


def _is_waiting(answer: Answer | None) -> bool:
    """Return whether a controller may still come into position mode."""
    return answer is None or answer.values.get(frames.MODE) not in (POSITION, FAULT, TIMEOUT)


def _refuse_off(servo: AskedServo, answers: dict[int, Answer]) -> None:
    """Refuse a controller that gives no torque; raises ServoError."""
    answer = answers.get(servo.questions.servo_id)
    if answer is None:
        raise servo.error("no answer, enabling", "an answer", SILENT_TODO)
    values = answer.values
    error = error_code(int(values.get(frames.MODE, STOPPED)), int(values.get(frames.FAULT, 0)), is_enabled=True)
    raise servo.error(f"{error_words(error)}, enabling", "position mode", "remove its cause, then start again")

"""moteus controllers for the suite: the real driver and library on a link that is answered at once."""

from __future__ import annotations

import contextlib
import itertools
import random
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from hardware.moteus.asking import Address
from hardware.moteus.bus import MoteusBus
from hardware.moteus.link import CanSettings, Frame
from hardware.moteus.servo import MoteusServo
from hardware.moteus.settings import MoteusSettings
from sim.peers.moteus.bus import ControllerBus
from sim.peers.moteus.controller import BRAKE
from sim.peers.moteus.played import MoteusJoint, PlayedController
from tests.conformance.bench import DIRECTIONS, JOINTS, Bench, Moment, Steps

GEAR, TORQUE_SCALE, LIMIT_NM, CURRENT_A, WATCHDOG_S = 2.0, 1.8, 9.0, 12.5, 0.06
OVERHEATED, ENCODER_FAULT = 38, 35
FLOAT_STEP = 2.0**-23
_NUMBER = itertools.count()


class DirectLink:
    """A CAN link that answers at once: what has not come when it is asked for never comes.

    Args:
        bench: the controllers.
    """

    def __init__(self, bench: MoteusBench) -> None:
        self.settings = CanSettings("direct", "0", 1.0)
        self._bench = bench
        self._frames: deque[Frame] = deque()
        self._late: list[Frame] = []
        self.is_holding = False
        self.share, self._random = 0.0, random.Random(1)  # noqa: S311

    def send(self, frame: Frame) -> None:
        for identifier, data in self._bench.bus.answers(frame.identifier, frame.data):
            if self._random.random() < self.share:
                continue  # a CAN controller drops a damaged frame
            (self._late if self.is_holding else self._frames).append(Frame(identifier, data.ljust(64, b"\x50")))
        self._bench.note()

    def receive(self, _left_s: float) -> Frame | None:
        return self._frames.popleft() if self._frames else None

    def close(self) -> None:
        """Do nothing."""

    def deliver(self) -> None:
        self.is_holding = False
        self._frames.extend(self._late)
        self._late.clear()


class MoteusBench(Bench):
    """Three controllers."""

    watchdog_s, limit_nm = WATCHDOG_S, LIMIT_NM
    # Everything goes as a float of 32 bits.
    steps = Steps(2e-6, 2e-6, 4.0 * LIMIT_NM * FLOAT_STEP)

    def __init__(self) -> None:
        super().__init__()
        ids = [uuid.UUID(int=(0xF0 << 120) + number) for number in range(1, len(JOINTS) + 1)]
        rows = list(zip(range(1, len(JOINTS) + 1), ids, DIRECTIONS, JOINTS, strict=True))
        joints = [MoteusJoint(number, unique, way, 0.1 * number, GEAR, TORQUE_SCALE, 0.5)
                  for number, unique, way, _ in rows]  # fmt: skip
        self.bus = ControllerBus([joint.controller() for joint in joints])
        self.played = [PlayedController(*pair) for pair in zip(self.bus.controllers, joints, strict=True)]
        self.servos = tuple(
            MoteusServo(Address(name, number), unique, way, 0.1 * number, GEAR, TORQUE_SCALE, LIMIT_NM, CURRENT_A)
            for number, unique, way, name in rows
        )
        self.link = DirectLink(self)

    def driver(self) -> MoteusBus:
        return MoteusBus(self.link, self.servos, WATCHDOG_S)

    @contextmanager
    def real_link(self) -> Iterator[MoteusSettings]:
        yield MoteusSettings(CanSettings("virtual", f"conformance-{next(_NUMBER)}", 0.001), self.servos, WATCHDOG_S)

    @contextmanager
    def cut(self) -> Iterator[MoteusBus]:
        with self.real_link() as settings, contextlib.closing(settings.open()) as driver:
            driver.close()
            yield driver

    def place(self, joint: int, q_rad: float, dq_rad_s: float = 0.0, tau_nm: float = 0.0) -> None:
        self.played[joint].show(q_rad, dq_rad_s, tau_nm)

    def moment(self) -> Moment:
        return Moment(tuple(one.is_on for one in self.played), tuple(one.tau_nm for one in self.played))

    def silence(self, *joints: int) -> None:
        self.bus.absent = {joint + 1 for joint in joints}

    def spoil(self, joint: int) -> None:
        self.bus.controllers[joint].fail(ENCODER_FAULT)

    def overheat(self, joint: int) -> None:
        self.bus.controllers[joint].fail(OVERHEATED)

    def exchange(self, joint: int) -> None:
        self.bus.controllers[joint].unique_id = uuid.UUID(int=77)

    def give_torque(self, joint: int) -> None:
        controller = self.bus.controllers[joint]
        for _ in range(2):
            # Position mode, 1 Nm of feedforward, no watchdog: mode, 0x022 and 0x027, as another master would.
            controller.hear(bytes.fromhex("01000a 0d22 0000803f 0923 00000000 0924 00000000 0d27 0000c07f"))

    def refuse_limit(self, joint: int) -> None:
        self.bus.controllers[joint].configure = lambda _name, _value: None  # type: ignore[method-assign]

    def stored_limit_nm(self, joint: int) -> float:
        controller = self.bus.controllers[joint]
        assert controller.config["servo.timeout_mode"] == BRAKE
        return LIMIT_NM * controller.config["servo.max_current_A"] / CURRENT_A

    def hold_answers(self) -> None:
        self.link.is_holding = True

    def deliver_answers(self) -> None:
        self.link.deliver()

    def lose_answers(self, share: float) -> None:
        self.link.share = share

    def pass_time(self, span_s: float) -> None:
        for one in self.played:
            one.pass_time(span_s)

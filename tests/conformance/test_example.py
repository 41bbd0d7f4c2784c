"""The example driver of docs/driver.md against the claims of every driver, and found by its entry point."""

from __future__ import annotations

import importlib.util
import random
import socket
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from controller.errors import ConfigError
from hardware import rig_families
from hardware.driver import ServoDriver
from hardware.rig_file import RIG_FOLDER, load_rig
from tests.conformance.bench import DIRECTIONS, JOINTS, Bench, Moment, Steps
from tests.conformance.suite import DriverConformance

PATH = Path(__file__).parents[2] / "docs" / "examples" / "toy_driver.py"
LIMIT_NM, WATCHDOG_S = 8.0, 0.05
OFF, ON, TIMED_OUT = 0, 1, 2


def _example() -> Any:
    """Return the example as a module."""
    spec = importlib.util.spec_from_file_location("toy_driver", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["toy_driver"] = module
    spec.loader.exec_module(module)
    return module


toy = _example()


class ToyServo:
    """An emulated servo of the toy family."""

    def __init__(self) -> None:
        self.mode, self.fault, self.goal_nm, self.limit_nm, self.left_s, self.watchdog_s = OFF, 0, 0.0, 99.0, 9.0, 9.0
        self.shown = (0.0, 0.0, 0.0)
        self.is_stubborn = self.is_absent = False

    def obey(self, order: int, value: float) -> None:
        match order:
            case toy.TORQUE if self.mode != TIMED_OUT and not self.fault:
                self.mode, self.left_s = ON, self.watchdog_s
                self.goal_nm = max(-self.limit_nm, min(self.limit_nm, value))
            case toy.OFF:
                self.mode, self.goal_nm = OFF, 0.0
            case toy.LIMIT if not self.is_stubborn:
                self.limit_nm = value
            case toy.WATCHDOG:
                self.watchdog_s = value
            case _:
                pass

    def pass_time(self, span_s: float) -> None:
        self.left_s -= span_s
        if self.mode == ON and self.left_s <= 0.0:
            self.mode, self.goal_nm = TIMED_OUT, 0.0


class DirectSocket:
    """A socket that answers at once: what has not come when it is asked for never comes."""

    def __init__(self, bench: ToyBench) -> None:
        self._bench, self._random = bench, random.Random(1)  # noqa: S311
        self._come: deque[bytes] = deque()
        self._late: list[bytes] = []
        self.is_holding, self.share = False, 0.0

    def send(self, data: bytes) -> None:
        sequence, place, order, value = toy.ASK.unpack(data)
        servo = self._bench.toys[place]
        if not servo.is_absent:
            servo.obey(order, value)
            told = toy.TELL.pack(sequence, place, servo.mode, servo.fault, *servo.shown, servo.limit_nm, 24.0, 30.0)
            if self._random.random() >= self.share:
                (self._late if self.is_holding else self._come).append(told)
        self._bench.note()

    def recv(self, _size: int) -> bytes:
        if not self._come:
            raise TimeoutError
        return self._come.popleft()

    def close(self) -> None:
        """Do nothing."""

    def deliver(self) -> None:
        self.is_holding = False
        self._come.extend(self._late)


class ToyBench(Bench):
    """Three toy servos."""

    steps, limit_nm, watchdog_s = Steps(2e-6, 2e-6, 4e-6), LIMIT_NM, WATCHDOG_S

    def __init__(self) -> None:
        super().__init__()
        self.toys = [ToyServo() for _ in JOINTS]
        servos = tuple(
            toy.ToyServoPart(joint=name, id=place, direction=way, zero_turns=0.25 * place, largest_nm=LIMIT_NM)
            for place, (name, way) in enumerate(zip(JOINTS, DIRECTIONS, strict=True))
        )
        self.settings = toy.ToySettings("127.0.0.1", 9, 0.001, servos, WATCHDOG_S)
        self.link = DirectSocket(self)

    def driver(self) -> ServoDriver:
        driver: ServoDriver = toy.ToyBus(self.settings, self.link)
        return driver

    @contextmanager
    def real_link(self) -> Iterator[Any]:
        yield self.settings

    @contextmanager
    def cut(self) -> Iterator[ServoDriver]:
        link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        link.close()
        yield toy.ToyBus(self.settings, link)

    def place(self, joint: int, q_rad: float, dq_rad_s: float = 0.0, tau_nm: float = 0.0) -> None:
        way, turn = DIRECTIONS[joint], 2.0 * 3.141592653589793
        self.toys[joint].shown = (way * q_rad / turn + 0.25 * joint, way * dq_rad_s / turn, way * tau_nm)

    def moment(self) -> Moment:
        return Moment(
            tuple(servo.mode == ON for servo in self.toys),
            tuple(way * servo.goal_nm for way, servo in zip(DIRECTIONS, self.toys, strict=True)),
        )

    def silence(self, *joints: int) -> None:
        for place, servo in enumerate(self.toys):
            servo.is_absent = place in joints

    def spoil(self, joint: int) -> None:
        self.toys[joint].mode, self.toys[joint].fault = OFF, 7

    def overheat(self, joint: int) -> None:
        self.toys[joint].mode, self.toys[joint].fault = OFF, toy.TOO_HOT

    def exchange(self, joint: int) -> None:
        self.toys[joint].fault = 9  # toy servos have no number of their own

    def give_torque(self, joint: int) -> None:
        self.toys[joint].obey(toy.TORQUE, 1.0)

    def refuse_limit(self, joint: int) -> None:
        self.toys[joint].is_stubborn = True

    def stored_limit_nm(self, joint: int) -> float:
        return self.toys[joint].limit_nm

    def hold_answers(self) -> None:
        self.link.is_holding = True

    def deliver_answers(self) -> None:
        self.link.deliver()

    def lose_answers(self, share: float) -> None:
        self.link.share = share

    def pass_time(self, span_s: float) -> None:
        for servo in self.toys:
            servo.pass_time(span_s)


class TestExample(DriverConformance):
    @pytest.fixture
    def bench(self) -> Bench:
        return ToyBench()


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        metadata.EntryPoint("toy", "toy_driver:ToyRigFile", rig_families.GROUP),
        metadata.EntryPoint("broken", "toy_driver:nothing", rig_families.GROUP),
        metadata.EntryPoint("wrong", "toy_driver:ToyBus", rig_families.GROUP),
    ]

    def found(*, group: str, name: str | None = None) -> list[metadata.EntryPoint]:
        return [point for point in points if point.group == group and name in (None, point.name)]

    monkeypatch.setattr(rig_families.metadata, "entry_points", found)


def _rig(folder: Path, family: str) -> str:
    text = (RIG_FOLDER / "dynamixel_p.yaml").read_text(encoding="utf-8")
    begin, rest = text.split("bus:\n")
    _, end = rest.split("sensor:\n")
    servos = "".join(f"  - {{joint: joint{number}, id: {number}, direction: 1, zero_turns: 0.0, largest_nm: 4.0}}\n"
                     for number in range(1, 8))  # fmt: skip
    bus = f"bus: {{family: {family}, host: 10.0.0.2, port: 4000, latency_ms: 2.0, watchdog_ms: 50.0}}\n"
    path = folder / "toy.yaml"
    path.write_text(f"{begin}{bus}servos:\n{servos}sensor:\n{end}", encoding="utf-8")
    return str(path)


@pytest.mark.usefixtures("installed")
def test_a_rig_file_may_name_a_family_of_another_package(tmp_path: Path) -> None:
    file = load_rig(_rig(tmp_path, "toy"))
    settings = file.driver()
    assert isinstance(settings, toy.ToySettings)
    assert [servo.largest_nm for servo in settings.servos] == [4.0] * 7
    assert rig_families.family_names() == ("dynamixel", "moteus", "broken", "toy", "wrong")
    with pytest.raises(ConfigError, match=r"bus: got family toy; allowed: dynamixel here"):
        file.servos()


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("family", "text"),
    [
        ("broken", "driver 'broken': got toy_driver:nothing, which fails .*; update or remove the package"),
        ("wrong", "driver 'wrong': got toy_driver:ToyBus; allowed: a subclass of RigContent"),
        ("toi", r"bus: family: got the text 'toi'; allowed: dynamixel, moteus, .*; did you mean toy\?"),
    ],
)
def test_a_family_that_cannot_be_used_is_refused_in_words(tmp_path: Path, family: str, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        load_rig(_rig(tmp_path, family))

"""Bus and sensor as a drive side: senses, ages, faults, and when torque comes and goes."""

import math
import os
import secrets
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from controller.errors import PlantError
from controller.processes.drive_loop import Credit, Patience
from controller.types import JointFault, Vector
from hardware.driver import JointReading
from hardware.errors import ServoError
from hardware.netft import NetFtSensor, SensorSettings
from hardware.owner.bus_word import BusCodec, BusWord, Power, succession_blocks
from hardware.owner.clock import LockStepClock, WallClock
from hardware.owner.drive_side import Inheritance, ServoDriveSide, SideParts
from sim.peers.rdt_server import COUNTS, LOOPBACK, RdtServer
from tests.servo_bus import X_MODEL, ThreadedBus

DT_S = 0.001
REST: Vector = (-100 * math.tau / 4096, 200 * math.tau / 4096, -300 * math.tau / 4096)
"""Where the joints stand while the emulated servos stand at zero."""


def _gravity(q_rad: Vector) -> Vector:
    return tuple([1.0 + q for q in q_rad])


class _World:
    """Servos, sensor and drive side."""

    def __init__(self, peer: ThreadedBus) -> None:
        self.peer, self.sensor = peer, RdtServer()
        self.sensor.measure((1.0, 2.0, 3.0, 0.1, 0.2, 0.3))
        self._is_open = threading.Event()
        thread = threading.Thread(target=self._answer_first)
        thread.start()
        sensor = NetFtSensor(SensorSettings(LOOPBACK, self.sensor.port, COUNTS, COUNTS, 0.002))
        self._is_open.set()
        thread.join()
        bus = peer.driver()
        bus.connect()
        self.clock = LockStepClock(DT_S)
        prefix = f"massage-arm-test-{os.getpid()}-{secrets.token_hex(4)}"
        self._blocks = ExitStack()
        self.word, _ = (self._blocks.enter_context(block) for block in succession_blocks(prefix, len(REST)))
        self.parts = SideParts(bus, sensor, _gravity, self.clock, BusWord(prefix, len(REST)))
        self.side = ServoDriveSide(self.parts, REST)

    def _answer_first(self) -> None:
        while not self._is_open.is_set():
            if select.select([self.sensor], [], [], 0.01)[0]:
                self.sensor.listen()

    def close(self) -> None:
        self.side.close()
        self.sensor.close()
        self._blocks.close()

    def said(self) -> tuple[int, Power]:
        """Return how many packets of goals there were, and whether servos have torque, as the owner says."""
        cell = BusCodec(len(REST)).unpack(self.word.reader.read())
        assert cell is not None
        return cell.beat, cell.power


@pytest.fixture
def world() -> Iterator[_World]:
    with ThreadedBus(X_MODEL) as peer:
        made = _World(peer)
        yield made
        made.close()


def test_senses_have_position_torque_health_and_the_age_of_the_wrench(world: _World) -> None:
    world.peer.servo(1).show(0.5, 0.0, 1.0)
    state = world.side.read().state
    assert state.q_rad[0] == pytest.approx(0.5 + REST[0], abs=2e-3)
    assert state.tau_nm[0] == pytest.approx(2.0, abs=0.01)
    assert state.wrench_s == pytest.approx((1.0, 2.0, 3.0, 0.1, 0.2, 0.3), abs=1e-6)
    assert state.sensor_age_s == pytest.approx(0.002)
    assert (state.joint_age_s, state.joint_fault) == ((0.0,) * 3, (0, 0, 0))
    assert state.temperatures_c == (31.0,) * 3
    assert state.voltages_v == pytest.approx((12.0,) * 3)
    world.side.advance((0.0,) * 3)
    world.side.advance((0.0,) * 3)
    state = world.side.read().state
    assert (state.t_s, state.sensor_age_s) == (2 * DT_S, pytest.approx(0.004))


def test_holding_torque_is_gravity_at_the_posture_of_this_cycle(world: _World) -> None:
    for angle in (0.0, 0.3, -0.7):
        world.peer.servo(1).show(angle, 0.0, 0.0)
        feedback = world.side.read().feedback
        assert feedback.holding_nm == pytest.approx(_gravity(feedback.q_rad))
        assert feedback.q_rad[0] == pytest.approx(angle + REST[0], abs=2e-3)


def test_inherited_readings_have_an_age_and_a_fault_of_each_joint_until_it_answers(world: _World) -> None:
    readings = tuple(JointReading(0.1 * joint, 0.0, 0.0, fault, 0, 30.0, 12.0) for joint, fault in enumerate((0, 8, 0)))
    side = ServoDriveSide(world.parts, REST, Inheritance(readings, (0.02, 0.5, 0.02)))
    world.peer.bus.absent.add(3)
    state = side.read().state
    assert state.q_rad == pytest.approx((0.0, 0.1, 0.2))
    assert (state.joint_age_s, state.joint_fault) == (pytest.approx((0.02, 0.5, 0.02)), (0, 8, 0))
    assert not side.may_release, "they have torque already"
    world.peer.bus.absent.clear()
    state = side.read().state
    assert (state.joint_age_s, state.joint_fault) == ((0.0,) * 3, (0, 0, 0))


def test_joints_that_do_not_answer_keep_their_values_and_grow_old(world: _World) -> None:
    world.peer.servo(1).show(0.5, 0.0, 0.0)
    before = world.side.read().state
    world.peer.bus.absent.add(3)
    for period in (1, 2):
        world.side.advance((0.0,) * 3)
        state = world.side.read().state
        assert state.q_rad == before.q_rad
        assert state.joint_age_s == pytest.approx((period * DT_S,) * 3)
    world.peer.bus.absent.clear()
    assert world.side.read().state.joint_age_s == (0.0,) * 3
    assert world.side.counts.lost == 2


@pytest.mark.parametrize(
    ("bits", "flag"),
    [
        (0x01, JointFault.VOLTAGE), (0x04, JointFault.OVERHEATED), (0x10, JointFault.OVERCURRENT),
        (0x20, JointFault.OTHER), (0x08, JointFault.OTHER), (0x24, JointFault.OVERHEATED | JointFault.OTHER),
    ],
)  # fmt: skip
def test_hardware_errors_are_joint_faults(world: _World, bits: int, flag: JointFault) -> None:
    world.peer.servo(2).put(world.peer.servo(2).kind.layout.error, bits, 1)
    assert world.side.read().state.joint_fault == (0, flag.value, 0)


def test_torque_comes_with_what_holds_the_arm_and_goes_only_at_rest(world: _World) -> None:
    world.side.read()
    world.side.enable()
    for servo, tau, way in zip(world.peer.bus.servos, _gravity(REST), (1, -1, 1), strict=True):
        assert servo.is_on
        assert servo.goal_a == pytest.approx(way * tau / 2.0, abs=servo.kind.current_a)
    world.peer.servo(2).show(0.3, 0.0, 0.0)
    world.side.read()
    assert not world.side.may_release
    assert not world.side.release()
    world.peer.servo(2).show(0.0, 0.2, 0.0)
    world.side.read()
    assert not world.side.release(), "it moves"
    assert all(servo.is_on for servo in world.peer.bus.servos)
    world.peer.servo(2).show(0.0, 0.0, 0.0)
    world.side.read()
    assert world.side.release()
    assert not any(servo.is_on for servo in world.peer.bus.servos)


def test_the_owner_says_that_servos_may_have_torque_before_the_first_one_has_it_and_until_the_last_one_has_none(
    world: _World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, Power]] = []
    for name in ("enable", "release"):
        act = getattr(world.side._bus, name)

        def noted(*given: Vector, name: str = name, act: Callable[..., None] = act) -> None:
            act(*given)
            seen.append((name, world.said()[1]))

        monkeypatch.setattr(world.side._bus, name, noted)
    assert world.said() == (0, Power.OFF)
    world.side.enable()
    assert world.said() == (0, Power.ON)
    world.side.advance((0.0,) * 3)
    assert world.said() == (1, Power.ON)
    world.side.read()
    assert world.side.release()
    assert world.said() == (1, Power.OFF)
    assert seen == [("enable", Power.CHANGING), ("release", Power.CHANGING)]


def test_a_servo_that_does_not_enable_leaves_none_with_torque(world: _World) -> None:
    world.peer.servo(3).put(world.peer.servo(3).kind.layout.error, 0x20, 1)
    with pytest.raises(ServoError, match="joint 'three'"):
        world.side.enable()
    assert not any(servo.is_on for servo in world.peer.bus.servos)
    assert world.side.may_release


def test_brakes_that_are_not_there_are_not_closed(world: _World) -> None:
    world.side.set_brakes(frozenset())
    with pytest.raises(PlantError, match=r"brakes of joints \[1\] are to close; this rig has none"):
        world.side.set_brakes(frozenset({1}))


def test_closing_leaves_torque_as_it_is(world: _World) -> None:
    world.side.enable()
    world.side.close()
    assert all(servo.is_on for servo in world.peer.bus.servos)


def test_clocks_go_with_commands_or_with_the_machine() -> None:
    lock, wall = LockStepClock(DT_S), WallClock()
    for _ in range(3):
        lock.advance()
        wall.advance()
    assert lock.now_s() == pytest.approx(0.003)
    assert 0.0 <= wall.now_s() < 60.0


def test_a_master_that_has_just_been_given_the_drives_is_waited_for() -> None:
    credit = Credit(Patience(0.05, 0))
    assert credit.wait(lambda: -1, 0) < 0.04, "one that never answered is not"
    credit.trust()
    assert credit.wait(lambda: -1, 1) >= 0.05
    assert credit.wait(lambda: -1, 2) < 0.04, "and only once"

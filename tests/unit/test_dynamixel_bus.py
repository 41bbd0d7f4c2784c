"""The driver of a Dynamixel bus against emulated servos: what it finds, what it writes, and how it fails."""

import math
import random
from collections.abc import Iterator

import pytest

from hardware.dynamixel.bus import DynamixelBus
from hardware.dynamixel.port import OwnedPort, PortSettings
from hardware.errors import LinkError, ServoError, ServosError
from sim.peers.servo import KINDS, Servo
from tests.servo_bus import CURRENT_LIMIT_A, P_MODEL, X_MODEL, ThreadedBus

MODEL_NUMBERS = {X_MODEL: 1120, P_MODEL: 2020}


@pytest.fixture(params=[X_MODEL, P_MODEL])
def peer(request: pytest.FixtureRequest) -> Iterator[ThreadedBus]:
    with ThreadedBus(request.param) as made:
        yield made


@pytest.fixture
def driver(peer: ThreadedBus) -> Iterator[DynamixelBus]:
    made = peer.driver(watchdog_s=0.06)
    yield made
    made.close()


def test_connecting_writes_current_limit_and_map_only_and_enables_nothing(
    peer: ThreadedBus, driver: DynamixelBus
) -> None:
    before = [bytes(servo.memory) for servo in peer.bus.servos]
    driver.connect()
    layout = peer.servo(1).kind.layout
    mapped = set(range(layout.map_at, layout.map_at + 2 * 14))
    for servo, memory in zip(peer.bus.servos, before, strict=True):
        changed = {address for address, byte in enumerate(memory) if byte != servo.memory[address]}
        assert changed <= {38, 39} | mapped
        assert not servo.is_on
        assert servo.get(38, 2) == math.floor(CURRENT_LIMIT_A / servo.kind.current_a)


def test_connecting_again_writes_nothing(peer: ThreadedBus, driver: DynamixelBus) -> None:
    driver.connect()
    written: list[int] = []
    for servo in peer.bus.servos:
        servo.write = lambda address, _data: written.append(address) or 0  # type: ignore[method-assign,func-returns-value]
    driver.connect()
    assert written == []


def test_position_speed_torque_and_health_come_in_one_packet_with_sign_zero_and_units(
    peer: ThreadedBus, driver: DynamixelBus
) -> None:
    driver.connect()
    kind = peer.servo(2).kind
    peer.servo(2).show(0.5, -0.3, 0.8)
    peer.servo(2).put(kind.layout.warmth, 47, 1)
    peer.servo(2).put(kind.layout.volts, 253, 2)
    readings = driver.read()
    assert readings is not None
    found = readings[1]
    zero_rad = 200 * math.tau / kind.counts
    assert found.q_rad == pytest.approx(-(0.5 - zero_rad), abs=math.tau / kind.counts)
    assert found.dq_rad_s == pytest.approx(0.3, abs=kind.speed_rad_s)
    assert found.tau_nm == pytest.approx(-1.6, abs=2 * kind.current_a)
    assert (found.temperature_c, found.voltage_v) == (47.0, pytest.approx(25.3))
    assert found.hardware_error == 0


@pytest.mark.parametrize("counts", [-1, -3, -65536, -196609, 253, 65533])
def test_numbers_whose_bytes_look_like_the_beginning_of_a_packet_are_read_right(
    peer: ThreadedBus, driver: DynamixelBus, counts: int
) -> None:
    driver.connect()
    servo = peer.servo(1)
    layout = servo.kind.layout
    servo.put(layout.current, -1, 2)
    servo.put(layout.speed, counts, 4)
    servo.put(layout.position, counts, 4)
    readings = driver.read()
    assert readings is not None
    assert readings[0].dq_rad_s == pytest.approx(counts * servo.kind.speed_rad_s)
    assert readings[0].q_rad == pytest.approx((counts - 100) * math.tau / servo.kind.counts)


def test_enabling_presets_the_torques_and_sets_the_watchdog(peer: ThreadedBus, driver: DynamixelBus) -> None:
    driver.connect()
    driver.enable((0.5, 0.5, -1.0))
    for servo, tau in zip(peer.bus.servos, (0.5, -0.5, -1.0), strict=True):
        assert servo.is_on
        assert servo.goal_a == pytest.approx(tau / 2.0, abs=servo.kind.current_a)
        assert servo.get(servo.kind.layout.watchdog, 1) == 3
    driver.write((0.2, 0.2, 0.2))
    driver.read()
    assert peer.servo(1).goal_a == pytest.approx(0.1, abs=peer.servo(1).kind.current_a)
    driver.release()
    assert not any(servo.is_on for servo in peer.bus.servos)


def test_a_torque_over_the_limit_is_cut_and_counted(peer: ThreadedBus, driver: DynamixelBus) -> None:
    driver.connect()
    driver.enable((0.0, 0.0, 0.0))
    driver.write((1e6, -1e6, 0.0))
    driver.read()
    assert driver.clipped == 2
    assert peer.servo(1).goal_a == pytest.approx(CURRENT_LIMIT_A, abs=peer.servo(1).kind.current_a)
    assert peer.servo(2).goal_a == pytest.approx(CURRENT_LIMIT_A, abs=peer.servo(2).kind.current_a)


@pytest.mark.parametrize("tau", [math.nan, math.inf])
def test_a_torque_that_is_no_number_is_never_sent(peer: ThreadedBus, driver: DynamixelBus, tau: float) -> None:
    driver.connect()
    driver.enable((0.5, 0.0, 0.0))
    with pytest.raises((ValueError, OverflowError)):
        driver.write((0.0, tau, 0.0))
    assert peer.servo(1).goal_a == pytest.approx(0.25, abs=peer.servo(1).kind.current_a)


def test_a_missing_servo_is_named_with_its_joint(peer: ThreadedBus, driver: DynamixelBus) -> None:
    peer.bus.absent.add(2)
    with pytest.raises(ServoError, match=r"servo 2 of joint 'two': got no answer.*check its id") as found:
        driver.connect()
    assert (found.value.joint, found.value.servo_id, found.value.exit_code) == ("two", 2, 5)


def test_every_servo_that_is_missing_is_named(peer: ThreadedBus, driver: DynamixelBus) -> None:
    peer.bus.absent |= {1, 3}
    with pytest.raises(ServosError, match=r"connecting failed: servo 1 .* servo 3 ") as found:
        driver.connect()
    assert [error.joint for error in found.value.errors] == ["one", "three"]


def test_a_servo_of_another_model_is_refused() -> None:
    with ThreadedBus() as peer:
        peer.servo(3).put(0, 1130, 2)
        driver = peer.driver()
        with pytest.raises(ServoError, match="joint 'three': got XM540-W150; allowed: XM540-W270; correct id or model"):
            driver.connect()
        driver.close()


def _spoil(servo: Servo, what: str) -> None:
    layout = servo.kind.layout
    address, value = {
        "mode": (11, 3), "delay": (9, 250), "error": (layout.error, 0x24), "torque": (layout.torque, 1),
    }[what]  # fmt: skip
    servo.put(address, value, 1)


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("mode", r"Operating Mode 3; allowed: 0, current control; set it with the maker's Wizard"),
        ("delay", r"Return Delay Time of 500 us; allowed: 0 us"),
        ("error", r"hardware error: overheating, overload; allowed: none; remove its cause, then reboot"),
        ("torque", r"torque that is on already; allowed: torque off at rest; support the arm by hand"),
    ],
)
def test_a_servo_that_is_not_ready_is_refused_and_left_as_it_is(
    peer: ThreadedBus, driver: DynamixelBus, what: str, text: str
) -> None:
    _spoil(peer.servo(2), what)
    before = bytes(peer.servo(2).memory)
    with pytest.raises(ServoError, match=f"servo 2 of joint 'two': got {text}"):
        driver.connect()
    assert bytes(peer.servo(2).memory) == before


def test_a_servo_that_cannot_take_its_limit_is_named(peer: ThreadedBus, driver: DynamixelBus) -> None:
    servo = peer.servo(1)
    whole = servo.write
    servo.write = lambda address, data: whole(address, data) if address != 38 else 0  # type: ignore[method-assign]
    with pytest.raises(ServoError, match=r"joint 'one': got Current Limit \d+ after writing \d+"):
        driver.connect()


def test_one_servo_that_does_not_enable_leaves_no_torque_anywhere(peer: ThreadedBus, driver: DynamixelBus) -> None:
    driver.connect()
    peer.servo(3).put(peer.servo(3).kind.layout.error, 0x20, 1)
    with pytest.raises(ServoError, match="joint 'three'"):
        driver.enable((0.0, 0.0, 0.0))
    assert not any(servo.is_on for servo in peer.bus.servos)


def test_releasing_reaches_the_others_where_one_is_gone(peer: ThreadedBus, driver: DynamixelBus) -> None:
    driver.connect()
    driver.enable((0.0, 0.0, 0.0))
    peer.bus.absent.add(1)
    with pytest.raises(ServoError, match="joint 'one'"):
        driver.release()
    assert [servo.is_on for servo in peer.bus.servos] == [True, False, False]


def test_a_hardware_error_shows_in_the_cycle(peer: ThreadedBus, driver: DynamixelBus) -> None:
    driver.connect()
    driver.enable((0.0, 0.0, 0.0))
    peer.servo(2).put(peer.servo(2).kind.layout.error, 0x20, 1)
    readings = driver.read()
    assert readings is not None
    assert [reading.hardware_error for reading in readings] == [0, 0x20, 0]


def test_noise_on_the_wire_costs_repeated_reads_and_nothing_else(peer: ThreadedBus, driver: DynamixelBus) -> None:
    driver.connect()
    driver.enable((0.0, 0.0, 0.0))
    noise = random.Random(1)  # noqa: S311

    def flip(answer: bytes) -> bytes:
        if noise.random() > 0.2:
            return answer
        place = noise.randrange(8, len(answer))
        return answer[:place] + bytes([answer[place] ^ 0x10]) + answer[place + 1 :]

    peer.servo(1).show(0.25, 0.0, 0.0)
    peer.line.wire = flip
    found = [readings for _ in range(60) if (readings := driver.read()) is not None]
    peer.line.wire = lambda answer: answer
    assert driver.repeated_reads > 3
    assert len(found) > 45
    assert {round(readings[0].q_rad, 6) for readings in found} == {round(found[0][0].q_rad, 6)}


def test_half_a_packet_is_no_answer_and_the_next_cycle_is_whole() -> None:
    with ThreadedBus() as peer:
        driver = peer.driver()
        driver.connect()
        peer.line.wire = lambda answer: answer[: len(answer) // 2]
        assert driver.read() is None
        assert driver.lost_cycles == 1
        peer.line.wire = lambda answer: answer
        assert driver.read() is not None
        driver.close()


def test_an_answer_that_belongs_to_something_else_is_not_taken_for_the_block() -> None:
    with ThreadedBus() as peer:
        driver = peer.driver()
        driver.connect()
        ping = bytes.fromhex("fffffd0001070055006004301d9c")
        peer.line.wire = lambda answer: ping if len(answer) > 40 else answer
        assert driver.read() is None
        peer.line.wire = lambda answer: answer
        assert driver.read() is not None
        driver.close()


def test_a_port_has_one_owner(peer: ThreadedBus, driver: DynamixelBus) -> None:
    driver.connect()
    with pytest.raises(LinkError, match=r"servo bus /dev/pts/\d+: another process has the port; end the other program"):
        peer.driver()


def test_a_port_that_is_not_there_is_refused_with_a_cure() -> None:
    with pytest.raises(LinkError, match=r"servo bus /dev/none: no such device; plug the cable in"):
        OwnedPort(PortSettings("/dev/none", 4_000_000, 0.01))


def test_an_unplugged_cable_is_named() -> None:
    peer = ThreadedBus()
    with peer:
        driver = peer.driver()
        driver.connect()
    with pytest.raises(LinkError, match="the port is gone"):
        driver.read()
    driver.close()


def test_a_watchdog_that_trips_takes_the_current_and_locks_the_goals(peer: ThreadedBus, driver: DynamixelBus) -> None:
    driver.connect()
    driver.enable((0.5, 0.5, 0.5))
    for servo in peer.bus.servos:
        servo.pass_time(0.059)
    assert peer.servo(1).goal_a != 0.0
    for servo in peer.bus.servos:
        servo.pass_time(0.002)
    driver.write((0.5, 0.5, 0.5))
    driver.read()
    assert [servo.goal_a for servo in peer.bus.servos] == [0.0, 0.0, 0.0]


def test_adopted_servos_have_their_torque_at_once_also_where_their_watchdog_has_tripped(
    peer: ThreadedBus, driver: DynamixelBus
) -> None:
    driver.connect()
    driver.enable((0.5, 0.5, 0.5))
    for servo in peer.bus.servos:
        servo.pass_time(0.061)
    driver.adopt((0.4, 0.4, 0.4))
    assert driver.read() is not None
    for servo, way in zip(peer.bus.servos, (1, -1, 1), strict=True):
        assert servo.goal_a == pytest.approx(0.2 * way, abs=servo.kind.current_a)
        assert servo.get(servo.kind.layout.watchdog, 1) == 3
    for servo in peer.bus.servos:
        servo.pass_time(0.061)
    assert [servo.goal_a for servo in peer.bus.servos] == [0.0, 0.0, 0.0], "the watchdog is on again"


def test_the_models_of_the_driver_and_of_the_peer_are_the_same_ones() -> None:
    assert {MODEL_NUMBERS[X_MODEL], MODEL_NUMBERS[P_MODEL]} <= KINDS.keys()

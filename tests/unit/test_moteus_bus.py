"""The moteus driver against emulated controllers: frames of the maker's documents, and what only this family can do."""

import math
import select
import subprocess
import sys
import threading
from collections.abc import Iterator

import can
import moteus
import pytest

from controller.errors import PlantError
from controller.types import JointFault
from hardware.errors import LinkError, ServoError
from hardware.moteus import frames
from hardware.moteus.asking import SOURCES
from hardware.moteus.bus import MoteusBus
from hardware.moteus.frames import answer_of
from hardware.moteus.link import CanSettings, Frame, OwnedCan
from hardware.moteus.settings import MoteusSettings
from hardware.moteus.tables import FAULT_WORDS, MODE_ERROR, error_code, error_words, fault_flags
from sim.peers.moteus import multiplex
from sim.peers.moteus.multiplex import DamagedError, Read, Write, parts
from sim.peers.moteus.played import MoteusJoint, MoteusWire
from tests.conformance.moteus_bench import CURRENT_A, LIMIT_NM, MoteusBench

COMMAND = bytes.fromhex("01000a07206000200150ff140400130d")
ANSWER = bytes.fromhex("2404000a005000000170ff230d181400")
"""The example of the maker's page on CAN (docs/protocol/can.md), question and answer, with what it says they mean."""


@pytest.fixture
def bench() -> MoteusBench:
    return MoteusBench()


def test_the_peer_reads_the_makers_example_as_its_page_does() -> None:
    found = list(parts(COMMAND))
    assert found == [
        Write(0x000, 0, 10), Write(0x020, 1, 0x60), Write(0x021, 1, 0x120), Write(0x022, 1, -176),
        Read(0x000, 4, 1), Read(0x00D, 3, 0),
    ]  # fmt: skip


def test_the_driver_reads_the_makers_example_as_its_page_does() -> None:
    answer = answer_of(Frame(0x100, ANSWER))
    assert answer is not None
    assert (answer.servo_id, answer.source) == (1, 0)
    values = answer.values
    assert values[frames.MODE] == 10
    assert values[frames.POSITION] == pytest.approx(2.88 / 360.0)
    assert values[frames.VELOCITY] == pytest.approx(23.04 / 360.0)
    assert (values[frames.TORQUE], values[frames.VOLTAGE]) == (pytest.approx(-1.44), pytest.approx(12.0))
    assert (values[frames.TEMPERATURE], values[frames.FAULT]) == (20.0, 0)


@pytest.mark.parametrize("kind", range(4))
@pytest.mark.parametrize("turns", [0.0, 1e-5, -1e-5, 0.49, -0.5, 1.0, -1.27, 3.2767, -3.2768])
def test_peer_and_library_mean_the_same_by_every_kind_of_number(bench: MoteusBench, kind: int, turns: float) -> None:
    controller = bench.bus.controllers[0]
    controller.show(turns, -turns, 2.0 * turns)
    asked = bytes([0x10 | kind << 2, 3, 0x01])
    answer = answer_of(Frame(0x100, controller.hear(asked)))
    assert answer is not None
    for register, value, unit in ((1, turns, (0.01, 1e-4, 1e-5, 1e-6)), (2, -turns, (0.1, 2.5e-4, 1e-5, 1e-6)),
                                  (3, 2.0 * turns, (0.5, 0.01, 1e-3, 1e-6))):  # fmt: skip
        most = (127, 32767, 2**31 - 1, math.inf)[kind] * unit[kind]
        wanted = max(-most, min(most, value))
        assert answer.values[register] == pytest.approx(wanted, abs=0.51 * unit[kind])


@pytest.mark.parametrize("cut", range(1, len(COMMAND)))
def test_a_frame_that_ends_too_early_is_dropped_by_the_peer(bench: MoteusBench, cut: int) -> None:
    controller = bench.bus.controllers[0]
    controller.hear(COMMAND[:cut])
    if cut in (3, 11, 14):  # the ends of whole subframes
        return
    assert controller.mode == 0
    with pytest.raises(DamagedError):
        list(parts(COMMAND[:cut]))


@pytest.mark.parametrize("cut", range(len(ANSWER)))
def test_an_answer_that_ends_too_early_is_none_or_lacks_registers(cut: int) -> None:
    answer = answer_of(Frame(0x100, ANSWER[:cut]))
    assert answer is None or len(answer.values) < 7


def test_before_enabling_a_write_is_a_frame_that_does_nothing(bench: MoteusBench) -> None:
    driver = bench.driver()
    driver.connect()
    sent: list[Frame] = []
    send = bench.link.send
    bench.link.send = lambda frame: (sent.append(frame), send(frame))[1]  # type: ignore[method-assign,func-returns-value]
    driver.write((1.0, 2.0, 3.0))
    assert sent == [Frame(number, b"\x50") for number in (1, 2, 3)]
    driver.enable((0.0, 0.0, 0.0))
    sent.clear()
    driver.write((1.0, 2.0, 3.0))
    assert [len(frame.data) for frame in sent] == [32, 32, 32]
    driver.release()
    sent.clear()
    driver.write((1.0, 2.0, 3.0))
    assert [frame.data for frame in sent] == [b"\x50"] * 3


def test_connecting_saves_nothing_for_ever(bench: MoteusBench) -> None:
    said: list[bytes] = []
    for controller in bench.bus.controllers:
        hear = controller.hear
        controller.hear = lambda data, hear=hear: (said.append(data), hear(data))[1]  # type: ignore[method-assign,misc]
    bench.driver().connect()
    lines = b"".join(said)
    assert b"conf set servo.max_current_A 12.5" in lines
    assert b"conf write" not in lines
    before = len(said)
    bench.driver().connect()
    assert b"conf set" not in b"".join(said[before:])


def test_an_answer_to_an_older_question_is_known_even_after_the_new_one(bench: MoteusBench) -> None:
    driver = bench.driver()
    driver.connect()
    bench.place(0, 0.9)
    older = next(driver._asking._sources)
    question = frames.Questions(1, 0.06, LIMIT_NM).cyclic(older)
    ((identifier, data),) = bench.bus.answers(question.identifier, question.data)
    for joint in range(3):
        bench.place(joint, 0.1)
    receive = bench.link.receive
    stale = [Frame(identifier, data)]
    bench.link.receive = lambda left_s: stale.pop() if stale else receive(left_s)  # type: ignore[method-assign]
    found = driver.read()
    assert [reading is not None and abs(reading.q_rad - 0.1) < 1e-5 for reading in found] == [True] * 3


def test_a_time_out_is_told_and_brakes_by_the_speed(bench: MoteusBench) -> None:
    driver = bench.driver()
    driver.connect()
    driver.enable((0.0, 0.0, 0.0))
    driver.write((5.0, 5.0, 5.0))
    bench.pass_time(0.07)
    bench.place(1, 0.0, 2.0)
    assert bench.moment().tau_nm[1] == pytest.approx(-0.5 * 2.0)
    reading = driver.read()[1]
    assert reading is not None
    assert reading.fault == JointFault.TORQUE.value
    assert error_words(reading.hardware_error) == "mode 11, time-out of its watchdog"


def test_an_heir_takes_over_what_still_gives_torque_and_what_has_timed_out(bench: MoteusBench) -> None:
    lost = bench.driver()
    lost.connect()
    lost.enable((1.0, 1.0, 1.0))
    bench.bus.controllers[1].pass_time(0.07)
    heir = bench.driver()
    start = len(bench.history)
    heir.adopt((2.0, 3.0, 4.0))
    heir.write((2.0, 3.0, 4.0))
    assert bench.moment().tau_nm == pytest.approx((2.0, 3.0, 4.0), abs=1e-5)
    for joint in (0, 2):
        assert all(moment.has_torque[joint] for moment in bench.history[start:]), "never without torque"
    assert [reading is not None and reading.fault for reading in heir.read()] == [0, 0, 0]


def test_a_watchdog_of_zero_never_trips(bench: MoteusBench) -> None:
    made = MoteusBus(bench.link, bench.servos, 0.0)
    made.connect()
    made.enable((1.0, 1.0, 1.0))
    bench.pass_time(1e6)
    assert all(bench.moment().has_torque)


def _old(bench: MoteusBench) -> None:
    bench.bus.controllers[1].register_map = 4


def _unhomed(bench: MoteusBench) -> None:
    bench.bus.controllers[1].home = 1


def _open_loop(bench: MoteusBench) -> None:
    bench.bus.controllers[1].config["servo.fixed_voltage_mode"] = 1.0


def _timed_out(bench: MoteusBench) -> None:
    bench.bus.controllers[1].mode = 11


def _faulty(bench: MoteusBench) -> None:
    bench.bus.controllers[1].fail(35)


def _mute(bench: MoteusBench) -> None:
    bench.bus.controllers[1].config.pop("servo.timeout_mode")


@pytest.mark.parametrize(
    ("spoil", "text"),
    [
        (_old, "register map 4; allowed: register map 5; update its firmware"),
        (_unhomed, "home state 1; allowed: 2, a position that is known at the output; configure an output encoder"),
        (_open_loop, "servo.fixed_voltage_mode of 1; allowed: 0; set it"),
        (_timed_out, "mode 11, time-out of its watchdog; allowed: stopped, without torque, at rest; support the arm"),
        (_faulty, "fault 35, encoder fault; allowed: no fault; remove its cause, then clear it"),
        (_mute, "'ERR unknown command' for servo.timeout_mode; allowed: a number; update its firmware"),
    ],
)
def test_a_controller_that_is_not_ready_is_refused_in_words(bench: MoteusBench, spoil: object, text: str) -> None:
    assert callable(spoil)
    spoil(bench)
    with pytest.raises(ServoError) as found:
        bench.driver().connect()
    assert f"servo 2 of joint 'two': got {text}" in str(found.value)
    assert not any(bench.moment().has_torque)


def test_a_controller_that_stays_on_its_way_is_named(bench: MoteusBench) -> None:
    driver = bench.driver()
    driver.connect()
    controller = bench.bus.controllers[2]
    obey = controller.hear

    def stuck(data: bytes) -> bytes:
        if controller.mode == 3 and data[:3] == b"\x01\x00\x0a":
            return multiplex.reply(0, 0, [3]) + obey(bytes.fromhex("1f01 170d"))
        return obey(data)

    controller.hear = stuck  # type: ignore[method-assign]
    with pytest.raises(ServoError, match="joint 'three': got mode 3, preparing, enabling; allowed: position mode"):
        driver.enable((0.0, 0.0, 0.0))
    assert not any(bench.moment().has_torque)


@pytest.mark.parametrize("source", [None, SOURCES[0]])
def test_a_torque_command_is_what_the_library_writes(source: int | None) -> None:
    query, command = moteus.QueryResolution(), moteus.PositionResolution()
    query.voltage = query.temperature = query.fault = moteus.INT16
    for name in ("position", "velocity", "kp_scale", "kd_scale", "ilimit_scale"):
        setattr(command, name, moteus.INT8)
    library = moteus.Controller(id=5, query_resolution=query, position_resolution=command, transport=object())
    questions = frames.Questions(5, 0.06, 7.5)
    for tau_nm in (0.0, -0.0, 1e-30, 0.1, -0.1, 7.5, -7.5, 1.2345679e-20):
        made = library.make_position(
            position=math.nan, velocity=0.0, kp_scale=0.0, kd_scale=0.0, ilimit_scale=0.0, feedforward_torque=tau_nm,
            maximum_torque=7.5, watchdog_timeout=0.06, query=source is not None,
        )  # fmt: skip
        assert questions.torque(tau_nm, source).data == made.data


@pytest.mark.parametrize("tau_nm", [LIMIT_NM, math.nextafter(LIMIT_NM, math.inf), 2.0 * LIMIT_NM, 1e30])
def test_the_driver_cuts_a_torque_before_it_is_sent(bench: MoteusBench, tau_nm: float) -> None:
    for servo in bench.servos:
        for sign in (1.0, -1.0):
            sent = servo.output_torque(sign * tau_nm)
            assert sent == pytest.approx(servo.direction * sign * servo.output_limit_nm)
            assert abs(sent) <= servo.output_limit_nm


def test_the_torque_of_a_command_is_limited_by_the_controller_too(bench: MoteusBench) -> None:
    driver = bench.driver()
    driver.connect()
    driver.enable((0.0, 0.0, 0.0))
    beyond = frames.Questions(1, 0.06, bench.servos[0].output_limit_nm).torque(1e3)
    bench.bus.controllers[0].hear(beyond.data)
    assert bench.moment().tau_nm[0] == pytest.approx(LIMIT_NM)
    assert bench.bus.controllers[0].config["servo.max_current_A"] == pytest.approx(CURRENT_A)


@pytest.mark.parametrize(
    ("code", "flag"),
    [
        (34, JointFault.VOLTAGE), (40, JointFault.VOLTAGE), (38, JointFault.OVERHEATED), (100, JointFault.OVERHEATED),
        (33, JointFault.OTHER), (35, JointFault.OTHER), (43, JointFault.OTHER), (99, JointFault.TORQUE),
        (97, JointFault.TORQUE), (0, JointFault.NONE),
    ],
)  # fmt: skip
def test_fault_codes_are_joint_faults(code: int, flag: JointFault) -> None:
    mode = 1 if 0 < code < 96 else 10
    assert fault_flags(error_code(mode, code, is_enabled=True)) == flag.value


def test_every_state_has_an_error_or_is_torque_control() -> None:
    assert error_code(10, 102, is_enabled=True) == 0
    for mode in range(16):
        error = error_code(mode, 0, is_enabled=True)
        assert (error == 0) is (mode == 10)
        assert mode == 10 or fault_flags(error) == JointFault.TORQUE.value
        assert error_code(mode, 0, is_enabled=False) == (MODE_ERROR + 1 if mode == 1 else 0)
    assert all("unknown" not in error_words(code) for code in FAULT_WORDS)
    assert error_words(77) == "fault 77, unknown"


def test_an_interface_that_is_not_there_is_refused_with_a_cure() -> None:
    for settings in (CanSettings("socketcan", "can99", 0.01), CanSettings("udp_multicast", "no place", 0.01)):
        with pytest.raises(LinkError, match=r"CAN bus \w+ .*: cannot be opened \(.*\); plug the adapter in"):
            OwnedCan(settings)
    OwnedCan(CanSettings("virtual", "still-free", 0.01)).close()


def test_a_virtual_link_has_one_owner_in_its_process_and_none_elsewhere() -> None:
    settings = CanSettings("virtual", "one-process", 0.01)
    script = (
        "import sys; from hardware.moteus.link import CanSettings, OwnedCan;"
        "link = OwnedCan(CanSettings('virtual', 'one-process', 0.01)); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        link = OwnedCan(settings)
        with pytest.raises(LinkError, match="another process has the link"):
            OwnedCan(settings)
        link.close()
        other.communicate()


def test_frames_go_over_python_can_filled_up_to_lengths_of_can_fd() -> None:
    other = can.Bus(interface="virtual", channel="lengths", fd=True)
    link = OwnedCan(CanSettings("virtual", "lengths", 0.01))
    for size in (0, 7, 8, 9, 32, 33, 64):
        link.send(Frame(0x8001, bytes(size)))
        found = other.recv(1.0)
        assert found is not None
        assert (found.arbitration_id, found.is_fd, found.is_extended_id) == (0x8001, True, True)
        assert bytes(found.data[:size]) == bytes(size)
        assert set(found.data[size:]) <= {0x50}
    other.send(can.Message(arbitration_id=0x101, is_fd=True, data=b"\x50"))
    assert link.receive(1.0) == Frame(0x101, b"\x50")
    assert link.receive(0.0) is None
    link.close()
    other.shutdown()


@pytest.fixture
def wire(bench: MoteusBench) -> Iterator[MoteusWire]:
    joints = tuple(
        MoteusJoint(servo.address.servo_id, servo.unique_id, servo.direction, servo.zero_rev, servo.gear,
                    servo.torque_scale, 0.5) for servo in bench.servos
    )  # fmt: skip
    try:
        made = MoteusWire(joints)
    except PlantError as error:
        pytest.skip(str(error))
    is_over = threading.Event()

    def serve() -> None:
        while not is_over.is_set():
            if select.select([made], [], [], 0.02)[0]:
                cycles.extend(made.serve())

    thread = threading.Thread(target=serve)
    thread.start()
    yield made
    is_over.set()
    thread.join()
    made.close()


cycles: list[None] = []


def test_a_session_of_the_driver_over_a_can_bus_between_programs(bench: MoteusBench, wire: MoteusWire) -> None:
    cycles.clear()
    local = MoteusSettings(CanSettings("socketcan", "can0", 0.001), bench.servos, 0.06)
    driver = local.at_peer(wire.place, 5.0).open()
    driver.connect()
    driver.enable((0.5, -0.5, 1.0))
    wire.joints[1].show(0.7, 0.0, 0.0)
    driver.write((1.0, 2.0, -3.0))
    readings = driver.read()
    assert [joint.tau_nm for joint in wire.joints] == pytest.approx([1.0, 2.0, -3.0], abs=1e-5)
    assert readings[1] is not None
    assert readings[1].q_rad == pytest.approx(0.7, abs=1e-5)
    driver.write((0.0, 0.0, 0.0))
    driver.release()
    driver.close()
    assert len(cycles) == 2, "only the commands of a whole cycle let time pass"

"""The check of a rig against a peer at rest: it writes nothing, and says everything that is wrong at once."""

from __future__ import annotations

import json
import math
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import serial

from controller.errors import ConfigError
from hardware.check import rig_check
from hardware.check.findings import BUS, SENSOR, TIMING
from hardware.check.rig_check import RigReport, check_rig
from hardware.check.servos import ServoRow, swapped
from hardware.check.timing import CycleTimes, budget_findings, cycle_times, lost_findings
from hardware.dynamixel.facts import ServoFacts, ServoState
from hardware.dynamixel.port import OwnedPort
from hardware.errors import LinkError
from hardware.rig_file import RIG_FOLDER, load_rig
from hardware.rig_model import LoadedRig
from sim.peers.bench import BenchPeer
from sim.peers.line import clean
from sim.peers.servo import KINDS, Servo
from urdf.arms import load_arm
from workbench import cli
from workbench.runs.rehearsal_peer import peer_servos
from workbench.runs.rig_place import peer_place

X, P = "dynamixel_x", "dynamixel_p"
ARM = load_arm("servo7")
Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


def _peer(file: LoadedRig, noise_n: float | None = None) -> BenchPeer:
    return BenchPeer(peer_servos(file), ARM.home_rad, file.content.sensor.noise_n if noise_n is None else noise_n)


@pytest.fixture
def file() -> LoadedRig:
    return load_rig(X)


@pytest.fixture
def peer(file: LoadedRig, monkeypatch: Patch) -> Iterator[BenchPeer]:
    monkeypatch.setattr(rig_check, "CYCLES", 60)
    with _peer(file) as made:
        yield made


def _said(report: RigReport) -> dict[str, list[str]]:
    """Return what was got, by place."""
    said: dict[str, list[str]] = {}
    for finding in report.findings:
        said.setdefault(finding.where, []).append(finding.got)
    return said


@pytest.mark.parametrize("name", [X, P])
def test_a_sound_rig_has_no_finding_and_is_only_read(name: str, monkeypatch: Patch) -> None:
    monkeypatch.setattr(rig_check, "CYCLES", 60)
    file = load_rig(name)
    with _peer(file) as peer:
        before = [bytes(servo.memory) for servo in peer.bus.servos]
        written: list[int] = []
        for servo in peer.bus.servos:
            servo.write = lambda address, _data: written.append(address) or 0  # type: ignore[method-assign,func-returns-value]
        report = check_rig(file, ARM, peer_place(file, peer))
        assert [bytes(servo.memory) for servo in peer.bus.servos] == before
    assert (report.findings, written) == ((), [])
    assert report.ids == (1, 2, 3, 4, 5, 6, 7)
    for row, home in zip(report.servos, ARM.home_rad, strict=True):
        assert row.q_rad == pytest.approx(home, abs=1e-3)
    assert report.times is not None
    assert (report.times.cycles, report.times.lost) == (60, 0)
    assert 0.0 < report.times.read_p50_s <= report.times.read_p99_s
    assert report.wrist is not None
    assert report.wrist.noise_n == pytest.approx(0.05, rel=0.5)
    assert report.wrist.mean_s[:3] == pytest.approx((0.1, -0.2, -3.0), abs=0.05)


def test_everything_that_is_wrong_is_said_at_once(file: LoadedRig, peer: BenchPeer) -> None:
    servos = peer.bus.servos
    layout = servos[0].kind.layout
    peer.bus.absent.add(3)
    servos[0].put(layout.error, 0x24, 1)
    servos[0].put(11, 3, 1)
    servos[1].put(layout.torque, 1, 1)
    servos[3].put(9, 250, 1)
    servos[4].put(0, 1130, 2)
    servos[5].put(layout.volts, 95, 2)
    servos[6].put(layout.warmth, 81, 1)
    servos[6].put(layout.position, 20_000, 4)
    peer.sensor.status = 0x8000_0000
    stranger = Servo(42, KINDS[1110])
    peer.bus.servos = (*servos, stranger)
    place = peer_place(file, peer)
    report = check_rig(file, ARM, replace(place, port=replace(place.port, latency_s=0.1)))
    said = _said(report)
    assert said["joint1"] == ["hardware error: overheating, overload (servo 1)", "Operating Mode 3 (servo 1)"]
    assert said["joint2"] == ["torque that is on already (servo 2)"]
    assert said["joint3"][0].startswith("no answer, ping: ")
    assert said["joint4"] == ["Return Delay Time of 500 us (servo 4)"]
    assert said["joint5"] == ["XM540-W150 (servo 5)"]
    assert said["joint6"] == ["a supply of 9.5 V"]
    assert said["joint7"] == ["81 degrees C", "a position of 4.590 rad"]
    assert said[BUS] == ["XH540-W150 with id 42"]
    assert said[SENSOR][0].startswith("status 0x80000000 in ")
    assert report.times is not None
    assert (report.times.servos, report.times.lost) == (6, 0), "the silent one is not asked: the packet would never end"
    assert report.servos[4].q_rad is None, "another model has other counts"
    assert all(finding.todo for finding in report.findings)


def test_servos_swapped_by_their_models_are_named_together(tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(rig_check, "CYCLES", 20)
    text = (RIG_FOLDER / "dynamixel_x.yaml").read_text(encoding="utf-8")
    path = tmp_path / "two.yaml"
    path.write_text(text.replace("id: 6, model: XM540-W270", "id: 6, model: XM540-W150"), encoding="utf-8")
    file = load_rig(str(path))
    with _peer(file) as peer:
        peer.bus.servos[5].put(0, 1120, 2)
        peer.bus.servos[6].put(0, 1130, 2)
        report = check_rig(file, ARM, peer_place(file, peer))
    assert _said(report)["joint6, joint7"] == ["servos 6 and 7 that look swapped by their models"]
    assert report.times is not None, "both are of the family of the bus"


def test_servos_swapped_by_their_positions_are_named_together(file: LoadedRig) -> None:
    def row(number: int, q_rad: float, low: float, high: float) -> ServoRow:
        settings = file.servos()[2 * number]
        count = settings.scale.zero_count + round(q_rad / settings.scale.rad_per_count)
        facts = ServoFacts(1120, ServoState(48, 0, False, 0, 0.0, count, 12.0, 30.0))
        return ServoRow(settings, facts, settings.scale.angle_rad(count), (low, high))

    (found,) = swapped((row(0, 1.0, -0.5, 0.5), row(1, 0.0, 0.8, 2.0), row(2, 0.0, -1.0, 1.0)))
    assert (found.where, found.got) == ("joint1, joint3", "servos 1 and 3 that look swapped by their positions")
    assert list(swapped((row(0, 1.0, -0.5, 0.5), row(1, 0.0, 1.5, 2.0)))) == [], "exchanged they would not fit either"


@pytest.mark.parametrize(("noise_n", "got"), [(0.0, "a wrench that never changes"), (0.5, "noise of 0.")])
def test_a_frozen_and_a_noisy_sensor_are_found(file: LoadedRig, monkeypatch: Patch, noise_n: float, got: str) -> None:
    monkeypatch.setattr(rig_check, "CYCLES", 60)
    with _peer(file, noise_n) as peer:
        (said,) = _said(check_rig(file, ARM, peer_place(file, peer)))[SENSOR]
    assert said.startswith(got)


def test_a_slow_and_a_silent_sensor_are_found_and_the_bus_is_read_all_the_same(
    file: LoadedRig, peer: BenchPeer, monkeypatch: Patch
) -> None:
    part = file.content.sensor.model_copy(update={"rate_hz": 2000.0})
    fast = replace(file, content=file.content.model_copy(update={"sensor": part}))
    (said,) = _said(check_rig(fast, ARM, peer_place(file, peer)))[SENSOR]
    assert said.endswith("samples per second")
    monkeypatch.setattr("hardware.netft.FIRST_RECORD_S", 0.02)
    place = peer_place(file, peer)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((place.sensor.host, 0))
        report = check_rig(file, ARM, replace(place, sensor=replace(place.sensor, port=silent.getsockname()[1])))
    assert [finding.where for finding in report.findings] == [SENSOR]
    assert "no record within" in report.findings[0].got
    assert report.wrist is None
    assert report.times is not None


def test_a_port_that_another_program_has_is_a_finding_and_the_sensor_is_asked_all_the_same(
    file: LoadedRig, peer: BenchPeer
) -> None:
    place = peer_place(file, peer)
    other = OwnedPort(place.port)
    report = check_rig(file, ARM, place)
    other.close()
    assert "another process has the port" in _said(report)[BUS][0]
    assert report.wrist is not None


def test_a_port_without_permission_is_a_finding(file: LoadedRig, peer: BenchPeer, monkeypatch: Patch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise serial.SerialException("could not open port: [Errno 13] Permission denied")

    monkeypatch.setattr(serial, "Serial", refuse)
    monkeypatch.setattr(os, "access", lambda *_: False)
    (found,) = [one for one in check_rig(file, ARM, peer_place(file, peer)).findings if one.where == BUS]
    assert found.got.startswith("permission denied, at servo bus ")
    assert found.todo == "add this user to the group of the device (dialout)"


def test_a_bus_that_is_unplugged_on_the_way_is_a_finding_beside_those_before_it(
    file: LoadedRig, peer: BenchPeer, monkeypatch: Patch
) -> None:
    def unplugged(_: object) -> None:
        raise LinkError("servo bus x", "the port is gone (EIO)", "plug the cable in")

    peer.bus.servos[2].put(11, 3, 1)
    monkeypatch.setattr("hardware.dynamixel.transactions.Transactions.scan", unplugged)
    report = check_rig(file, ARM, peer_place(file, peer))
    said = _said(report)
    assert (said["joint3"], said[BUS]) == (["Operating Mode 3 (servo 3)"], ["the port is gone (EIO), at servo bus x"])
    assert (report.times, len(report.servos)) == (None, 7)
    assert report.wrist is not None


def test_answers_that_are_lost_now_and_then_are_counted(file: LoadedRig, peer: BenchPeer) -> None:
    count = 0

    def cut(answer: bytes) -> bytes:
        nonlocal count
        count += len(answer) > 100
        return answer[:-1] + b"\x00" if len(answer) > 100 and count % 10 == 3 else answer

    place = peer_place(file, peer)
    peer.line.wire = cut
    report = check_rig(file, ARM, replace(place, port=replace(place.port, latency_s=0.05)))
    peer.line.wire = clean
    assert report.times is not None
    assert 3 <= report.times.lost <= 30
    assert [finding.where for finding in report.findings if finding.where == BUS] == [BUS]


def test_times_are_held_against_the_budget_of_the_file(file: LoadedRig) -> None:
    times = cycle_times([1e-4 * number for number in range(1, 101)], 100, 7, 4_000_000)
    assert (times.read_p50_s, times.read_p99_s, times.lost) == (pytest.approx(5e-3), pytest.approx(9.9e-3), 0)
    assert times.write_s == pytest.approx(87.5e-6)
    assert [finding.where for finding in budget_findings(times, file.content)] == [TIMING, TIMING]
    assert "period_ms of 1 ms" in str(next(budget_findings(times, file.content)))
    quick = CycleTimes(7, 100, 0, 3e-4, 9e-4, 9e-5)
    assert list(budget_findings(quick, file.content)) == []
    none = cycle_times([], 100, 7, 4_000_000)
    assert math.isnan(none.read_p99_s)
    assert len(list(budget_findings(none, file.content))) == 2
    assert len(list(lost_findings(none))) == 1


def test_a_rehearsed_check_ends_with_0_and_one_with_findings_with_5(tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["rig", "check", "--rig", X, "--rehearse", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["may_be_enabled"], printed["findings"], printed["ids"]) == (True, [], [1, 2, 3, 4, 5, 6, 7])
    assert [row["model"] for row in printed["servos"]] == ["XM540-W270"] * 7
    assert cli.main(["rig", "check", "--rig", X, "--rehearse"]) == 0
    assert "findings        none: the rig may be enabled" in capsys.readouterr().out
    text = (RIG_FOLDER / "dynamixel_x.yaml").read_text(encoding="utf-8")
    path = tmp_path / "no_bus.yaml"
    path.write_text(text.replace("/dev/massage-arm-bus", "/dev/none").replace("192.168.1.1", "no host here"))
    assert cli.main(["rig", "check", "--rig", str(path)]) == 5
    captured = capsys.readouterr()
    assert "findings        2: the rig may not be enabled" in captured.out
    assert captured.err.startswith(
        "massage-arm: rig dynamixel_x may not be enabled, 2 findings: servo bus: got no such"
    )
    assert captured.err.count("\n") == 1


def test_a_rig_whose_joints_are_not_the_arms_is_refused_before_anything_is_opened(tmp_path: Path) -> None:
    text = (RIG_FOLDER / "dynamixel_x.yaml").read_text(encoding="utf-8")
    path = tmp_path / "other.yaml"
    path.write_text(text.replace("joint: joint7", "joint: hand"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"servos: got joint1, .*hand; allowed: the joints of servo7"):
        load_rig(str(path)).rig(ARM, is_simulated=False)
    assert cli.main(["rig", "check", "--rig", str(path)]) == 2

"""The monitor of a rig against a peer at rest: it shows what servos and sensor say, and writes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from hardware.check.monitor import RigMonitor
from hardware.check.rig_check import RigPlace
from hardware.errors import LinkError
from hardware.rig_file import load_rig
from sim.peers.bench import BenchPeer
from urdf.arms import load_arm
from workbench import cli
from workbench.runs.rehearsal_peer import peer_servos
from workbench.runs.rig_place import peer_place

ARM = load_arm("servo7")


@pytest.fixture(params=["dynamixel_x", "dynamixel_p"])
def rig(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def peer(rig: str) -> Iterator[BenchPeer]:
    with BenchPeer(peer_servos(load_rig(rig)), ARM.home_rad, 0.05) as made:
        yield made


def _place(rig: str, peer: BenchPeer) -> RigPlace:
    place = peer_place(load_rig(rig), peer)
    return replace(place, port=replace(place.port, latency_s=0.1))


def test_a_look_shows_every_joint_and_writes_nothing(rig: str, peer: BenchPeer) -> None:
    before = [bytes(servo.memory) for servo in peer.bus.servos]
    monitor = RigMonitor(load_rig(rig).servos(), _place(rig, peer))
    look = monitor.look()
    assert [bytes(servo.memory) for servo in peer.bus.servos] == before
    for joint, home in zip(look.joints, ARM.home_rad, strict=True):
        assert joint.q_rad == pytest.approx(home, abs=1e-3)
        assert (joint.temperature_c, joint.has_torque, joint.age_s, joint.trouble) == (31.0, False, 0.0, "")
    servo = peer.bus.servos[1]
    layout, kind = servo.kind.layout, servo.kind
    servo.put(layout.current, -100, 2)
    servo.put(layout.speed, -7, 4)
    servo.put(layout.error, 0x20, 1)
    found = monitor.look().joints[1]
    gear = load_rig(rig).content.servos[1].gear
    assert found.current_a == pytest.approx(100 * kind.current_a), "the joint turns against its servo"
    assert found.dq_rad_s == pytest.approx(7 * kind.speed_rad_s / gear, rel=2e-3)
    assert found.trouble == "overload"
    assert look.wrench_s is not None
    assert look.wrench_s[2] == pytest.approx(-3.0, abs=0.3)
    monitor.close()


def test_a_servo_that_falls_silent_grows_old_and_the_others_go_on(rig: str, peer: BenchPeer) -> None:
    peer.bus.servos[4].put(0, 1130, 2)
    monitor = RigMonitor(load_rig(rig).servos(), _place(rig, peer))
    peer.bus.absent.add(6)
    never = monitor.look()
    assert never.joints[4].trouble.startswith("XM540-W150 instead of ")
    assert (never.joints[5].q_rad, never.joints[5].age_s) == (None, None)
    assert never.joints[5].trouble.startswith("no answer, ping")
    peer.bus.absent.clear()
    assert monitor.look().joints[5].trouble == ""
    peer.bus.absent.add(6)
    old = monitor.look().joints
    assert old[5].q_rad == pytest.approx(ARM.home_rad[5], abs=1e-3)
    assert old[5].age_s is not None
    assert old[5].age_s > 0.1
    assert old[6].age_s == 0.0
    monitor.close()


def test_without_a_sensor_the_joints_are_shown_all_the_same(
    rig: str, peer: BenchPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hardware.netft.FIRST_RECORD_S", 0.02)
    place = _place(rig, peer)
    monitor = RigMonitor(load_rig(rig).servos(), replace(place, sensor=replace(place.sensor, port=9)))
    assert "wrist sensor 127.0.0.1:9" in monitor.sensor_trouble
    look = monitor.look()
    assert (look.wrench_s, look.joints[0].age_s) == (None, 0.0)
    with pytest.raises(LinkError, match="another process has the port"):
        RigMonitor(load_rig(rig).servos(), place)
    monitor.close()


def test_the_command_prints_looks_for_so_long(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["rig", "monitor", "--rig", "dynamixel_x", "--rehearse", "--seconds", "0.4", "--json"]) == 0
    looks = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(looks) >= 2
    assert [joint["joint"] for joint in looks[0]["joints"]] == list(ARM.joint_names)
    assert cli.main(["rig", "monitor", "--rig", "dynamixel_x", "--rehearse", "--seconds", "0.1"]) == 0
    assert "joint7      7         0.0000" in capsys.readouterr().out

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("workbench.commands.rig_monitor._print_looks", interrupted)
    assert cli.main(["rig", "monitor", "--rig", "dynamixel_x", "--rehearse"]) == 0
    assert cli.main(["rig", "monitor", "--rig", "dynamixel_x"]) == 5

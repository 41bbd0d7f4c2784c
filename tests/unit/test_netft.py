"""The wrist sensor's client against an emulated sensor: counts, sequence, status, and what is refused."""

import math
import select
import socket
import threading
from collections.abc import Iterator

import pytest

from hardware.errors import LinkError
from hardware.netft import NetFtSensor, SensorSettings
from sim.peers.rdt_server import COUNTS, LOOPBACK, RdtServer

WRENCH = (1.0, -2.5, -20.25, 0.125, -0.5, 0.0)


@pytest.fixture
def server() -> Iterator[RdtServer]:
    made = RdtServer()
    made.measure(WRENCH)
    yield made
    made.close()


def _sensor(server: RdtServer) -> NetFtSensor:
    """Return a client of a server that answers while it is being opened."""
    is_open = threading.Event()

    def answer() -> None:
        while not is_open.is_set():
            if select.select([server], [], [], 0.01)[0]:
                server.listen()

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        return NetFtSensor(SensorSettings(LOOPBACK, server.port, COUNTS, COUNTS, 0.001))
    finally:
        is_open.set()
        thread.join()


def test_a_wrench_arrives_in_newtons_with_number_and_time(server: RdtServer) -> None:
    sensor = _sensor(server)
    first = sensor.poll(0.0)
    assert first.wrench_s == pytest.approx(WRENCH, abs=1e-6)
    server.measure((0.0,) * 6)
    second = sensor.poll(1.5)
    assert (second.number, second.arrived_s) == (first.number + 1, 1.5)
    assert sensor.poll(2.0) == second, "no new record, no new sample"
    sensor.close()


def test_an_error_of_the_sensor_is_no_wrench(server: RdtServer) -> None:
    sensor = _sensor(server)
    server.status = 0x8000_0001
    server.measure(WRENCH)
    sample = sensor.poll(1.0)
    assert all(math.isnan(value) for value in sample.wrench_s)
    assert sample.status == 0x8000_0001
    server.status = 0
    server.measure((math.nan,) * 6)
    assert all(math.isnan(value) for value in sensor.poll(2.0).wrench_s)
    sensor.close()


@pytest.mark.parametrize("first", [10, 2**32 - 2])
def test_records_out_of_order_are_left_out_and_gaps_are_counted(server: RdtServer, first: int) -> None:
    server._sequence = first - 2
    server.measure(WRENCH)
    sensor = _sensor(server)
    count = sensor.poll(0.0).number
    for ahead, press in ((0, -1.0), (3, -4.0), (1, -2.0), (3, -9.0)):
        server._sequence = (first + ahead - 1) % 2**32
        server.measure((0.0, 0.0, press, 0.0, 0.0, 0.0))
    sample = sensor.poll(1.0)
    assert sample.wrench_s[2] == pytest.approx(-4.0)
    assert (sample.number - count, sensor.late, sensor.missed) == (2, 2, 2)
    sensor.close()


def test_a_sensor_that_is_not_there_is_refused_with_a_cure() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    with pytest.raises(LinkError, match=rf"wrist sensor 127.0.0.1:{port}: .*; check cable, address and supply"):
        NetFtSensor(SensorSettings(LOOPBACK, port, 1.0, 1.0, 0.001))


def test_a_sensor_that_keeps_silent_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hardware.netft.FIRST_RECORD_S", 0.02)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((LOOPBACK, 0))
        port = silent.getsockname()[1]
        with pytest.raises(LinkError, match=r"no record within 0\.02 s"):
            NetFtSensor(SensorSettings(LOOPBACK, port, 1.0, 1.0, 0.001))


@pytest.mark.parametrize("host", [LOOPBACK, "no such host"])
def test_a_sensor_that_is_not_needed_is_not_waited_for_and_its_wrench_is_no_number(host: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    sensor = NetFtSensor(SensorSettings(host, port, 1.0, 1.0, 0.001), is_needed=False)
    for t_s in (0.0, 1.0):
        sample = sensor.poll(t_s)
        assert all(math.isnan(value) for value in sample.wrench_s)
        assert sample.number == 0
    sensor.close()


def test_what_is_no_record_is_not_taken_for_one(server: RdtServer) -> None:
    sensor = _sensor(server)
    before = sensor.poll(1.0)
    assert server._listener is not None
    server._socket.sendto(b"x" * 35, server._listener)
    server._socket.sendto(b"x" * 37, server._listener)
    assert sensor.poll(2.0) == before
    sensor.close()

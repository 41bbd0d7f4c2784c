"""Control tables of driver and peer against a third source: the tables that ship with the maker's SDK."""

import dataclasses
from pathlib import Path

import dynamixel_easy_sdk
import pytest

from hardware.dynamixel.cyclic import BLOCK_BYTES, JointScale, block_addresses, decode
from hardware.dynamixel.tables import MODELS, Model, Register, error_words, model_name
from sim.peers.packets import HEADER, InstructionStream, crc16, fast_status, status
from sim.peers.servo import KINDS

FOLDER = Path(dynamixel_easy_sdk.__file__).parent / "control_table"
BY_NUMBER = dict(line.split("\t")[:2] for line in (FOLDER / "dynamixel.model").read_text().splitlines() if "\t" in line)


def _makers(model: Model) -> tuple[dict[str, tuple[int, int]], dict[str, float]]:
    """Return the maker's addresses with sizes, and units, of a model."""
    places: dict[str, tuple[int, int]] = {}
    units: dict[str, float] = {}
    for line in (FOLDER / BY_NUMBER[str(model.number)].strip()).read_text().splitlines():
        parts = line.split("\t")
        if parts[0].isdigit() and len(parts) == 3:
            places[parts[2].strip()] = (int(parts[0]), int(parts[1]))
        elif len(parts) == 4 and parts[2] == "rad/s":
            units[parts[0]] = float(parts[1])
    return places, units


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_addresses_sizes_and_speed_units_are_those_of_the_makers_tables(model: Model) -> None:
    places, units = _makers(model)
    registers = [value for field in dataclasses.fields(model.table)
                 if isinstance(value := getattr(model.table, field.name), Register)]  # fmt: skip
    assert len(registers) == 17
    for register in registers:
        assert places[register.name] == (register.address, register.size), register.name
    assert units["Present Velocity"] == pytest.approx(model.speed_unit_rad_s, rel=2e-3)


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_the_peer_reads_the_manuals_the_same_way(model: Model) -> None:
    kind, table = KINDS[model.number], model.table
    layout = kind.layout
    assert (layout.torque, layout.error, layout.watchdog, layout.goal_current) == (
        table.torque_enable.address, table.hardware_error.address, table.bus_watchdog.address,
        table.goal_current.address,
    )  # fmt: skip
    assert (layout.current, layout.speed, layout.position, layout.volts, layout.warmth) == (
        table.present_current.address, table.present_velocity.address, table.present_position.address,
        table.input_voltage.address, table.temperature.address,
    )  # fmt: skip
    assert (layout.map_at, layout.data_at) == (table.indirect_address.address, table.indirect_data.address)
    assert (kind.counts, kind.current_a) == (model.counts_per_turn, model.current_unit_a)
    assert kind.speed_rad_s == pytest.approx(model.speed_unit_rad_s)


def test_the_block_has_as_many_addresses_as_bytes_and_none_twice() -> None:
    for model in MODELS.values():
        addresses = block_addresses(model.table)
        assert len(addresses) == len(set(addresses)) == BLOCK_BYTES


def test_a_block_is_decoded_by_the_scale_of_its_joint() -> None:
    scale = JointScale(MODELS["XM540-W270"], -1, 2048, 4.0, 2.0)
    block = bytes.fromhex("9cff 00 0a000000 1f 00040000 00 78")
    reading = decode(block, scale)
    assert reading.tau_nm == pytest.approx(100 * 2.69e-3 * 2.0)
    assert reading.dq_rad_s == pytest.approx(-10 * 0.229 * 2 * 3.14159265 / 60 / 4)
    assert reading.q_rad == pytest.approx(1024 * 2 * 3.14159265 / 4096 / 4)
    assert (reading.temperature_c, reading.voltage_v) == (31.0, pytest.approx(12.0))


def test_hardware_errors_and_models_have_words() -> None:
    assert error_words(0x25) == "input voltage, overheating, overload"
    assert error_words(0x42) == "unknown bits 0x42"
    assert (model_name(1120), model_name(7)) == ("XM540-W270", "model number 7")


def test_packets_of_the_peer_are_those_of_the_manual() -> None:
    # e-manual, Protocol 2.0, ping of id 1 and its answer by an XM430-W210 with firmware 38.
    ping = bytes.fromhex("fffffd00010300 01 194e")
    assert [found.servo_id for found in InstructionStream().feed(ping)] == [1]
    assert status(1, 0, bytes.fromhex("060426")) == bytes.fromhex("fffffd0001070055000604266 55d".replace(" ", ""))


def test_instructions_are_found_in_pieces_and_behind_noise() -> None:
    ping = bytes.fromhex("fffffd00010300 01 194e")
    stream = InstructionStream()
    found = []
    for byte in b"\x00\xff\xff" + ping + HEADER + b"\x01\x00\x00" + ping:
        found += list(stream.feed(bytes([byte])))
    assert len(found) == 2
    damaged = ping[:-1] + bytes([ping[-1] ^ 1])
    assert list(InstructionStream().feed(damaged + ping)) == found[:1]


def test_what_looks_like_a_header_is_stuffed_and_un_stuffed() -> None:
    body = bytes.fromhex("02 fffffd")
    packet = HEADER + bytes([1]) + bytes([6 + 1, 0]) + bytes.fromhex("02 fffffdfd")
    packet += crc16(packet).to_bytes(2, "little")
    (found,) = InstructionStream().feed(packet)
    assert found.parameters == body[1:]
    assert bytes.fromhex("fffffdfd") in status(1, 0, bytes.fromhex("fffffd"))


def test_a_fast_answer_ends_with_the_sum_of_everything_before() -> None:
    packet = fast_status([(0, 1, b"ab"), (0x80, 2, b"cd")])
    assert packet[-2:] == crc16(packet[:-2]).to_bytes(2, "little")
    assert packet[5] == len(packet) - 7

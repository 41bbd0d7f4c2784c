"""Shared memory: what is whole is read as it was written, everything else is not read at all."""

import dataclasses
import errno
import math
import os
import secrets
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import PlantError
from controller.processes import shared_memory
from controller.processes.cells import (
    HostCell,
    HostCodec,
    OwnerCell,
    OwnerCodec,
    SensesCell,
    SensesCodec,
    SupervisorCell,
    SupervisorCodec,
)
from controller.processes.shared_memory import FOLDER, BlockKind, BlockReader, BlockWriter, OwnedBlock, attach
from controller.types import Authority, Cause, Mode
from tests.gate_cases import state

KIND = BlockKind("test", 9, 7, 256)


@pytest.fixture
def prefix() -> str:
    return f"massage-arm-test-{os.getpid()}-{secrets.token_hex(4)}"


def test_a_block_without_room_is_one_clear_error_and_leaves_nothing(prefix: str) -> None:
    larger = dataclasses.replace(KIND, payload_bytes=2 * shutil.disk_usage(FOLDER).total)
    with pytest.raises(PlantError, match=r"\d+ bytes asked for \(No space left on device\)"):
        OwnedBlock(prefix, larger, b"")
    assert not list(FOLDER.glob(f"{prefix}*"))


def test_shared_memory_that_cannot_be_written_is_one_clear_error(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), f"/{prefix}-test")

    monkeypatch.setattr(shared_memory, "SharedMemory", refuse)
    with pytest.raises(PlantError, match=rf"{FOLDER}: \d+ bytes asked for \(Read-only file system\); make"):
        OwnedBlock(prefix, KIND, b"")


@pytest.fixture
def block(prefix: str) -> Iterator[OwnedBlock]:
    with OwnedBlock(prefix, KIND, bytes(256)) as made:
        yield made


def test_what_is_written_is_read(block: OwnedBlock, prefix: str) -> None:
    writer = BlockWriter(attach(prefix, KIND, may_write=True), KIND)
    reader = BlockReader(attach(prefix, KIND, may_write=False), KIND)
    assert reader.read() == bytes(256)
    for value in range(1, 50):
        writer.write(bytes([value]) * 256)
        assert reader.read() == bytes([value]) * 256 == block.reader.read()


def test_a_writer_that_dies_in_the_middle_leaves_the_value_before(block: OwnedBlock) -> None:
    block.writer.write(b"a" * 256)
    block.writer.write(b"b" * 256)
    older = 32 + 1 * KIND.slot_bytes if block.memory[48 + KIND.slot_bytes] == ord("a") else 32
    for cut in (1, 100, 255):
        block.memory[older + 16 : older + 16 + cut] = b"c" * cut
        assert block.reader.read() == b"b" * 256
    struct.pack_into("<Q", block.memory, older, 10**6)
    assert block.reader.read() == b"b" * 256, "a high sequence number alone makes no value"


def test_an_old_value_under_a_new_number_is_broken(block: OwnedBlock) -> None:
    for slot in (0, 1):
        struct.pack_into("<Q", block.memory, 32 + slot * KIND.slot_bytes, 77)
    assert block.reader.read() is None


@given(place=st.integers(0, 2 * KIND.slot_bytes - 1), change=st.integers(1, 255))
def test_one_changed_byte_is_never_taken_for_a_value(place: int, change: int) -> None:
    memory = memoryview(bytearray(KIND.block_bytes))
    writer = BlockWriter(memory, KIND)
    writer.write(b"a" * 256)
    writer.write(b"b" * 256)
    memory[32 + place] ^= change
    assert BlockReader(memory, KIND).read() in (b"a" * 256, b"b" * 256)
    for index in range(32, KIND.block_bytes):
        memory[index] ^= change
    assert BlockReader(memory, KIND).read() is None


@given(noise=st.binary(min_size=KIND.block_bytes, max_size=KIND.block_bytes))
def test_noise_is_broken_and_the_next_write_mends_it(noise: bytes) -> None:
    memory = memoryview(bytearray(KIND.block_bytes))
    writer, reader = BlockWriter(memory, KIND), BlockReader(memory, KIND)
    writer.write(b"a" * 256)
    memory[:] = noise
    assert reader.read() is None
    writer.write(b"b" * 256)
    assert reader.read() == b"b" * 256


def test_a_reader_beside_a_fast_writer_never_sees_half_a_value(block: OwnedBlock, prefix: str) -> None:
    program = (
        "import sys\n"
        "from controller.processes.shared_memory import *\n"
        "kind = BlockKind('test', 9, 7, 256)\n"
        "writer = BlockWriter(attach(sys.argv[1], kind, may_write=True), kind)\n"
        "for number in range(200000): writer.write(bytes([number % 251 + 1]) * 256)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, prefix])
    seen = set()
    while process.poll() is None:
        for _ in range(1000):
            value = block.reader.read()
            # Only a writer that laps the reader twice within one read can break both slots.
            if value is not None:
                assert value == value[:1] * 256
                seen.add(value[0])
    assert process.returncode == 0
    assert len(seen) > 10


def test_only_the_writer_can_write(block: OwnedBlock, prefix: str) -> None:
    memory = attach(prefix, KIND, may_write=False)
    with pytest.raises(TypeError):
        memory[40] = 1
    assert block.reader.read() == bytes(256)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"joints": 6}, ["7 joints", "6 joints"]),
        ({"payload_bytes": 264}, ["256 bytes", "264 bytes"]),
        ({"code": 8}, ["kind 9", "kind 8"]),
    ],
)
def test_a_wrong_attach_is_refused(block: OwnedBlock, prefix: str, changes: dict, words: list[str]) -> None:
    with pytest.raises(PlantError) as caught:
        attach(prefix, dataclasses.replace(KIND, **changes), may_write=False)
    assert all(word in str(caught.value) for word in words)
    assert "\n" not in str(caught.value)
    assert block.reader.read() is not None


def test_another_version_and_another_file_are_refused(block: OwnedBlock, prefix: str) -> None:
    struct.pack_into("<I", block.memory, 8, 2)
    with pytest.raises(PlantError, match=r"got version 2.*allowed: version 1"):
        attach(prefix, KIND, may_write=False)
    block.memory[:8] = b"SOMETHIN"
    with pytest.raises(PlantError, match="something else"):
        attach(prefix, KIND, may_write=False)
    with pytest.raises(PlantError, match="No such file"):
        attach(prefix + "x", KIND, may_write=False)
    (FOLDER / f"{prefix}-short").write_bytes(b"")
    try:
        with pytest.raises(PlantError, match="something else"):
            attach(prefix, dataclasses.replace(KIND, name="short"), may_write=False)
    finally:
        (FOLDER / f"{prefix}-short").unlink()


def test_the_owner_removes_the_block_and_those_who_attach_do_not(prefix: str) -> None:
    program = (
        "import sys\n"
        "from controller.processes.shared_memory import *\n"
        "kind = BlockKind('test', 9, 7, 256)\n"
        "BlockWriter(attach(sys.argv[1], kind, may_write=True), kind).write(b'x' * 256)\n"
    )
    with OwnedBlock(prefix, KIND, bytes(256)) as block:
        done = subprocess.run([sys.executable, "-c", program, prefix], check=True, capture_output=True)
        assert done.stderr == b""
        assert (FOLDER / f"{prefix}-test").exists(), "a process that ends must not take the block with it"
        assert block.reader.read() == b"x" * 256
    assert not (FOLDER / f"{prefix}-test").exists()


HOST = HostCell(5, 17, True, Mode.UNLOAD, 1.25, (1.0, -2.0, 3.0, 0.0, 0.5, 0.25, 87.0), tuple(map(float, range(7))), 3)
SUPERVISOR = SupervisorCell(9, 16, True, Cause.HOST_LOST, Mode.FLOAT, False, 1.5, HOST.tau_nm, 2)


def test_cells_come_back_as_they_went() -> None:
    host, supervisor, senses, owner = HostCodec(7), SupervisorCodec(7), SensesCodec(7), OwnerCodec(7)
    assert host.unpack(host.pack(HOST)) == HOST
    assert supervisor.unpack(supervisor.pack(SUPERVISOR)) == SUPERVISOR
    calm = dataclasses.replace(SUPERVISOR, cause=None, has_drives=False)
    assert supervisor.unpack(supervisor.pack(calm)) == calm
    cell = SensesCell(17, state(t_s=0.017, authority=Authority.SUPERVISOR, supervisor_age_s=0.002, command_age_s=0.003))
    assert senses.unpack(senses.pack(cell)) == cell
    values = {"temperatures_c": (20.0,) * 7, "voltages_v": (24.0,) * 7, "joint_age_s": (0.001,) * 7}
    for some in ({}, values, {"voltages_v": (24.0,) * 7}, {"joint_fault": (0, 1, 2, 0, 64, 0, 0)}):
        full = SensesCell(18, state(wrench_sequence=-3, **some), 2**64 - 1)
        assert senses.unpack(senses.pack(full)) == full
    for is_over in (True, False):
        assert owner.unpack(owner.pack(OwnerCell(is_over))) == OwnerCell(is_over)
    for codec in (host, supervisor, senses, owner):
        assert codec.unpack(None) is None


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_torques_that_are_no_numbers_are_broken(bad: float) -> None:
    tau = (*HOST.tau_nm[:6], bad)
    assert HostCodec(7).unpack(HostCodec(7).pack(dataclasses.replace(HOST, tau_nm=tau))) is None
    assert HostCodec(7).unpack(HostCodec(7).pack(dataclasses.replace(HOST, t_s=bad))) is None
    assert HostCodec(7).unpack(HostCodec(7).pack(dataclasses.replace(HOST, holding_nm=tau))) is None
    assert SupervisorCodec(7).unpack(SupervisorCodec(7).pack(dataclasses.replace(SUPERVISOR, tau_nm=tau))) is None


def test_senses_may_fail_and_are_handed_on() -> None:
    codec = SensesCodec(7)
    cell = codec.unpack(codec.pack(SensesCell(3, state(wrench_s=(math.nan,) * 6, q_rad=(math.nan,) * 7))))
    assert cell is not None
    assert math.isnan(cell.state.wrench_s[0])
    assert math.isnan(cell.state.q_rad[0])


@pytest.mark.parametrize(
    ("codec", "cell", "places"),
    [
        (HostCodec(7), HOST, (24, 25)),
        (SupervisorCodec(7), SUPERVISOR, (24, 25, 26, 27)),
        (SensesCodec(7), SensesCell(3, state()), (24, 25)),
        (OwnerCodec(7), OwnerCell(False), (0,)),
    ],
)
def test_codes_that_nobody_knows_are_broken(codec: HostCodec, cell: HostCell, places: tuple[int, ...]) -> None:
    payload = bytearray(codec.pack(cell))
    for place in places:
        spoilt = bytearray(payload)
        spoilt[place] = 250
        assert codec.unpack(bytes(spoilt)) is None


@given(noise=st.binary(min_size=600, max_size=600))
def test_no_bytes_make_a_codec_raise(noise: bytes) -> None:
    for codec in (HostCodec(7), SupervisorCodec(7), SensesCodec(7), OwnerCodec(7)):
        codec.unpack(noise[: codec.kind.payload_bytes])

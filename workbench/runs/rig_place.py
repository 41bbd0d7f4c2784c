"""Where bus and sensor of a rig are: at the places of its file, or at a peer that plays them at rest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from controller.arm import ArmDescription
from hardware.check.rig_check import RigPlace
from hardware.rig_model import LoadedRig
from sim.peers.bench import BenchPeer
from sim.peers.rdt_server import LOOPBACK
from workbench.runs.rehearsal_peer import peer_servos

PEER_ANSWER_S = 1.0
"""Time that an answer of a peer may take: nothing is lost by waiting, and a busy machine is no fault (assumed)."""


@contextmanager
def rig_place(file: LoadedRig, arm: ArmDescription, *, is_rehearsal: bool) -> Iterator[RigPlace]:
    """Give the place of a rig, in a rehearsal with the peer behind it."""
    if not is_rehearsal:
        yield RigPlace(file.port(), file.sensor())
        return
    with BenchPeer(peer_servos(file), arm.home_rad, file.content.sensor.noise_n) as peer:
        yield peer_place(file, peer)


def peer_place(file: LoadedRig, peer: BenchPeer) -> RigPlace:
    """Return where a peer is, with what the rig file says of bus and sensor."""
    port = replace(file.port(), path=peer.line.path, latency_s=PEER_ANSWER_S)
    return RigPlace(port, replace(file.sensor(), host=LOOPBACK, port=peer.sensor.port), is_lock_step=True)

"""One run of the bench: our loop, its floors and the peers in turns on the same machine in the same minutes."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from controller.robot import RobotModel
from sim.bullet.arm import BulletArm
from workbench.bench.loop import LiveSession, engine_floor, pinocchio_floor
from workbench.bench.peer_process import OSC, PEERS, PeerProcess
from workbench.bench.timing import Block, Timed, in_turns
from workbench.runs.prepare import DT_S, Prepared

ROUNDS = 20
CALLS = 200
"""Rounds, and calls a turn: 4,000 of each, so that four are above the 99.9th percentile."""


def measure(
    prepared: Prepared, *, rounds: int, has_peers: bool, on_round: Callable[[int, int], None]
) -> dict[str, Timed]:
    """Return what each part takes, by its name.

    Args:
        prepared: the session that is run.
        rounds: turns of each part.
        has_peers: other people's controllers have their turns too.
        on_round: called with (done, all) after each round.

    Raises:
        ConfigError: a peer cannot be set up, or does not answer.
    """
    with _blocks(prepared, has_peers=has_peers) as blocks:
        return in_turns(blocks, rounds, CALLS, on_round)


@contextlib.contextmanager
def _blocks(prepared: Prepared, *, has_peers: bool) -> Iterator[dict[str, Block]]:
    arm, q_rad = prepared.inputs.arm, prepared.plan.start_q_rad
    live = LiveSession(prepared)
    bare = BulletArm(arm, prepared.placement, DT_S)
    bare.set_friction(arm.friction_nm)
    with contextlib.ExitStack() as stack:
        stack.callback(live.close)
        stack.callback(bare.close)
        live.lead_to_work()
        blocks: dict[str, Block] = {
            "loop": live.block,
            "terms": pinocchio_floor(RobotModel(arm, prepared.placement), q_rad),
            "engine": engine_floor(bare, q_rad),
        }
        if has_peers:
            path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "arm.urdf"
            path.write_text(bare.text)
            posture = ",".join(f"{angle:.6f}" for angle in q_rad)
            for peer in PEERS:
                arguments = () if peer is OSC else (str(path), posture)
                blocks[peer.name] = stack.enter_context(PeerProcess(peer, arguments)).block
        yield blocks

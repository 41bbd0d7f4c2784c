"""One packet that brings a block of registers of every servo, each with its error byte."""

from __future__ import annotations

from collections.abc import Sequence

from dynamixel_sdk import BROADCAST_ID, COMM_SUCCESS

from hardware.dynamixel.cyclic import ALERT, ANSWER_BYTES, BLOCK_BYTES
from hardware.dynamixel.port import OwnedPort
from hardware.dynamixel.transactions import Transactions


def fast_blocks(ask: Transactions, port: OwnedPort, address: int, ids: Sequence[int]) -> list[bytes] | None:
    """Ask every servo once for ``BLOCK_BYTES`` from an address on.

    Args:
        ask: the bus.
        port: its port.
        address: of the first byte.
        ids: of the servos, in the order of the answer.

    Returns:
        The block of every servo, None where anything of it is damaged or missing.
    """
    handler, count = ask.handler, len(ids)
    if handler.syncReadTx(port, address, BLOCK_BYTES, ids, count, True) != COMM_SUCCESS:
        return None
    raw, result, _ = handler.fastSyncReadRx(port, BROADCAST_ID, ANSWER_BYTES * count)
    port.is_using = False
    # The SDK passes a late answer to something else on as it is: everything is looked at here.
    if result != COMM_SUCCESS or len(raw) != ANSWER_BYTES * count:
        return None
    blocks: list[bytes] = []
    for index, servo_id in enumerate(ids):
        error, found_id, *rest = raw[index * ANSWER_BYTES : (index + 1) * ANSWER_BYTES]
        if found_id != servo_id or error & ~ALERT:
            return None
        blocks.append(bytes(rest[:BLOCK_BYTES]))
    return blocks

"""How long the frames of a cycle take on the bus.

Computed by ISO 11898-1 for frames with 29-bit identifiers and the worst bit stuffing, at the maker's rates: 1 Mbit/s,
and 5 Mbit/s for data (docs/protocol/can.md). Nothing else that an adapter or a kernel adds is in it.
"""

from __future__ import annotations

SLOW_BIT_S, FAST_BIT_S = 1e-6, 2e-7
SLOW_STUFFED, SLOW_PLAIN = 36, 13
"""Bits before the data: start, identifiers, flags; and after it: delimiters, acknowledge, end, intermission."""
FAST_HEAD, CRC_17, CRC_21, STUFF_COUNT = 5, 17, 21, 4
"""Flag and length before the bytes; check sum up to 16 bytes and beyond; count of stuff bits, which stands with it."""
STUFFING = 5
"""A stuff bit comes after five equal bits, in the check sum after every four."""
QUESTION_BYTES, ANSWER_BYTES, COMMAND_BYTES = 6, 48, 32
"""Of a cycle, filled up; an answer whose registers come one by one, as a controller may send it."""


def frame_s(size: int) -> float:
    """Return the time of a frame with so many bytes [s]."""
    slow = SLOW_STUFFED + SLOW_STUFFED // STUFFING + SLOW_PLAIN
    data = FAST_HEAD + 8 * size
    check = STUFF_COUNT + (CRC_17 if size <= 16 else CRC_21)
    fast = data + data // STUFFING + check + check // (STUFFING - 1) + 1
    return slow * SLOW_BIT_S + fast * FAST_BIT_S


def cycle_s(controllers: int) -> float:
    """Return the time of question, answer and command of so many controllers on one bus [s]."""
    return controllers * (frame_s(QUESTION_BYTES) + frame_s(ANSWER_BYTES) + frame_s(COMMAND_BYTES))

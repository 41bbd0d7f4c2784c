"""What the record keeps of a tick at the full rate: columns, their kinds and shapes, and where they stand in a row."""

from __future__ import annotations

import enum
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from controller.types import StepRecord

WORD_BYTES = 8


class Kind(enum.StrEnum):
    """What numbers a column holds."""

    TIME = "time"
    """Real numbers that are never rounded: times grow, so that 32 bits would soon be coarser than a tick."""
    REAL = "real"
    CODE = "code"
    """Whole numbers: counts, bit sets, and indexes into the tuples of ``workbench.record.columns``."""


@dataclass(frozen=True, slots=True)
class Place:
    """A column and where it stands in a row.

    Attributes:
        name: of the column.
        kind: what numbers it holds.
        shape: of its value in one tick.
        words: its words in the row, of 8 bytes each, in the order of the value.
    """

    name: str
    kind: Kind
    shape: tuple[int, ...]
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many joints and pads the ticks of a session have; a sense that a rig has not is a tuple without joints.

    Attributes:
        joints: joints.
        temperatures: joints with a temperature.
        voltages: joints with a voltage.
        ages: joints with an age.
        faults: joints with faults.
        wanted: pads of the reference.
        estimates: pads of the contact estimate.
        truth: pads whose truth is known.
    """

    joints: int
    temperatures: int
    voltages: int
    ages: int
    faults: int
    wanted: int
    estimates: int
    truth: int

    @classmethod
    def of(cls, step: StepRecord) -> Sizes:
        """Return the sizes of a tick."""
        state = step.state
        return cls(
            len(state.q_rad), len(state.temperatures_c), len(state.voltages_v), len(state.joint_age_s),
            len(state.joint_fault), len(step.reference.pads), len(step.pads), len(step.truth),
        )  # fmt: skip


_TIMES = ("t_s", "state_t_s", "plan_t_s")
_SINGLES = (
    "plan_error_m", "audit_press_n", "audit_limit_n", "sensor_age_s", "supervisor_age_s", "command_age_s",
)  # fmt: skip
_VECTORS = {"wrench_s": 6, "p_wt": 3, "quaternion_wt": 4, "v_wt": 6, "position_ref_m": 3, "quaternion_ref": 4}
_JOINTS = ("q_rad", "dq_rad_s", "tau_sensed_nm", "tau_nm")
_WANTED = {"press_ref_n": 1, "press_rate_ref_n_per_s": 1, "normal_ref_w": 3}
"""Numbers of what is wanted of a pad, in the order of the row, with their widths."""
_ESTIMATES = {"press_est_n": 1, "press_observer_n": 1, "press_target_n": 1, "sensor_trusted": 1, "normal_est_w": 3}
"""Numbers of what is believed of a pad, likewise."""
_TRUTH = {
    "press_true_n": 1, "limit_n": 1, "depth_m": 1, "tissue_work_j": 1, "net_energy_j": 1,
    "force_true_w": 3, "p_wc": 3, "normal_true_w": 3, "p_wt_true": 3, "tool_axis_true_w": 3,
}  # fmt: skip
"""Numbers of a pad's truth, likewise."""
_CODES = ("phase", "contact", "mode", "segment", "limited", "authority", "wrench_sequence")


class RowLayout:
    """How a tick stands in a row: real numbers, then whole ones; ``row_values`` makes the row.

    Args:
        sizes: joints and pads of every tick.

    Attributes:
        sizes: the same.
        places: all columns.
        reals: words that hold real numbers; those after them hold whole ones.
        row: the row.
    """

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        blocks = _Blocks()
        places = [*blocks.singles(Kind.TIME, _TIMES), *blocks.singles(Kind.REAL, _SINGLES)]
        places += (blocks.vector(Kind.REAL, name, width) for name, width in _VECTORS.items())
        places += (blocks.vector(Kind.REAL, name, sizes.joints) for name in _JOINTS)
        places += (
            blocks.vector(Kind.REAL, "temperatures_c", sizes.temperatures),
            blocks.vector(Kind.REAL, "voltages_v", sizes.voltages),
            blocks.vector(Kind.REAL, "joint_age_s", sizes.ages),
            *blocks.pads(_WANTED, sizes.wanted),
            *blocks.pads(_ESTIMATES, sizes.estimates),
            *blocks.pads(_TRUTH, sizes.truth),
        )
        self.reals = blocks.width
        places += blocks.singles(Kind.CODE, _CODES)
        places += (
            blocks.vector(Kind.CODE, "joint_fault", sizes.faults),
            blocks.vector(Kind.CODE, "region", sizes.truth),
        )
        self.places = tuple(places)
        self.row = struct.Struct(f"={self.reals}d{blocks.width - self.reals}q")


class _Blocks:
    """Gives words of the row away, one after the other."""

    def __init__(self) -> None:
        self.width = 0

    def singles(self, kind: Kind, names: tuple[str, ...]) -> Iterator[Place]:
        """Yield columns of one number a tick."""
        for name in names:
            yield Place(name, kind, (), self._words(1))

    def vector(self, kind: Kind, name: str, width: int) -> Place:
        """Return a column of ``width`` numbers a tick."""
        return Place(name, kind, (width,), self._words(width))

    def pads(self, widths: dict[str, int], pads: int) -> Iterator[Place]:
        """Yield columns of pads whose numbers stand together, pad after pad."""
        block = sum(widths.values())
        start = self._words(pads * block)
        at = start[0] if start else self.width
        for name, width in widths.items():
            words = tuple(at + pad * block + number for pad in range(pads) for number in range(width))
            yield Place(name, Kind.REAL, (pads,) if width == 1 else (pads, width), words)
            at += width

    def _words(self, count: int) -> tuple[int, ...]:
        self.width += count
        return tuple(range(self.width - count, self.width))


def word_count(shape: tuple[int, ...]) -> int:
    """Return how many numbers a value of this shape has."""
    return math.prod(shape)

"""One cell of the fault table: what was broken, what came of it, and the criteria it is held against."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from controller.safety.limits import REGION_CEILING_N
from controller.types import Action, Cause, Mode
from sim.differences.plants import EXACT
from sim.person.tissue_tier import Tier
from workbench.campaigns.faults.moments import FaultPhase

BLIND_RISE_N = 5.0
"""A wrist sensor that goes blind may let the press force rise over the set-point by this."""
FAST_PERSON_PEAK_N = 30.0
"""With the fast gains a person who moves may meet this at most."""
LEFT_PRESSING_N = 5.0
"""A stopped arm that still presses with more has not let go: the light touch every stroke begins with."""
LINK_N = min(REGION_CEILING_N.values())
"""Links of the arm may press on the person with this much at most, mean over 0.1 s (design choice: the smallest ceiling
of any region, because nobody planned where a link touches)."""
OTHER_CONTACT_N = 65.0
"""And with no more than this where that is not held (acceptance text): a criterion of its own."""
LINK_TRANSIENT_N = 2.0 * LINK_N
"""And with this much at a moment (ISO/TS 15066 allows a transient contact twice the force of a lasting one)."""
THROWN_M_S, THROWN_AFTER_S = 1.0, 0.1
"""No stop throws the tool: what it may reach at most, and from when after the stop on; before that it only comes to
rest (assumed: twice what parking reaches)."""
DROP_M = 0.020
"""A stopped arm that has left the skin may sink by this: an arm let go falls it in 64 ms, one that floats under its
damping takes longer than the whole reaction, so this tells the two apart; a pad sinks in less than that deep."""
BLIND = frozenset({"sensor_zero", "sensor_nan"})
BEYOND = frozenset({"patient_jerk_fast", "patient_gets_up"})
"""Motions at 0.38 and 0.28 m/s, faster than the bound reckons with (``PERSON_SPEED_M_S``): the bound does not hold, and
with the first one the limit may be passed; the report shows by how much."""
RISING = frozenset({"patient_gets_up", "patient_rises_after_stop"})
"""Persons who rise toward the arm for a second and stay there, whatever the arm does: what they may meet is
``RISING_N``, and that the pad touches them again is their doing."""
RISING_N, RISING_AFTER_S = 30.0, 1.0
"""A rising person may meet this much at the pad, at any moment, from so long after a stop on: 150 mm in 1 s are to be
survived by that (acceptance text). Until then, and where nothing stops, the limit of the place holds."""
BRAKED = frozenset({"joint_torque_lost"})
"""Faults after which a joint is held by its brake."""
EXPECTED_ERROR = frozenset({"disk_full"})
"""Faults that a session ends with an error for, after the arm has been led to rest."""


class Family(enum.StrEnum):
    """Which criteria a cell is held against."""

    MACHINE = "machine"
    PERSON = "person"
    BEYOND = "beyond"
    DOUBLE = "double"


@dataclass(frozen=True, slots=True)
class Group:
    """Sessions that are the same up to the fault.

    Attributes:
        technique: technique of the stroke.
        body: body.
        arm: arm.
        gains: gain set.
        seed: seed of person, breathing and noise.
        force_n: set-point; of kneading the crest of its wave.
        tissue: what stands for the tissue; earlier results without a word about it are of the law.
        plant: what the plant differs by, name or file; earlier results without a word about it are of an exact one.
    """

    technique: str
    body: str
    arm: str
    gains: str
    seed: int
    force_n: float
    tissue: Tier = Tier.LAW
    plant: str = EXACT

    def __str__(self) -> str:
        tissue = "" if self.tissue is Tier.LAW else f" on {self.tissue}"
        plant = "" if self.plant == EXACT else f" plant {self.plant}"
        session = f"{self.technique} {self.body} {self.arm} {self.gains} seed {self.seed}"
        return f"{session} {self.force_n:g} N{tissue}{plant}"


@dataclass(frozen=True, slots=True)
class Case:
    """What is broken at once.

    Attributes:
        faults: faults as on the command line, without their time.
        is_person: a person's motion is among them.
        at_start: known before the arm moves, so it is there from the beginning.
        phase: phase of the session in which it comes, of one that is there from the beginning without meaning; earlier
            results without a word about it are at work.
    """

    faults: tuple[str, ...]
    is_person: bool
    at_start: bool = False
    phase: FaultPhase = FaultPhase.WORK

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the faults without their values."""
        return tuple(fault.partition("=")[0] for fault in self.faults)

    @property
    def family(self) -> Family:
        """Which criteria count."""
        if BEYOND.intersection(self.names):
            return Family.BEYOND
        if len(self.faults) > 1:
            return Family.DOUBLE
        return Family.PERSON if self.is_person else Family.MACHINE

    @property
    def is_rising(self) -> bool:
        """The person rises toward the arm, alone or beside another fault."""
        return not RISING.isdisjoint(self.names)

    @property
    def in_words(self) -> str:
        """The faults, and the phase where it is another than work."""
        return str(self) + ("" if self.phase is FaultPhase.WORK else f" in {self.phase}")

    def __str__(self) -> str:
        return " + ".join(self.faults) + (" from the start" if self.at_start else "")


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of a cell; forces are of the truth and counted from the fault on.

    Attributes:
        set_point_n: press force wanted at the fault.
        peak_n: largest press force.
        ceiling_n: hard limit of the place where it was reached.
        bound_n: worst case printed for the stroke.
        person_bound_n: the same with a person who moves.
        braked_bound_n: the same with a person who moves and a joint whose drive has failed held by its brake.
        over_limit_samples: periods over the limit of the place; NaN counts as over.
        cause: why the session was stopped; None where nothing stopped it.
        action: what the stop's reasons made the arm do; LOWER where nothing stopped it.
        taken: why the supervisor took the drives; None where it did not.
        reaction_ticks: periods from the fault to the first whose torque was not the running session's; None where
            there was none.
        end_press_n: press force at the end.
        dropped_m: how far the stopped arm sank below where it left the skin.
        mode: mode at the end.
        is_waited: it was waited for the end of parking.
        error: what the session ended with, in words.
        cpu_s: processor time it took from the fault on.
        sunk_n: largest press force of the pad once the reaction to the stop had had its time, and after the brakes had
            closed, mean over 0.1 s; 0 in earlier results.
        link_n: largest force of a link on the person, mean over 0.1 s; 0 in earlier results.
        link_transient_n: the same without the mean.
        early_over_samples: periods over the limit of the place up to ``RISING_AFTER_S`` after the stop, all of them
            where nothing stopped; NaN counts as over; 0 in earlier results.
        late_peak_n: largest press force of the pad later than that, at a moment; 0 in earlier results.
        end_lifted_m: how much more the skin under the pad has risen from the fault to the end than the pad is pressed
            into it: above 0 the pad would be in the air had the skin stayed. 0 in earlier results.
        stopped_m_s: greatest speed of the tool from ``THROWN_AFTER_S`` after the stop on; 0 in earlier results.
    """

    set_point_n: float
    peak_n: float
    ceiling_n: float
    bound_n: float
    person_bound_n: float
    braked_bound_n: float
    over_limit_samples: int
    cause: Cause | None
    action: Action
    taken: Cause | None
    reaction_ticks: int | None
    end_press_n: float
    dropped_m: float
    mode: Mode
    is_waited: bool
    error: str
    cpu_s: float
    sunk_n: float = 0.0
    link_n: float = 0.0
    link_transient_n: float = 0.0
    early_over_samples: int = 0
    late_peak_n: float = 0.0
    end_lifted_m: float = 0.0
    stopped_m_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault in one session.

    Attributes:
        group: the session.
        case: what was broken.
        measured: what came of it; None where the cell died.
        misses: criteria that were not met, in words; a cell that died has one too.
    """

    group: Group
    case: Case
    measured: Measured | None
    misses: tuple[str, ...]

    @property
    def is_passed(self) -> bool:
        """Every criterion was met."""
        return not self.misses


def dead(group: Group, case: Case, why: str) -> Cell:
    """Return the cell of a session that left no result."""
    return Cell(group, case, None, (why or "no result",))


def judged(group: Group, case: Case, measured: Measured) -> Cell:
    """Return the cell with all criteria held against what was measured."""
    cell = Cell(group, case, measured, ())
    misses = [words for check in (*_COMMON, *_FAMILIES[case.family]) if (words := check(cell, measured))]
    return replace(cell, misses=tuple(misses))


def bound_of(case: Case, m: Measured) -> tuple[str, float]:
    """Return the name and the value [N] of the printed bound that a case is held against."""
    if not case.is_person:
        return "worst-case bound", m.bound_n
    if BRAKED.intersection(case.names):
        return "braked bound", m.braked_bound_n
    return "person bound", m.person_bound_n


def _within_limit(_cell: Cell, m: Measured) -> str:
    if m.over_limit_samples == 0 and m.peak_n <= m.ceiling_n:
        return ""
    return f"{m.over_limit_samples} samples over the limit, peak {m.peak_n:.1f} N, ceiling {m.ceiling_n:g} N"


def _within_bound(cell: Cell, m: Measured) -> str:
    name, bound = bound_of(cell.case, m)
    return "" if m.peak_n <= bound else f"peak {m.peak_n:.1f} N over the {name} {bound:.1f} N"


def _blind_rise(cell: Cell, m: Measured) -> str:
    allowed = m.set_point_n + BLIND_RISE_N
    if not BLIND.intersection(cell.case.names) or m.peak_n <= allowed:
        return ""
    return f"peak {m.peak_n:.1f} N over set-point + {BLIND_RISE_N:g} N = {allowed:.1f} N"


def _fast_peak(cell: Cell, m: Measured) -> str:
    if cell.group.gains != "fast" or m.peak_n <= FAST_PERSON_PEAK_N:
        return ""
    return f"peak {m.peak_n:.1f} N with the fast gains, allowed {FAST_PERSON_PEAK_N:g} N"


def _let_go(cell: Cell, m: Measured) -> str:
    is_stopped = m.mode is not Mode.RUN or m.cause is not None or m.reaction_ticks is not None
    # One that runs on is held by its own set-point; it must not press harder than the session itself may.
    allowed = LEFT_PRESSING_N if is_stopped else m.ceiling_n
    if is_stopped and cell.case.is_rising and m.end_lifted_m > 0.0:
        # A person who has come up to a pad that has let go holds it there; one that is still pressed in has not.
        allowed = RISING_N
    return "" if m.end_press_n < allowed else f"left pressing with {m.end_press_n:.1f} N"


def _not_dropped(_cell: Cell, m: Measured) -> str:
    if math.isfinite(m.dropped_m) and m.dropped_m < DROP_M:
        return ""
    return f"dropped by {1e3 * m.dropped_m:.0f} mm, allowed {1e3 * DROP_M:g} mm"


def _not_thrown(_cell: Cell, m: Measured) -> str:
    if m.stopped_m_s <= THROWN_M_S:
        return ""
    return f"the stopped tool reached {m.stopped_m_s:.2f} m/s, allowed {THROWN_M_S:g} m/s"


def _stays_away(cell: Cell, m: Measured) -> str:
    if cell.case.is_rising:
        return ""  # the person comes to the arm, see _meets_rising
    return "" if m.sunk_n < LEFT_PRESSING_N else f"sank back and pressed with {m.sunk_n:.1f} N"


def _meets_rising(cell: Cell, m: Measured) -> str:
    """Hold the pad that a rising person meets to the limit of the place up to a second after a stop, then to 30 N."""
    if not cell.case.is_rising or (m.early_over_samples == 0 and m.late_peak_n <= RISING_N):
        return ""
    if m.early_over_samples:
        return f"{m.early_over_samples} samples over the limit up to {RISING_AFTER_S:g} s after the stop"
    return f"a rising person met {m.late_peak_n:.1f} N later than {RISING_AFTER_S:g} s after the stop"


def _links_off(_cell: Cell, m: Measured) -> str:
    if m.link_n <= LINK_N and m.link_transient_n <= LINK_TRANSIENT_N:
        return ""
    words = f"a link pressed with {m.link_n:.1f} N, {m.link_transient_n:.1f} N at a moment"
    return f"{words}; allowed {LINK_N:g} N and {LINK_TRANSIENT_N:g} N"


def _others_bounded(_cell: Cell, m: Measured) -> str:
    if not m.link_n > OTHER_CONTACT_N:
        return ""  # what is no number has failed already
    return f"other contact {m.link_n:.1f} N mean, allowed {OTHER_CONTACT_N:g} N"


def _parks(_cell: Cell, m: Measured) -> str:
    if not m.is_waited or m.action is not Action.PARK or m.mode is Mode.RELEASED:
        return ""
    return f"stopped by {m.cause}, which parks, but ended in mode {m.mode}"


def _no_error(cell: Cell, m: Measured) -> str:
    return "" if not m.error or EXPECTED_ERROR.intersection(cell.case.names) else f"ended with {m.error}"


_Check = Callable[[Cell, Measured], str]
_COMMON: tuple[_Check, ...] = (
    _let_go, _not_dropped, _not_thrown, _stays_away, _meets_rising, _links_off, _others_bounded, _parks, _no_error,
)  # fmt: skip
_FAMILIES: dict[Family, tuple[_Check, ...]] = {
    Family.MACHINE: (_within_limit, _within_bound, _blind_rise),
    Family.PERSON: (_within_limit, _within_bound, _fast_peak),
    Family.BEYOND: (),
    Family.DOUBLE: (_within_bound,),
}
"""What each family is held against beyond what all are: two at once may pass the limit, but never what was printed."""

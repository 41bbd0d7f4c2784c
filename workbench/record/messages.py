"""What the record holds beside the steps: configuration, events, loop statistics and transforms."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass, replace

import orjson

from controller.air.findings import AirChecked, Tared
from controller.arm import PadDescription
from controller.law.gains import ForceGains
from controller.observers import ClearedEvent, ObserverDropped, RequestEvent, SessionEvent
from controller.registration import RegistrationEvent
from controller.rig import Identity
from controller.types import Cause, ContactState, Mode, SegmentInfo, StopReason, Vector, Vector3, Vector4
from sim.differences.values import EXACT_PLANT, PlantDifferences
from workbench.record.wall_clock import WallClockTimes


class Topic(enum.StrEnum):
    """Topics of ``record.mcap``."""

    COLUMNS = "/columns"
    """Every tick, as packed columns; see ``workbench.record.block_codec``."""
    STATE = "/state"
    """What people plot, 50 times a second."""
    LIMITED = "/limited"
    """Only the ticks in which a limit changed the command."""
    EVENT = "/event"
    LOOP = "/loop"
    CONFIG = "/config"
    TF = "/tf"
    OTHER_CONTACT = "/other_contact"
    """Only the periods in which the arm touches with anything but its pads."""
    AFTERMATH = "/aftermath"
    """The truth of the seconds after the session."""


class EventKind(enum.StrEnum):
    """What an event tells of; each kind has one data type, see ``EVENT_DATA``."""

    SEGMENT_BEGIN = "segment_begin"
    SEGMENT_END = "segment_end"
    CONTACT = "contact"
    MODE = "mode"
    LIMITED_BEGIN = "limited_begin"
    LIMITED_END = "limited_end"
    FAULT = "fault"
    TAKEOVER = "takeover"
    """The supervisor takes the drives from the session loop."""
    STOP = "stop"
    REQUEST = "request"
    """A person asked for something; taken or refused."""
    CLEARED = "cleared"
    """A stop was cleared and the session goes on."""
    OBSERVER_DROPPED = "observer_dropped"
    """A display or camera failed and is not called any more."""
    REGISTRATION = "registration"
    """The place of the person was measured."""
    AIR_CHECK = "air_check"
    """Arm, tool and wrist sensor were checked in the air before the first approach."""
    TARE = "tare"
    """A transfer has taken the zero of the wrist sensor anew."""
    END = "end"


@dataclass(frozen=True, slots=True)
class SegmentEvent:
    """A stroke begins or ends.

    Attributes:
        index: index of the stroke in the plan.
        name: its name.
    """

    index: int
    name: str


@dataclass(frozen=True, slots=True)
class ContactEvent:
    """The contact state changes."""

    before: ContactState
    after: ContactState


@dataclass(frozen=True, slots=True)
class ModeEvent:
    """The mode of the gate changes."""

    before: Mode
    after: Mode


@dataclass(frozen=True, slots=True)
class LimitedEvent:
    """A limit begins or ceases to change commands; short pauses are not counted as an end.

    Attributes:
        cause: the limit.
        begin_s: time of the first limited command.
        end_s: time of the last one so far.
        ticks: commands limited so far.
        worst_value: value furthest from what was allowed.
        worst_allowed: what was allowed then.
        unit: unit of both.
    """

    cause: Cause
    begin_s: float
    end_s: float
    ticks: int
    worst_value: float
    worst_allowed: float
    unit: str


@dataclass(frozen=True, slots=True)
class FaultEvent:
    """A fault is injected into the simulation.

    Attributes:
        name: kind of fault.
        value: how much of it, in the unit of the kind.
        joint: joint from 1 of a kind that has an amount and a joint; 0 for all, for other kinds and in older records.
    """

    name: str
    value: float
    joint: int = 0


@dataclass(frozen=True, slots=True)
class EndEvent:
    """The session loop ended and the record was closed in order.

    Attributes:
        message: what ended it, empty where the plan was completed.
    """

    message: str


EventData = SegmentEvent | ContactEvent | ModeEvent | LimitedEvent | FaultEvent | StopReason | SessionEvent | EndEvent
EVENT_DATA: dict[EventKind, type[EventData]] = {
    EventKind.SEGMENT_BEGIN: SegmentEvent,
    EventKind.SEGMENT_END: SegmentEvent,
    EventKind.CONTACT: ContactEvent,
    EventKind.MODE: ModeEvent,
    EventKind.LIMITED_BEGIN: LimitedEvent,
    EventKind.LIMITED_END: LimitedEvent,
    EventKind.FAULT: FaultEvent,
    EventKind.TAKEOVER: StopReason,
    EventKind.STOP: StopReason,
    EventKind.REQUEST: RequestEvent,
    EventKind.CLEARED: ClearedEvent,
    EventKind.OBSERVER_DROPPED: ObserverDropped,
    EventKind.REGISTRATION: RegistrationEvent,
    EventKind.AIR_CHECK: AirChecked,
    EventKind.TARE: Tared,
    EventKind.END: EndEvent,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of ``/event``.

    Attributes:
        t_s: session time.
        kind: what it tells of.
        data: its data, of the type that belongs to the kind.
    """

    t_s: float
    kind: EventKind
    data: EventData


def session_event(t_s: float, event: SessionEvent) -> Event:
    """Return an event of the session as the record keeps it."""
    kind = next(kind for kind, data in EVENT_DATA.items() if type(event) is data)
    return Event(t_s, kind, event)


@dataclass(frozen=True, slots=True)
class LoopStats:
    """Wall-clock statistics of the loop; the only part of a record that differs between equal runs.

    Attributes:
        t_s: session time of the last tick counted.
        wall_s: wall time spent since the first tick [s].
        ticks: ticks counted since the first one.
        p50_us: median duration of the ticks since the last entry [us].
        p99_us: their 99th percentile [us].
        p999_us: their 99.9th percentile [us].
        max_us: the longest [us].
        overruns: ticks longer than the loop period since the start.
        queue_batches: batches waiting for the writer.
        drops: steps dropped since the start.
        histogram: ticks since the start by duration, bins of ``workbench.record.timing.BIN_EDGES_US``.
        is_total: True for the closing entry, whose percentiles are over the whole session.
        peak_rss_mb: largest resident memory of the process so far [MB].
        wall_clock: lateness and work of the loops, in the closing entry of a run that was driven on the wall clock;
            empty in simulation, where the clock waits.
    """

    t_s: float
    wall_s: float
    ticks: int
    p50_us: float
    p99_us: float
    p999_us: float
    max_us: float
    overruns: int
    queue_batches: int
    drops: int
    histogram: tuple[int, ...]
    is_total: bool
    peak_rss_mb: float
    wall_clock: tuple[WallClockTimes, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceHash:
    """SHA-256 of a file that went into a run."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Version:
    """Version of a package that a run was made with."""

    package: str
    version: str


@dataclass(frozen=True, slots=True)
class WristFacts:
    """What the wrist sensor carries, so that its readings can be understood afterwards.

    Attributes:
        tool_mass_kg: mass of everything behind the sensor.
        rotation_ts: R_TS, row by row.
    """

    tool_mass_kg: float
    rotation_ts: tuple[Vector3, Vector3, Vector3]


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Everything a run was made of, as recorded on ``/config``.

    Attributes:
        program: name of the program.
        body: name or path of the body file.
        tissue: tissue model, ``law`` or ``fem``.
        arm: name of the arm.
        gains: name of the gains.
        seed: seed of everything random.
        surface_error_mm: size of the error of the planner's skin [mm].
        dt_s: period of the loop [s].
        duration_s: planned length [s].
        pads: pads of the tool; every entry per pad of a record keeps this order.
        joint_names: actuated joints, (n,).
        torque_limit_nm: their torque limits, (n,).
        segments: the strokes of the plan.
        worst_case_bound_n: printed bound of the press force, breathing only [N]; None before it is known.
        person_bound_n: the same with the person moving at 0.2 m/s [N]; None before it is known.
        sources: hashes of program, body, arm and gains files.
        versions: packages.
        faults: what is injected, as on the command line with every value spelled out.
        mesh: mesh of the finite elements; empty on the law.
        force_gains: the gains in numbers; None in a record of an earlier version.
        braked_bound_n: as ``person_bound_n`` with one joint held by its brake [N]; None before it is known and in
            records that do not have it.
        identity: which plant it ran on.
        wrist: what the wrist sensor carries; None in records that do not have it.
        observer_margin_n: how far sensor and observer may differ [N]; None before it is known and in records that do
            not have it.
        notes: what was marked in the files that the run was made of, a line each.
        base: where the arm's base stood, x, y, z in W [m] and yaw [deg]; empty for the default place.
        differences: what the simulated plant differed by from its model; a record without them has an exact one.
        config_sha256: hash over everything above but the versions.
    """

    program: str
    body: str
    tissue: str
    arm: str
    gains: str
    seed: int
    surface_error_mm: float
    dt_s: float
    duration_s: float
    pads: tuple[PadDescription, ...]
    joint_names: tuple[str, ...]
    torque_limit_nm: Vector
    segments: tuple[SegmentInfo, ...]
    worst_case_bound_n: float | None
    person_bound_n: float | None
    sources: tuple[SourceHash, ...]
    versions: tuple[Version, ...]
    faults: tuple[str, ...] = ()
    mesh: str = ""
    identity: Identity | None = None
    force_gains: ForceGains | None = None
    braked_bound_n: float | None = None
    wrist: WristFacts | None = None
    observer_margin_n: float | None = None
    notes: tuple[str, ...] = ()
    base: Vector = ()
    differences: PlantDifferences = EXACT_PLANT
    config_sha256: str = ""

    def hashed(self) -> RunConfig:
        """Return a copy with ``config_sha256`` filled in; equal configurations have equal hashes on every machine."""
        bare = replace(self, versions=(), config_sha256="")
        digest = hashlib.sha256(orjson.dumps(bare, option=orjson.OPT_SORT_KEYS)).hexdigest()
        return replace(self, config_sha256=digest)


@dataclass(frozen=True, slots=True)
class StaticFrame:
    """A frame that does not move in another one, such as the flange in the tool frame.

    Attributes:
        parent: name of the parent frame.
        child: name of the frame.
        position_m: its origin in the parent frame.
        quaternion_xyzw: its orientation in the parent frame.
    """

    parent: str
    child: str
    position_m: Vector3
    quaternion_xyzw: Vector4

"""The named choices that cross borders: phases, modes, causes, regions."""

from __future__ import annotations

import enum


class Phase(enum.StrEnum):
    """What the plan asks for at a plan time."""

    TRANSFER = "transfer"
    """Free motion above the skin; no press force is wanted."""
    APPROACH = "approach"
    """Descend along the inward normal until contact; the plan clock waits at the end of this phase."""
    WORK = "work"
    """In contact, moving along the stroke with the reference press force."""
    LIFT = "lift"
    """Leave the skin along the outward normal."""
    TO_PLAN = "to_plan"
    """Outside the plan: driven on a proven joint-space way to where the plan begins, or goes on after a stop."""
    TO_REST = "to_rest"
    """Outside the plan: driven on a proven joint-space way from the plan's end to rest."""


DRIVEN_PHASES = frozenset({Phase.TO_PLAN, Phase.TO_REST})
"""Phases in which plan time stands still and joint-space legs are driven."""


class Side(enum.StrEnum):
    """On which side of an elastic joint something is measured."""

    LINK = "link"
    """Behind the gear: at the link."""
    MOTOR = "motor"
    """Before the gear's elasticity: at the motor."""


class Touched(enum.StrEnum):
    """What a link can touch beside the tissue under its pad."""

    SKIN = "skin"
    TABLE = "table"
    COLUMN = "column"
    """The arm's own base and the post that carries it."""
    OBSTACLE = "obstacle"


class Contact(enum.StrEnum):
    """What kind of contact a stroke wants."""

    CONTINUOUS = "continuous"
    """The pad stays on the skin for the whole work phase; a lost contact is a fault."""
    INTERMITTENT = "intermittent"
    """The pad leaves the skin and comes back within the work phase, as in percussion."""


class ContactState(enum.StrEnum):
    """What the controller believes about the contact."""

    FREE = "free"
    APPROACH = "approach"
    CONTACT = "contact"
    """Touched; the press force is ramped up from the measured force."""
    WORK = "work"
    LIFT = "lift"


class Mode(enum.StrEnum):
    """What the gate lets happen; everything but RUN is latched until an operator clears it."""

    RUN = "run"
    UNLOAD = "unload"
    """Leave the skin along the outward normal at bounded speed."""
    FLOAT = "float"
    """Gravity compensation and damping only."""
    PARK = "park"
    """Driven slowly and softly to the park posture beside the person."""
    RELEASED = "released"
    """At rest in the park posture; the enable may be dropped."""


class Action(enum.IntEnum):
    """What a cause makes the arm do, in order: a later stop can only raise it."""

    LOWER = 0
    """No stop: the command is lowered and the session goes on."""
    PARK = 1
    """Unload, float, park beside the person, release."""
    FLOAT = 2
    """Unload, then float: what drives an arm to its park posture may be what is broken."""
    HOLD_TORQUE = 3
    """Unload and float by the last joint positions that could be believed."""


class Clearance(enum.StrEnum):
    """Who may end a stop, in order; nothing ends it by itself."""

    NOBODY = "nobody needs to"
    OPERATOR = "operator"
    """The operator, from the console."""
    OPERATOR_AT_ARM = "operator at the arm"
    """The operator, after a look at person, tool and arm."""
    SERVICE = "service"
    """Whoever found and mended the cause."""


class Authority(enum.StrEnum):
    """Whose torque the drives take."""

    HOST = "host"
    """The session loop's."""
    SUPERVISOR = "supervisor"
    """The supervisor's: it has taken over and the loop's commands are ignored."""
    NOBODY = "nobody"
    """No enable: brakes."""


class JointFault(enum.IntFlag):
    """What is wrong with the drive of a joint."""

    NONE = 0
    TORQUE = 1
    """It gives another torque than it is commanded."""
    OVERHEATED = 2
    VOLTAGE = 4
    OVERCURRENT = 8
    ENCODER = 16
    """Its position or speed is no number, and its own brake closes for that; the joint stands."""
    SILENT = 32
    """It does not answer."""
    OTHER = 64
    """A fault that only its maker's documentation explains."""


class Cause(enum.StrEnum):
    """Why the gate limited a command or stopped a session."""

    PRESS_LIMIT = "press_limit"
    PRESS_SPEED = "press_speed"
    LOADING_RATE = "loading_rate"
    TANGENTIAL_LIMIT = "tangential_limit"
    MOMENT_LIMIT = "moment_limit"
    TORQUE_LIMIT = "torque_limit"
    PAD_FORCE = "pad_force"
    TOOL_FORCE = "tool_force"
    PRESSURE = "pressure"
    JOINT_SPEED = "joint_speed"
    TOOL_SPEED = "tool_speed"
    JOINT_POSITION = "joint_position"
    WORKSPACE = "workspace"
    SENSOR_IMPLAUSIBLE = "sensor_implausible"
    NOT_FINITE = "not_finite"
    JOINTS_NOT_FINITE = "joints_not_finite"
    STALE = "stale"
    NO_CONTACT = "no_contact"
    CONTACT_LOST = "contact_lost"
    OPERATOR = "operator"
    INTERNAL_ERROR = "internal_error"
    LINK = "link"
    SENSOR_FROZEN = "sensor_frozen"
    ENCODER_JUMP = "encoder_jump"
    SPEED_SIGNAL = "speed_signal"
    """Reported joint speeds are not those of the joint positions."""
    LATE_TICK = "late_tick"
    CLOCK = "clock"
    """Session time steps back, jumps, stands still or is no number."""
    DWELL = "dwell"
    SESSION_TIME = "session_time"
    TEMPERATURE = "temperature"
    ENERGY = "energy"
    SUPERVISOR_LOST = "supervisor_lost"
    SUPERVISOR_ACTED = "supervisor_acted"
    HOST_LOST = "host_lost"
    MEMORY_CORRUPT = "memory_corrupt"
    DRIVE_FAULT = "drive_fault"
    DEPTH = "depth"
    KEEP_OUT = "keep_out"
    REGISTRATION = "registration"
    MODEL_MISMATCH = "model_mismatch"
    """What hangs on the arm, its weight or the sensor's zero is not what the files say."""
    UNEXPECTED_CONTACT = "unexpected_contact"
    """A pad presses where the plan moves it freely."""
    SWING = "swing"
    """The force at the wrist alternates and does not stop: a loop without damping."""
    BUS_OWNER_LOST = "bus_owner_lost"
    """The process that owned the servo bus is gone, and its heir has the bus."""
    HEIR_LOST = "heir_lost"
    """Nobody is left to take the servo bus over should its owner be lost as well."""


class Region(enum.StrEnum):
    """Where on the body a pad is."""

    SACRUM = "sacrum"
    GLUTEAL = "gluteal"
    LUMBAR_PARASPINAL = "lumbar_paraspinal"
    THORACIC_PARASPINAL = "thoracic_paraspinal"
    RHOMBOID = "rhomboid"
    UPPER_TRAPEZIUS = "upper_trapezius"
    NECK_BASE = "neck_base"
    DELTOID = "deltoid"
    THIGH = "thigh"
    CALF = "calf"
    OTHER = "other"
    """On the body, in no massage region (lateral trunk, lateral scapula): no stroke may be planned here."""


class KeepOut(enum.StrEnum):
    """Where a pad must not press at all."""

    SPINE_RIDGE = "spine_ridge"
    KIDNEY_FLANK = "kidney_flank"
    NECK = "neck"
    POPLITEAL = "popliteal"
    SCAPULAR_SPINE = "scapular_spine"
    ELBOW = "elbow"
    OFF_BODY = "off_body"

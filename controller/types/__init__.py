"""The values that cross borders: immutable, standard library only, SI units, frames in the names.

Vectors are tuples of floats so that a record can be compared, hashed and serialised as it is, and so that the safety
core can stay free of numeric libraries. Frames: W world, K patient, B arm base, F flange, S wrist sensor, T tool
control point, C contact. ``p_WT`` is the position of T in W, ``V_WT`` its twist (linear first, expressed in W),
quaternions are xyzw. See ``docs/frames.md``.
"""

from __future__ import annotations

from controller.types.command import Command, PadEstimate, ToolTerms
from controller.types.kinematics import Kinematics
from controller.types.outcome import Applied, Limited, StepRecord, StopReason
from controller.types.plan import PadReference, PlanLike, Reference, SegmentInfo
from controller.types.registration import ClearanceGrid, Offset, RegistrationCheck
from controller.types.senses import ArmState, JointSenses, OtherContact, Truth
from controller.types.vectors import Matrix, Vector, Vector3, Vector4, Vector6
from controller.types.vocabulary import (
    DRIVEN_PHASES,
    Action,
    Authority,
    Cause,
    Clearance,
    Contact,
    ContactState,
    JointFault,
    KeepOut,
    Mode,
    Phase,
    Region,
    Side,
    Touched,
)

__all__ = [
    "DRIVEN_PHASES",
    "Action",
    "Applied",
    "ArmState",
    "Authority",
    "Cause",
    "Clearance",
    "ClearanceGrid",
    "Command",
    "Contact",
    "ContactState",
    "JointFault",
    "JointSenses",
    "KeepOut",
    "Kinematics",
    "Limited",
    "Matrix",
    "Mode",
    "Offset",
    "OtherContact",
    "PadEstimate",
    "PadReference",
    "Phase",
    "PlanLike",
    "Reference",
    "Region",
    "RegistrationCheck",
    "SegmentInfo",
    "Side",
    "StepRecord",
    "StopReason",
    "ToolTerms",
    "Touched",
    "Truth",
    "Vector",
    "Vector3",
    "Vector4",
    "Vector6",
]

"""The table of all kinds of faults."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from controller.safety.limits import SESSION_CEILING_S
from sim.faults.fault_kind import EVERY_JOINT, MOST_JOINTS, CausedBy, FaultKind, Place

MACHINE, PERSON = CausedBy.MACHINE, CausedBy.PERSON
SENSES, ARM, BODY, RIG, RECORD, ROOM = (
    Place.SENSES, Place.ARM, Place.PERSON, Place.RIG, Place.RECORD, Place.ROOM
)  # fmt: skip
_OF_SENSOR = (
    FaultKind("sensor_zero", 0.0, "", MACHINE, "the wrist sensor reads exact zeros, each sample fresh", SENSES),
    FaultKind("sensor_frozen", 0.0, "", MACHINE, "the wrist sensor repeats its last value, each sample fresh",
              SENSES),
    FaultKind("sensor_nan", 0.0, "", MACHINE, "the wrist sensor reads NaN", SENSES),
    FaultKind("sensor_biased", 8.0, "N", MACHINE,
              "the wrist sensor's zero steps along its axis; a positive step hides press force", SENSES,
              -50.0, 50.0),
    FaultKind("sensor_noisy", 2.0, "N", MACHINE,
              "white noise on every force axis of the wrist sensor, rms; a twentieth of it in Nm on the moments",
              SENSES, 0.0, 50.0),
    FaultKind("sensor_delayed", 20.0, "ms", MACHINE,
              "the wrist sensor's samples come late in front of their time stamp: their age looks right",
              SENSES, 0.0, 500.0),
    FaultKind("sensor_unplugged", 0.0, "", MACHINE, "the last wrist sample stays and its age grows", SENSES),
)  # fmt: skip
"""Wrist sensor."""
_OF_JOINTS = (
    FaultKind("encoder_jump", 0.02, "rad", MACHINE, "the elbow's encoder (joint 4) is off by a step", SENSES,
              -0.5, 0.5),
    FaultKind("encoder_nan", 4.0, "joint number", MACHINE, "position and speed of this joint read NaN", SENSES,
              1.0, MOST_JOINTS, is_whole=True),
    FaultKind("speed_zero", 0.0, "joint number", MACHINE,
              "the speed of this joint, of all for 0, reads 0, its position is right", SENSES, 0.0,
              MOST_JOINTS, is_whole=True),
    FaultKind("speed_frozen", 0.0, "joint number", MACHINE,
              "the speed of this joint, of all for 0, repeats its last value, its position is right", SENSES, 0.0,
              MOST_JOINTS, is_whole=True),
    FaultKind("speed_flipped", 0.0, "joint number", MACHINE,
              "the speed of this joint, of all for 0, has the wrong sign, its position is right", SENSES, 0.0,
              MOST_JOINTS, is_whole=True),
    FaultKind("speed_scaled", 0.33, "of the true speed", MACHINE,
              "the speed of this joint, of all for 0, reads so many times what it is, its position is right", SENSES,
              -3.0, 3.0, joint=EVERY_JOINT),
)  # fmt: skip
"""Positions and speeds of the joints as they are sensed."""
_OF_ARM = (
    FaultKind("joint_torque_lost", 2.0, "joint number", MACHINE,
              "the drive of this joint gives no torque any more and reports so", ARM, 1.0, MOST_JOINTS,
              is_whole=True),
    FaultKind("joint_torque_saturated", 0.25, "share of the limit", MACHINE,
              "every drive gives at most this share of its torque limit and reports what it gives", ARM, 0.05, 1.0),
    FaultKind("actuator_lag", 10.0, "ms", MACHINE, "time constant of every drive's torque loop, 2 ms when well",
              ARM, 0.1, 200.0),
    FaultKind("tool_mass_wrong", 0.3, "kg", MACHINE, "the tool is heavier than its model, at the pad", ARM,
              -0.02, 2.0),
    FaultKind("torque_growing", 5.0, "Nm", MACHINE,
              "an error torque at this joint, at all for 0, that grows evenly to this within 2 s and stays; its drive "
              "does not know of it and reports what it was commanded", ARM, -30.0, 30.0, joint=2),
    FaultKind("torque_constant", 0.7, "of the torque", MACHINE,
              "the drive of this joint, of all for 0, gives so many times the torque that it reports", ARM, 0.3, 1.5,
              joint=EVERY_JOINT),
)  # fmt: skip
"""Drives and tool."""
_OF_RIG = (
    FaultKind("loop_stall", 20.0, "ms", MACHINE,
              "the session loop stands still this long, once; the drives keep its last command", RIG, 1.0, 5000.0),
    FaultKind("host_killed", 0.0, "", MACHINE,
              "the session loop's process ends: no more commands and heartbeats", RIG),
    FaultKind("supervisor_killed", 0.0, "", MACHINE,
              "the supervisor's process ends: no more heartbeats; the brakes close a second later", RIG),
    FaultKind("link_lost", 0.0, "", MACHINE,
              "the session loop's commands no longer reach the drives, while the loop runs on", RIG),
    FaultKind("memory_corrupt", 0.0, "", MACHINE,
              "the memory shared by session loop and supervisor cannot be read whole any more", RIG),
    FaultKind("clock_nan", 0.0, "", MACHINE, "the clock of the session loop reads NaN, for one tick", RIG),
    FaultKind("clock_back", 5.0, "s", MACHINE, "the clock of the session loop reads so much too little, for one tick",
              RIG, 0.0, SESSION_CEILING_S),
    FaultKind("clock_jump", 40.0, "s", MACHINE, "the clock of the session loop is ahead by this from then on", RIG,
              -SESSION_CEILING_S, SESSION_CEILING_S),
    FaultKind("clock_still", 0.0, "", MACHINE, "the clock of the session loop stands still for good", RIG),
    FaultKind("clock_slow", 0.5, "of the true rate", MACHINE, "the clock of the session loop runs at this rate", RIG,
              0.0, 3.0),
    FaultKind("terminal_closed", 0.0, "", MACHINE,
              "the terminal of the run is closed: its session gets what a hang-up signal makes of it, a stop by the "
              "operator", RIG),
    FaultKind("disk_full", 0.0, "", MACHINE, "nothing more can be written to the record", RECORD),
)  # fmt: skip
"""Computers and links, and the disk of the record."""
_OF_PERSON = (
    FaultKind("patient_jerk", 20.0, "mm", PERSON, "the body moves toward the tool in 0.2 s and stays there", BODY,
              0.0, 60.0),
    FaultKind("patient_jerk_fast", 20.0, "mm", PERSON,
              "the body moves toward the tool in 0.1 s and stays there: 0.38 m/s at its fastest", BODY, 0.0, 60.0),
    FaultKind("patient_away", 40.0, "mm", PERSON, "the body moves away from the tool in 0.1 s and stays there",
              BODY, 0.0, 200.0),
    FaultKind("patient_cough", 4.0, "mm", PERSON,
              "three bumps toward the tool, each 60 ms up and 60 ms down, one every 0.3 s", BODY, 0.0, 20.0),
    FaultKind("patient_roll", 10.0, "deg", PERSON,
              "the body turns about the spine in 0.5 s, the side under the tool up, and stays there; modelled as "
              "the rise of the spot under the tool, which grows with its distance from the spine", BODY, 0.0, 45.0),
    FaultKind("patient_gets_up", 150.0, "mm", PERSON, "the body rises toward the tool in 1 s and stays there",
              BODY, 0.0, 500.0),
    FaultKind("tissue_stiff", 20.0, "N/mm", PERSON,
              "the tissue hardens to this instant tangent stiffness at 20 N under the tool, and everywhere by the "
              "same factor: from the beginning at time 0, else within 1 s", BODY, 1.0, 60.0),
    FaultKind("tool_slips", 30.0, "mm", MACHINE,
              "the tool slips off an edge: the surface under the pad falls away within 20 ms, stays away for 0.2 s "
              "and comes back within 1 s", BODY, 0.0, 60.0),
    FaultKind("patient_higher", 60.0, "mm", PERSON,
              "the person lies this much higher than planned: at time 0 from the beginning, else from one period to "
              "the next", BODY, 0.0, 200.0),
    FaultKind("patient_rises_after_stop", 60.0, "mm", PERSON,
              "the body rises toward the tool in 1 s, 2 s after the first stop from then on, and stays there; an end "
              "without a stop counts as one", BODY, 0.0, 200.0),
    FaultKind("obstacle", 5.0, "mm", PERSON,
              "something rigid and round, 120 mm thick, stands this far before that part of the arm that moves "
              "fastest, in its way; over the highest part of an arm at rest", ROOM, 0.0, 200.0),
)  # fmt: skip
"""The person, and what stands around the arm."""

FAULT_KINDS: Mapping[str, FaultKind] = MappingProxyType(
    {kind.name: kind for kind in (*_OF_SENSOR, *_OF_JOINTS, *_OF_ARM, *_OF_RIG, *_OF_PERSON)}
)
"""All kinds of faults by name."""

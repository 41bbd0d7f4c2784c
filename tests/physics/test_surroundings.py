"""Links and tool against table, column, skin and an obstacle: force, joint torques, no cost where nothing is near."""

from __future__ import annotations

import math

import numpy as np
import pytest

from controller.types import Touched
from sim.differences.values import EXACT_PLANT, PlantDifferences
from sim.faults.kinds import Fault
from sim.options import SimulationOptions
from sim.period.packed_state import TOOL_BODY, TORQUE_LIMIT
from sim.period.wrist_sensor import wrist_wrench
from sim.person.contact_law import PRESS
from sim.person.uniform_tissue import UniformTissue
from sim.surroundings.link_spheres import IS_PAD, IS_TOOL, RADIUS, WORLD
from sim.surroundings.room import (
    COLUMN_THING,
    GAP,
    OBSTACLE_THING,
    RIGID_STIFFNESS_N_PER_M,
    SKIN_THING,
    TABLE_M,
    TABLE_STIFFNESS_N_PER_M,
    TABLE_THING,
    THINGS,
)
from tests.sim_cases import approved, setting
from tests.surroundings_cases import QUIET, Probe, inside, opened, slope
from workbench.record.other_truth import ContactSample, OtherTruthBuilder

SOFT = UniformTissue(force_at_10_mm_n=20.0)
ELASTIC = PlantDifferences(
    joint_stiffness_nm_per_rad=(14e3, 14e3, 14e3, 14e3, 9e3, 9e3, 9e3), joint_damping_ratio=(0.05,)
)
STIFFNESS = {
    TABLE_THING: TABLE_STIFFNESS_N_PER_M,
    COLUMN_THING: RIGID_STIFFNESS_N_PER_M,
    OBSTACLE_THING: RIGID_STIFFNESS_N_PER_M,
}


def probe(**changes: object) -> Probe:
    return Probe(opened(SimulationOptions(tissue=SOFT, **{**QUIET, **changes})))  # type: ignore[arg-type]


@pytest.mark.parametrize("thing", STIFFNESS)
def test_force_and_joint_torques_are_those_of_a_stiff_penalty(thing: int) -> None:
    seen = probe()
    obstacle = (0.2, -0.2, 0.35)
    if thing == OBSTACLE_THING:
        seen.around.place_obstacle(obstacle, 0.08)

    def energy(angles: np.ndarray) -> float:
        return float(0.5 * STIFFNESS[thing] * np.sum(np.maximum(seen.depths(angles, thing), 0.0) ** 2))

    for seed in range(300):  # a posture in which the joint of the link that touches feels it too, and none behind it
        q = seen.find(thing, 0.001, 0.006, seed)
        wanted = -slope(energy, q)
        others = [other for other in range(len(THINGS)) if other != thing and seen.depths(q, other).max() > 0.0]
        last = seen.carrier(q, thing)
        if not others and last < seen.joints - 1 and abs(wanted[last]) > 0.1 * np.abs(wanted).max():
            break
    depths = seen.depths(q, thing)
    assert np.all(wanted[last + 1 :] == 0.0)
    others = [other for other in range(len(THINGS)) if other != thing and seen.depths(q, other).max() > 0.0]
    assert not others, "the posture must touch one thing only"
    seen.plant.activate(tuple(q.tolist()))
    if thing == OBSTACLE_THING:
        seen.around.place_obstacle(obstacle, 0.08)  # a new run has none
        seen.around.press(seen.arena)
    torques = seen.arena.load - seen.arena.torque - seen._pad_load()
    assert np.abs(wanted).max() > 1.0
    assert torques == pytest.approx(wanted, rel=1e-5, abs=1e-5 * np.abs(wanted).max())
    contacts = seen.around.acting
    assert {contact.touches for contact in contacts} == {THINGS[thing]}
    assert sorted(math.hypot(*contact.force_w) for contact in contacts) == pytest.approx(
        sorted(STIFFNESS[thing] * depth for depth in depths if depth > 0.0)
    )
    seen.plant.deactivate()


def test_table_pushes_up_at_its_upper_face() -> None:
    seen = probe()
    q = seen.find(TABLE_THING, 0.001, 0.006)
    seen.plant.activate(tuple(q.tolist()))
    contact = next(contact for contact in seen.around.acting if contact.touches is Touched.TABLE)
    assert contact.force_w[:2] == (0.0, 0.0)
    assert contact.force_w[2] > 0.0
    assert contact.place_w[2] == pytest.approx(TABLE_M)
    seen.plant.deactivate()


def test_skin_pushes_as_the_tissue_does_and_the_torques_have_its_potential() -> None:
    seen = probe()
    for seed in range(20):
        q = seen.find(SKIN_THING, 0.004, 0.012, seed)
        seen.plant.activate(tuple(q.tolist()))
        if seen.arena.result[PRESS] == 0.0 and seen.around.acting:
            break
    radii = {}
    depths = seen.depths(q, SKIN_THING)
    links = len(seen.around._links)
    for link in np.flatnonzero(depths > 0.0).tolist():
        sphere = int(seen.around._hits[SKIN_THING * links + link, 1])
        radii[link] = seen.around._spheres[sphere, RADIUS]
    pad = setting()[0].tool.pads[0].radius_m
    per_m = {link: 2000.0 * (radius / pad) ** 0.69 for link, radius in radii.items()}

    def energy(angles: np.ndarray) -> float:
        now = seen.depths(angles, SKIN_THING)
        return sum(0.5 * stiffness * max(0.0, now[link]) ** 2 for link, stiffness in per_m.items())

    wanted = -slope(energy, q)
    seen.plant.activate(tuple(q.tolist()))
    contacts = [contact for contact in seen.around.acting if contact.touches is Touched.SKIN]
    assert sorted(math.hypot(*contact.force_w) for contact in contacts) == pytest.approx(
        sorted(per_m[link] * depths[link] for link in per_m), rel=1e-6
    )
    torques = seen.arena.load - seen.arena.torque - seen._pad_load()
    # the foot is the closest point of a curved skin to within a part of a per cent only
    assert torques == pytest.approx(wanted, abs=0.02 * np.abs(wanted).max())
    seen.plant.deactivate()


def test_nothing_near_adds_nothing_and_is_looked_for_now_and_then_only() -> None:
    plant = opened(SimulationOptions(**QUIET))
    around, arena = inside(plant)
    looks = 0
    hold = np.array(plant.read().tau_nm)
    swing = np.zeros(len(hold))
    swing[0] = 0.4
    for _ in range(300):
        around._spheres[0, WORLD] = math.nan
        plant.apply(approved(hold + swing))
        looks += not math.isnan(around._spheres[0, WORLD])
        assert arena.load.tobytes() == arena.torque.tobytes()
        assert plant.other_contacts() == ()
    assert abs(plant.true_motion()[1][0]) > 0.05, "the arm moves"
    assert looks < 30
    plant.deactivate()


def test_no_contact_is_missed_between_the_looks() -> None:
    obstacle = SimulationOptions(faults=(Fault("obstacle", 60.0, 0.1),), **QUIET)
    plant, twin = opened(obstacle), opened(obstacle)
    push = np.zeros(plant.rig.joints)
    push[0] = 2.0
    touched = 0
    for _ in range(900):
        command = approved(np.array(plant.holding_nm()) + push)
        plant.apply(command)
        inside(twin)[0]._room[GAP] = 0.0  # it looks at everything, always
        twin.apply(command)
        assert plant.other_contacts() == twin.other_contacts()
        touched += bool(plant.other_contacts())
        if touched > 20:
            break
    assert touched > 20
    plant.deactivate()
    twin.deactivate()


@pytest.mark.parametrize("differences", [EXACT_PLANT, ELASTIC], ids=["rigid", "elastic"])
def test_obstacle_of_a_fault_stops_a_driven_arm_and_its_force_is_known(differences: PlantDifferences) -> None:
    ways = []
    found = OtherTruthBuilder()
    for faults in ((), (Fault("obstacle", 20.0, 0.2),)):
        plant = opened(SimulationOptions(faults=faults, differences=differences, **QUIET))
        push = np.zeros(plant.rig.joints)
        push[0] = 2.0
        for _ in range(1200):
            speed = np.array(plant.true_motion()[1])
            plant.apply(approved(np.array(plant.holding_nm()) + push - 2.0 * speed))
            if plant.other_contacts():
                found.touch(ContactSample(plant.t_s, plant.other_contacts()))
        ways.append(plant.true_motion()[0][0])
        contacts = plant.other_contacts()
        plant.deactivate()
    start = opened(SimulationOptions(**QUIET)).true_motion()[0][0]
    free, stopped = (way - start for way in ways)
    assert abs(stopped) < 0.5 * abs(free)
    assert {contact.touches for contact in contacts} == {Touched.OBSTACLE}
    other = found.finish()
    assert other.transient_n() >= other.mean_n(1e-3) > 2.0
    last = other.touch_n[-100:]
    assert np.ptp(last) < 0.1 * last.mean(), "it does not ring against it"


def test_obstacle_stands_clear_of_the_arm_by_its_gap() -> None:
    plant = opened(SimulationOptions(faults=(Fault("obstacle", 15.0, 0.0),), **QUIET))
    around, _ = inside(plant)
    plant.apply(approved(np.array(plant.read().tau_nm)))
    centre, radius = around.obstacle
    gaps = np.linalg.norm(around._spheres[:, WORLD : WORLD + 3] - centre, axis=1) - around._spheres[:, RADIUS] - radius
    assert gaps.min() == pytest.approx(0.015, abs=0.003)
    plant.deactivate()


def test_wrist_sensor_feels_what_touches_the_tool_before_it() -> None:
    plant = opened(SimulationOptions(**QUIET))
    around, arena = inside(plant)
    stems = [s for s in around._spheres if s[IS_TOOL] and not s[IS_PAD]]
    stem = min(stems, key=lambda s: s[WORLD + 2])
    way = arena.rotation[:, 0] * (stem[RADIUS] + 0.03 - 0.002)
    around.place_obstacle(tuple((stem[WORLD : WORLD + 3] + way).tolist()), 0.03)
    still = arena.wrench.copy(), arena.sensed.copy()
    around.press(arena)
    assert arena.wrench.tobytes() == still[0].tobytes()
    contacts = around.acting
    assert {contact.link for contact in contacts} <= {"tool_body", "tool"}
    around.press(arena)  # the period in which they act has passed
    assert around.acted == contacts
    wrenches = []
    body = arena.constants[TOOL_BODY:TORQUE_LIMIT]
    for share in (0.0, 1.0):  # the sensor's own equations, with the force as if it were the pad's
        total = np.zeros(6)
        for contact in contacts:
            one = np.zeros(6)
            force, place = share * np.array(contact.force_w), np.array(contact.place_w)
            wrist_wrench(body, arena.pad, arena.rotation, np.zeros(6), force, place, np.zeros(3), one)
            total += one
        wrenches.append(total)
    wanted = wrenches[1] - wrenches[0]
    assert np.linalg.norm(wanted[:3]) > 20.0
    assert arena.wrench - still[0] == pytest.approx(wanted, abs=1e-9)
    assert arena.sensed[-6:] - still[1][-6:] == pytest.approx(wanted, abs=1e-9)
    plant.deactivate()

"""The simulated arm on the simulated patient against known answers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pinocchio as pin
import pytest

from controller.robot import RobotModel
from controller.safety.limits import REGION_CEILING_N
from controller.types import Region
from sim.bullet.arm import BulletArm
from sim.options import SimulationOptions
from sim.period.arm_kinematics import LINE_SIZE, add_joint_torques, tool_motion
from sim.period.packed_state import MOTION
from sim.person.body_motion import Rise, draw_motion, move
from sim.person.contact_law import FOOT, LAYERS, MEMORY_SIZE, PRESS, RESULT_SIZE, closest_foot, relaxation_table, touch
from sim.person.parameters import TYPICAL_PERSON
from sim.person.tissue_map import TissueMap
from sim.person.uniform_tissue import UniformTissue
from sim.plant import build_simulation
from tests.motor_rings import ringed_model
from tests.sim_cases import Push, Rig, approved, posture, setting
from trajectories.anatomy.body import load_body
from trajectories.anatomy.skin import Skin

PERFECT = SimulationOptions(has_noise=False, is_breathing=False, has_scatter=False)
ARMS = ["servo7", "panda"]


@pytest.mark.parametrize("name", ARMS)
def test_a_press_reads_negative_z_and_equals_the_true_force(name: str) -> None:
    rig = Rig(replace(PERFECT, has_friction=False), name=name)
    empty = np.array(rig.plant.read().wrench_s)
    for _ in range(4000):
        truth = rig.step(20.0)
    wrench = np.array(rig.plant.read().wrench_s) - empty
    assert truth.press_n == pytest.approx(20.0, abs=0.3)
    assert -wrench[2] == pytest.approx(truth.press_n, abs=0.4)
    assert np.linalg.norm(wrench[:3]) == pytest.approx(np.linalg.norm(truth.force_w), rel=0.01)
    rig.close()


@pytest.mark.parametrize("name", ARMS)
def test_work_of_torques_is_work_of_the_force(name: str) -> None:
    arm, placement, _, _ = setting(name)
    model, generator = RobotModel(arm, placement), np.random.default_rng(5)
    for _ in range(20):
        q, dq = generator.uniform(arm.lower_rad, arm.upper_rad), generator.normal(size=7)
        wrench = generator.normal(size=6)
        model.update(q, dq)
        pin.forwardKinematics(model.model, model.data, q, dq)
        twist = pin.getFrameVelocity(model.model, model.data, model.tool_id, pin.LOCAL_WORLD_ALIGNED).vector
        assert (model.jacobian.T @ wrench) @ dq == pytest.approx(wrench @ twist, rel=1e-10)


@pytest.mark.parametrize("name", ARMS)
def test_the_jacobian_moves_the_tip_of_the_simulated_arm(name: str) -> None:
    arm, placement, _, _ = setting(name)
    model, bullet, generator = RobotModel(arm, placement), BulletArm(arm, placement, 1e-3), np.random.default_rng(6)
    chain, pad, room, lines = bullet.chain(), np.zeros(9), np.zeros((3, 3, 3)), np.zeros((8, LINE_SIZE))
    for _ in range(10):
        q, dq = generator.uniform(arm.lower_rad, arm.upper_rad), generator.normal(size=7)
        model.update(q, dq)
        tips = []
        for h in (-1e-4, 0.0, 1e-4):
            bullet.reset(tuple((q + h * dq).tolist()))
            tips.append(bullet.tool_pose()[0])
        force = generator.normal(size=3)
        np.testing.assert_allclose(tips[1], model.position, atol=1e-9)
        moved = (tips[2] - tips[0]) / 2e-4
        np.testing.assert_allclose(moved, model.jacobian[:3] @ dq, atol=1e-6)
        assert (model.jacobian[:3].T @ force) @ dq == pytest.approx(force @ moved, abs=1e-5)
        tool_motion(chain, np.concatenate([q, dq]), pad, room, lines)
        np.testing.assert_allclose(pad[:3], model.position, atol=1e-9)
        np.testing.assert_allclose(pad[3:], model.jacobian @ dq, atol=1e-9)
        np.testing.assert_allclose(room[0], model.rotation, atol=1e-9)
        load = np.zeros(7)
        add_joint_torques(lines, force, pad[:3], np.zeros(3), load)
        np.testing.assert_allclose(load, model.jacobian[:3].T @ force, atol=1e-9)
    bullet.close()


@pytest.mark.parametrize("name", ARMS)
def test_gravity_of_the_model_holds_the_simulated_arm_still(name: str) -> None:
    options = replace(PERFECT, has_friction=False)
    arm, placement, body, _ = setting(name)
    plant = build_simulation(arm, placement, body, options)
    plant.configure()
    q, _, _ = posture(name, 0.1, 0.04, 0.10)
    plant.activate(q)
    model = RobotModel(arm, placement)
    model.update(np.array(q), np.zeros(7))
    for _ in range(500):
        plant.apply(approved(model.gravity))
    moved = np.abs(np.array(plant.true_motion()[0]) - np.array(q)).max()
    assert moved < 1e-4
    plant.deactivate()


@pytest.mark.parametrize("name", ARMS)
def test_free_swing_is_that_of_the_model(name: str) -> None:
    """The model here is one of rigid joints, whose motors turn with their links."""
    arm, placement, _, _ = setting(name)
    q, _, _ = posture(name, 0.1, 0.04, 0.10)
    model, bullet = ringed_model(arm, placement), BulletArm(arm, placement, 2.5e-4)
    data = model.createData()
    bullet.set_friction((0.0,) * 7)
    start_speed = 0.3 * np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0])
    bullet.reset(q, tuple(start_speed.tolist()))
    hold = bullet.holding_torque(q)
    angle, speed = np.array(q), start_speed.copy()
    for _ in range(800):
        bullet.step(list(hold))
        speed = speed + 2.5e-4 * pin.aba(model, data, angle, speed, np.array(hold))
        angle = angle + 2.5e-4 * speed
    arrived = bullet.state()
    assert np.abs(angle - np.array(q)).max() > 0.02
    np.testing.assert_allclose(arrived[:7], angle, atol=2e-4)
    np.testing.assert_allclose(arrived[7:14], speed, atol=5e-3)
    bullet.close()


def landing_peak(name: str, dt_s: float) -> float:
    """Let the arm, held against gravity only, hit the sacrum at 0.1 m/s and return the largest press force."""
    arm, placement, body, _ = setting(name)
    q, _, normal = posture(name, -0.03, 0.02, 0.0185)
    model, bullet = RobotModel(arm, placement), BulletArm(arm, placement, dt_s)
    push = Push(bullet)
    jacobian = model.tool_jacobian(np.array(q))
    twist = np.concatenate([-0.1 * np.array(normal), np.zeros(3)])
    bullet.set_friction((0.0,) * 7)
    bullet.reset(q, tuple((np.linalg.pinv(jacobian) @ twist).tolist()))
    tissue = TissueMap.from_body(body, TYPICAL_PERSON, arm.tool.only_pad("a test").radius_m)
    law, relaxation = np.array([arm.tool.only_pad("a test").radius_m, 0.2, dt_s]), relaxation_table(dt_s)
    memory, result = np.zeros(MEMORY_SIZE), np.zeros(RESULT_SIZE)
    hold, peak = list(bullet.holding_torque(q)), 0.0
    for _ in range(round(0.15 / dt_s)):
        push.look()
        touch(tissue.layers, tissue.grid, np.zeros(4), push.pad, law, relaxation, memory, result)
        peak = max(peak, result[PRESS])
        bullet.step(push.load(hold, result[:3], result[FOOT : FOOT + 3]))
    bullet.close()
    return peak


@pytest.mark.parametrize("name", ARMS)
def test_halving_the_step_keeps_the_peak_of_an_arm_landing(name: str) -> None:
    peaks = [landing_peak(name, dt) for dt in (1e-3, 5e-4, 2.5e-4)]
    assert peaks[2] > 5.0
    assert peaks[0] == pytest.approx(peaks[2], rel=0.03)
    assert peaks[1] == pytest.approx(peaks[2], rel=0.03)


def test_a_uniform_spring_under_the_arm_gives_k_d() -> None:
    rig = Rig(replace(PERFECT, tissue=UniformTissue(30.0)))
    for k in range(1200):
        truth = rig.step(12.0)
        if k > 200:
            assert truth.press_n == pytest.approx(3000.0 * truth.depth_m, rel=0.05)
    assert truth.press_n == pytest.approx(3000.0 * truth.depth_m, rel=1e-3)
    rig.close()


def skin_rise(x_m: float, y_m: float, options: SimulationOptions) -> np.ndarray:
    """Return how the skin over a spot moves in 8 s [m]."""
    arm, placement, body, skin = setting()
    plant = build_simulation(arm, placement, body, options)
    point = np.array([x_m, y_m, float(skin.height(x_m, y_m)[0]) + 0.001])
    motion, result, values, heights = np.zeros(4), np.zeros(RESULT_SIZE), np.zeros((LAYERS, 3)), []
    for t in np.arange(0.0, 8.0, 0.01):
        move(plant.motion.profile(), t, motion)
        heights.append(-closest_foot(plant.tissue.layers, plant.tissue.grid, motion, point, values, result))
    return np.array(heights)


@pytest.mark.parametrize(
    ("level", "amplitude_mm"), [("T9", 5.0), ("T12", 3.5), ("L3", 2.0), ("L5S1", 1.0), ("C7", 2.0)]
)
def test_breathing_moves_the_skin_as_stated(level: str, amplitude_mm: float) -> None:
    _, _, body, _ = setting()
    rise = skin_rise(body.landmarks[level][0], 0.0, SimulationOptions(seed=4))
    assert 0.5e3 * np.ptp(rise) == pytest.approx(amplitude_mm, rel=0.07)
    assert 3 <= np.sum(np.diff(np.sign(rise - rise.mean())) != 0) <= 4 + 1


@pytest.mark.parametrize("name", ["muscular_m", "elderly_f", "stocky_f"])
def test_a_pad_far_above_the_body_never_touches_it(name: str) -> None:
    """The search for the closest skin goes astray above a hollow; it must not come back with a contact."""
    body = load_body(name)
    skin, tissue = Skin.from_body(body), TissueMap.from_body(body, TYPICAL_PERSON, 0.018)
    rng, count = np.random.default_rng(5), 6000
    motion, result, values = np.zeros(4), np.zeros(RESULT_SIZE), np.zeros((LAYERS, 3))
    low, high = body.landmarks["L5S1"], body.landmarks["C7"]
    x, y = rng.uniform(low[0] - 0.2, high[0] + 0.1, count), rng.uniform(-0.35, 0.35, count)
    gaps_m = rng.uniform(0.06, 0.6, count)
    # a slope may be nearer sideways than below: the pad is held over the highest place around
    around = [skin.height(x + a, y + b) for a in (-0.05, 0.0, 0.05) for b in (-0.05, 0.0, 0.05)]
    points = np.column_stack([x, y, np.max(around, axis=0) + gaps_m])
    found = [closest_foot(tissue.layers, tissue.grid, motion, point, values, result) for point in points]
    closest_m = min(found)
    assert closest_m > 0.04


def test_breath_held_and_a_rise() -> None:
    options = SimulationOptions(is_breathing=False, rises=(Rise(2.0, 0.2, 0.02),))
    rise = skin_rise(0.2, 0.0, options)
    assert np.ptp(rise[:200]) == pytest.approx(0.0, abs=1e-12)
    assert rise[-1] - rise[0] == pytest.approx(0.02, rel=0.03)
    assert np.abs(np.diff(rise)).max() / 0.01 == pytest.approx(1.875 * 0.02 / 0.2, rel=0.05)


def test_speeds_of_the_patient_are_those_of_the_motion() -> None:
    rises = (Rise(1.0, 0.3, 0.02), Rise(1.1, 0.5, -0.01))
    profile = draw_motion(np.random.default_rng(3), is_breathing=True, rises=rises).profile()
    before, now, after = np.zeros(4), np.zeros(4), np.zeros(4)
    for t in np.linspace(0.9, 2.0, 50):
        move(profile, t - 1e-5, before)
        move(profile, t, now)
        move(profile, t + 1e-5, after)
        assert now[1] == pytest.approx((after[0] - before[0]) / 2e-5, abs=1e-6)
        assert now[3] == pytest.approx((after[2] - before[2]) / 2e-5, abs=1e-6)
    assert now[2] == pytest.approx(0.01)


def test_breathing_pushes_the_held_pad() -> None:
    _, _, body, _ = setting()
    spot = (body.landmarks["T9"][0], 0.04, 0.0185)
    rig = Rig(SimulationOptions(has_noise=False, has_scatter=False), spot)
    for _ in range(1500):
        rig.step(15.0)
    heights = [rig.step(15.0).p_wc[2] for _ in range(4500)]
    assert 0.5 * np.ptp(heights) > 0.003
    rig.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_same_seed_same_truth_and_senses_bit_for_bit(seed: int) -> None:
    runs = []
    for _ in range(2):
        rig = Rig(SimulationOptions(seed=seed))
        runs.append([(rig.step(15.0), repr(rig.plant.read())) for _ in range(400)])
        rig.close()
    assert runs[0] == runs[1]
    assert runs[0][-1][0].press_n > 1.0


def test_another_seed_is_another_person() -> None:
    peaks = []
    for seed in (1, 2):
        rig = Rig(SimulationOptions(seed=seed))
        peaks.append([rig.step(15.0).depth_m for _ in range(500)][-1])
        rig.close()
    assert abs(peaks[0] - peaks[1]) > 1e-5


@pytest.mark.parametrize("friction", [0.0, 0.15])
def test_energy_of_the_tool_balances_and_is_not_made(friction: float) -> None:
    rig = Rig(replace(PERFECT, skin_friction=friction))
    free = []
    for k in range(6000):
        truth = rig.step(25.0 if (k // 500) % 2 == 0 else -6.0)
        if truth.press_n == 0.0:
            free.append(truth.net_energy_j)
            assert truth.net_energy_j >= -1e-9
    assert len(free) > 500
    assert np.all(np.diff(free) >= -1e-9)
    assert truth.net_energy_j > 0.02
    assert truth.tissue_work_j == pytest.approx(truth.net_energy_j, abs=0.3 * truth.net_energy_j + 1e-3)
    rig.close()


@pytest.mark.parametrize("name", ["slim_f", "muscular_m", "stocky_m"])
def test_a_sliding_pad_pays_more_in_friction_than_changing_stiffness_can_give(name: str) -> None:
    """The law leaves out the tangential force of a changing stiffness: it must stay below the least friction."""
    arm, _, body, skin = setting(body_name=name)
    tissue = TissueMap.from_body(body, TYPICAL_PERSON, arm.tool.only_pad("a test").radius_m)
    log_force, exponent = tissue.samples(2), tissue.samples(3)
    spacing = 1.0 / skin.inverse_spacing_per_m
    steepest = np.hypot(*np.gradient(log_force, spacing))
    depth = 0.010 * (20.0 / np.exp(log_force)) ** (1.0 / exponent)
    x = skin.x0_m + spacing * np.arange(log_force.shape[0])
    y = skin.y0_m + spacing * np.arange(log_force.shape[1])
    keep_out_of_ridge = np.abs(y) > 0.015
    rows = (x > 0.0) & (x < body.landmarks["C7"][0])
    share = (steepest * depth / (exponent + 1.0))[np.ix_(rows, keep_out_of_ridge)]
    assert share.max() < 0.15


def test_every_spot_has_a_region_and_its_limit() -> None:
    arm, _, body, _ = setting()
    tissue = TissueMap.from_body(body, TYPICAL_PERSON, arm.tool.only_pad("a test").radius_m)
    l3, t9 = body.landmarks["L3"][0], body.landmarks["T9"][0]
    assert tissue.place(l3, 0.04) == ("lumbar_paraspinal", REGION_CEILING_N[Region.LUMBAR_PARASPINAL])
    assert tissue.place(t9, 0.0)[0] == "thoracic_paraspinal"
    for x, y in ((50.0, 0.0), (-50.0, 0.0), (0.1, 40.0), (0.1, -40.0)):
        assert tissue.place(x, y) == ("other", REGION_CEILING_N[Region.OTHER])


def test_the_ridge_is_stiffer_than_the_muscle_beside_it_and_thinner() -> None:
    arm, _, body, skin = setting()
    tissue = TissueMap.from_body(body, TYPICAL_PERSON, arm.tool.only_pad("a test").radius_m)
    for level in ("L3", "T9"):
        row = round((body.landmarks[level][0] - skin.x0_m) * skin.inverse_spacing_per_m)
        middle, beside = (round((y - skin.y0_m) * skin.inverse_spacing_per_m) for y in (0.0, 0.045))
        stiffness, thickness = tissue.samples(2), tissue.samples(4)
        assert stiffness[row, middle] > stiffness[row, beside] + 0.2
        assert thickness[row, middle] < thickness[row, beside]


def test_arena_is_packed_without_gaps() -> None:
    rig = Rig(PERFECT)
    arena = rig.plant._opened()[1]
    parts = (arena.memory, arena.patient, arena.pad, arena.result, arena.energy)
    assert sum(part.size for part in parts) + 27 == MOTION
    tail = (arena.arrived, arena.wrench, arena.command, arena.torque, arena.load, arena.sensed)
    assert MOTION + sum(part.size for part in tail) == arena.told.size
    assert arena.told.size + arena.lines.size + arena.speeds.size == arena.state.size
    rig.close()


def test_power_to_the_skin_is_finite() -> None:
    rig = Rig(SimulationOptions())
    for _ in range(200):
        truth = rig.step(10.0)
    assert math.isfinite(truth.net_energy_j)
    rig.close()

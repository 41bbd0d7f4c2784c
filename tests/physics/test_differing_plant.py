"""What a plant that differs from its model does to drives, senses, place and masses."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from controller.processes.drives import TorqueWatch
from controller.robot import RobotModel
from controller.types import JointFault, Side
from sim.differences.plants import load_plant
from sim.differences.values import EXACT_PLANT, PlantDifferences
from sim.drive_side import drive_settings
from sim.faults.kinds import parse_fault
from sim.options import SimulationOptions
from sim.plant import SimPlant, build_simulation
from sim.simulated_rig import simulated_rig
from tests.gate_cases import soft_gains
from tests.sim_cases import Rig, posture, setting

QUIET: dict[str, Any] = {"has_noise": False, "is_breathing": False, "has_scatter": False}


@contextlib.contextmanager
def in_the_air(differences: PlantDifferences, name: str = "servo7", **choices: Any) -> Iterator[SimPlant]:
    """Open a plant at rest 10 cm over the back."""
    arm, placement, body, _ = setting(name)
    options = SimulationOptions(**{**QUIET, **choices}, differences=differences)
    plant = build_simulation(arm, placement, body, options)
    plant.configure()
    try:
        plant.activate(posture(name, 0.1, 0.04, 0.1)[0])
        yield plant
    finally:
        plant.deactivate()


def test_an_exact_plant_goes_the_way_of_the_model_bit_for_bit() -> None:
    named = PlantDifferences(name="named, but exact")
    rows = []
    for differences in (EXACT_PLANT, named):
        rig = Rig(SimulationOptions(seed=3, differences=differences))
        rows.append([(rig.step(10.0), rig.plant.read()) for _ in range(50)])
        rig.close()
    assert rows[0] == rows[1]


def test_every_part_of_a_differing_plant_follows_from_the_seed() -> None:
    arm, *_ = setting("servo7")
    rows = []
    for _ in range(2):
        with in_the_air(load_plant("poor", arm, 5), seed=5) as plant:
            hold = plant.given_nm()
            for _ in range(60):
                plant.advance(hold)
            rows.append((plant.true_motion(), plant.read()))
            plant.activate(plant.true_motion()[0])
    assert rows[0] == rows[1]


@pytest.mark.parametrize("elastic", [None, (14e3,)])
def test_torque_constants_scale_what_the_drives_believe_in(elastic: tuple[float, ...] | None) -> None:
    differences = PlantDifferences("x", joint_stiffness_nm_per_rad=elastic, torque_constant_scale=(0.8,))
    with in_the_air(differences, has_friction=False) as plant:
        (true, _) = plant.true_motion()
        assert plant._bullet is not None
        assert np.array(plant.given_nm()) * 0.8 == pytest.approx(plant._bullet.holding_torque(true), rel=1e-9)
        for _ in range(100):
            plant.advance(plant.given_nm())
        (later, _) = plant.true_motion()
    assert later == pytest.approx(true, abs=2e-5)


@pytest.mark.parametrize(("delay_ms", "arrives"), [(None, 2), (1.0, 2), (2.0, 3), (4.0, 5)])
def test_a_command_arrives_after_its_delay(delay_ms: float | None, arrives: int) -> None:
    differences = PlantDifferences("x", transport_delay_ms=delay_ms, friction_scale=(1.0001,))
    with in_the_air(differences) as plant:
        hold = plant.given_nm()
        wish = (hold[0] + 5.0, *hold[1:])
        given = []
        for _ in range(8):
            plant.advance(wish)
            given.append(plant.given_nm()[0] - hold[0])
        assert next(tick for tick, more in enumerate(given, 1) if more > 0.1) == arrives


def test_half_a_period_of_delay_is_half_a_command_more() -> None:
    with in_the_air(PlantDifferences("x", transport_delay_ms=1.5)) as plant:
        hold = plant.given_nm()
        for _ in range(2):
            plant.advance((hold[0] + 5.0, *hold[1:]))
        half = plant.given_nm()[0] - hold[0]
    assert half == pytest.approx(0.5 * 5.0 * -math.expm1(-0.5), rel=1e-6)


def test_encoders_at_the_motor_read_the_stretch_of_the_joints_too() -> None:
    stiffness = (14e3,) * 7
    for side in Side:
        differences = PlantDifferences("x", joint_stiffness_nm_per_rad=stiffness, encoder_side=(side,))
        with in_the_air(differences) as plant:
            stretch = np.array(plant.given_nm()) / np.array(stiffness) * (side is Side.MOTOR)
            (true, _), (drives, _) = plant.true_motion(), plant.drive_motion()
            assert np.array(drives) - np.array(true) == pytest.approx(stretch, abs=1e-12)
            assert plant.read().q_rad == drives


def test_an_arm_that_senses_torque_at_the_link_reports_what_its_springs_carry() -> None:
    differences = PlantDifferences("x", joint_stiffness_nm_per_rad=(14e3,), torque_constant_scale=(0.9,))
    with in_the_air(differences, "panda") as plant:
        true = np.array(plant.given_nm()) * 0.9
        plant.advance(plant.given_nm())
        assert plant.read().tau_nm == pytest.approx(true, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("elastic", [None, (14e3,)])
def test_brakes_hold_without_creeping(elastic: tuple[float, ...] | None) -> None:
    differences = PlantDifferences("x", joint_stiffness_nm_per_rad=elastic, friction_scale=(2.0,))
    with in_the_air(differences) as plant:
        plant.set_brakes(frozenset(range(7)))
        hold = plant.holding_nm() if elastic is None else (0.0,) * 7
        for _ in range(300):
            plant.advance(hold)
        (before, _) = plant.true_motion()
        for _ in range(1000):
            plant.advance(hold)
        (after, _) = plant.true_motion()
    assert after == pytest.approx(before, abs=1e-6)


def test_stuck_joints_rest_although_the_drives_give_a_little_too_much() -> None:
    """Friction 0.3 and 0.1 Nm: what is 0.05 Nm off moves nothing, what is 0.5 Nm off does."""
    with in_the_air(PlantDifferences("x", joint_stiffness_nm_per_rad=(14e3,), stribeck_ratio=(1.2,))) as plant:
        hold = np.array(plant.given_nm())
        moved = []
        for extra in (0.05, 0.5):
            (before, _) = plant.true_motion()
            for _ in range(400):
                plant.advance(tuple((hold + extra).tolist()))
            moved.append(np.abs(np.array(plant.true_motion()[0]) - np.array(before)).max())
    assert moved[0] < 1e-4
    assert moved[1] > 1e-2


def test_masses_differ_in_the_engine_and_not_in_the_model() -> None:
    arm, placement, *_ = setting("servo7")
    q = posture("servo7", 0.1, 0.04, 0.1)[0]
    model = RobotModel(arm, placement)
    model.update(np.array(q), np.zeros(7))
    with in_the_air(PlantDifferences("x", arm_mass_scale=(1.2,))) as plant:
        heavy = np.array(plant.given_nm())
    with in_the_air(PlantDifferences("x", tool_mass_error_kg=0.5)) as plant:
        tool = np.array(plant.given_nm()) - model.gravity
    assert abs(heavy[1]) > 1.15 * abs(model.gravity[1])
    sensor = model.tool_pose(np.array(q))[0]
    lever = math.hypot(sensor[0] - placement.position_m[0], sensor[1] - placement.position_m[1])
    assert 0.8 * 0.5 * 9.81 * lever < abs(tool[1]) < 1.2 * 0.5 * 9.81 * lever


def test_drives_that_add_gravity_add_that_of_the_file() -> None:
    with in_the_air(PlantDifferences("x", arm_mass_scale=(1.2,)), adds_gravity=True) as plant:
        start = np.array(plant.true_motion()[0])
        for _ in range(300):
            plant.advance((0.0,) * 7)
        assert np.abs(np.array(plant.true_motion()[0]) - start).max() > 0.05  # too little for its weight: it sinks


@pytest.mark.parametrize("share", [-0.1, 0.2])
def test_the_wrist_sensor_weighs_the_true_tool_through_its_gain_and_drift(share: float) -> None:
    arm, *_ = setting("servo7")
    with in_the_air(EXACT_PLANT) as plant:
        plant.advance(plant.given_nm())
        exact = np.array(plant.read().wrench_s)
    differences = PlantDifferences("x", tool_mass_error_kg=share * arm.tool.mass_kg, sensor_gain=(1.05,),
                                   sensor_drift_n_per_s=(0.0, 0.0, 50.0))  # fmt: skip
    with in_the_air(differences) as plant:
        for _ in range(3):
            plant.advance(plant.given_nm())
        found = np.array(plant.read().wrench_s)
    assert found == pytest.approx(1.05 * (1.0 + share) * exact + np.array([0, 0, 50.0 * 3e-3, 0, 0, 0]), abs=2e-3)


def test_crosstalk_mixes_axes() -> None:
    with in_the_air(EXACT_PLANT) as plant:
        exact = np.array(plant.read().wrench_s)
    with in_the_air(PlantDifferences("x", sensor_crosstalk=(0.03,))) as plant:
        found = np.array(plant.read().wrench_s)
    force = exact[:3] + 0.03 * (exact[:3].sum() - exact[:3])
    assert found[:3] == pytest.approx(force, abs=1e-9)


def test_the_base_stands_elsewhere_than_the_plan_says() -> None:
    with in_the_air(EXACT_PLANT) as plant:
        planned = plant.true_tool()[0][:3]
    with in_the_air(PlantDifferences("x", base_error_m=(0.01, -0.02, 0.005))) as plant:
        assert plant.true_tool()[0][:3] - planned == pytest.approx((0.01, -0.02, 0.005), abs=1e-9)
    _, placement, *_ = setting("servo7")
    with in_the_air(PlantDifferences("x", base_error_deg=(0.0, 0.0, 3.0))) as plant:
        turned = plant.true_tool()[0][:3]
    base, angle = np.array(placement.position_m), math.radians(3.0)
    turn = np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1.0]])
    assert turned == pytest.approx(base + turn @ (planned - base), abs=1e-9)


def test_speed_from_differenced_positions_lags_behind_by_its_filter() -> None:
    with in_the_air(PlantDifferences("x", speed_filter_hz=100.0), has_friction=False) as plant:
        hold = plant.given_nm()
        rows = []
        for _ in range(60):
            plant.advance((hold[0] + 5.0, *hold[1:]))
            rows.append((plant.read().dq_rad_s[0], plant.true_motion()[1][0], plant.t_s))
    sensed, true, _ = np.array(rows[-20:]).T
    slope = (true[-1] - true[0]) / 19e-3
    lag_s = float(np.mean(true - sensed)) / slope
    assert 1e-3 < lag_s < 2.2e-3  # 1.6 ms of a first-order filter at 100 Hz, taken at the ends of periods


@pytest.mark.parametrize(("rate_hz", "pattern"), [(500.0, "10" * 10), (800.0, "11110" * 4), (250.0, "1000" * 5)])
def test_a_slow_wrist_sensor_gives_its_samples_when_it_has_them(rate_hz: float, pattern: str) -> None:
    differences = PlantDifferences("x", sensor_rate_hz=rate_hz)
    with in_the_air(differences) as plant:
        hold, numbers, ages = plant.given_nm(), [], []
        for _ in range(20):
            numbers.append(plant.read().wrench_sequence)
            ages.append(plant.read().sensor_age_s)
            plant.advance(hold)
        rig = plant.rig
    new = "".join("1" if b > a else "0" for a, b in zip([0, *numbers], numbers, strict=False))
    assert sorted(new) == sorted(pattern)
    assert max(ages) <= rig.sensor_period_s + 1e-12
    assert rig.sensor_period_s == pytest.approx(math.ceil(1e3 / rate_hz) * 1e-3)


def test_the_lag_of_the_drives_comes_from_the_rig() -> None:
    arm, *_ = setting("servo7")
    assert simulated_rig(arm, SimulationOptions()).drive_lag_s == 0.002


@pytest.mark.parametrize("text", ["tool_mass_wrong=0.5@0.01", "joint_torque_lost=2@0.01", "encoder_jump=0.02@0.01",
                                  "actuator_lag=8@0.01", "sensor_zero@0.01", "patient_jerk@0.01"])  # fmt: skip
def test_faults_work_on_a_plant_that_differs(text: str) -> None:
    arm, *_ = setting("servo7")
    results = []
    for faults in ((), (parse_fault(text),)):
        with in_the_air(load_plant("typical", arm, 2), seed=2, faults=faults) as plant:
            for _ in range(40):
                plant.advance(plant.holding_nm())
            state = plant.read()
            results.append((state.q_rad, state.dq_rad_s, state.wrench_s, plant.given_nm(), plant._now))
    assert results[0] != results[1]
    assert np.all(np.isfinite(results[1][4]))


def test_the_drive_check_takes_a_differing_plant_for_sound() -> None:
    """It compares what the drives believe to give with what they were asked for, as drives do."""
    arm, *_ = setting("panda")
    differences = PlantDifferences("x", joint_stiffness_nm_per_rad=(8e3,), torque_constant_scale=(0.85,))
    with in_the_air(differences, "panda") as plant:
        watch, hold = TorqueWatch(drive_settings(arm, plant.rig, soft_gains(7))), np.array(plant.given_nm())
        for tick in range(120):
            wish = tuple((hold + 3.0 * math.sin(0.1 * tick)).tolist())
            watch.look(1e-3 * tick, plant.given_nm(), is_enabled=True)
            watch.expect(wish)
            plant.advance(wish)
        assert watch.faults == (JointFault.NONE.value,) * 7


def test_a_drive_behind_a_closed_brake_does_not_wind_up_until_the_brake_slips() -> None:
    """The torque at the link is not what the drive was asked for while the brake holds it, for as long as it does."""
    differences = PlantDifferences("x", joint_stiffness_nm_per_rad=(12e3,))
    with in_the_air(differences, "panda") as plant:
        (before, _) = plant.true_motion()
        plant.set_brakes(frozenset(range(7)))
        for _ in range(5000):
            plant.advance((0.0,) * 7)
        (after, _) = plant.true_motion()
    assert np.abs(np.array(after) - np.array(before)).max() < 0.01

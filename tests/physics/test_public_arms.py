"""Arms that others published: read by both models alike, and what ``check`` says of them ``run`` holds."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pybullet
import pytest

from controller.arm import Placement
from controller.robot import RobotModel
from sim.bullet.arm import BulletArm
from tests.motor_rings import free_motor_mass_matrix, ring_mass_matrix
from tests.plan_cases import BASE_PROGRAM
from tests.public_arms import PUBLIC_ARMS, grafted
from urdf.arms import load_arm
from workbench import cli

AT_ORIGIN = Placement((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
NOTES = {
    "panda": ["friction is 0 or missing"],
    "iiwa": ["effort is a placeholder", "friction is 0 or missing"],
    "xarm6": ["link 'link2': principal inertias", "link 'link3': principal inertias"],
    "ur5": ["friction is 0 or missing"],
    "kinova": ["continuous joints", "friction is 0 or missing"],
    "xarm7": [],
}
BODIES = ("median_f", "tall_m", "stocky_f")
FAULTS_S = (2.0, 6.0, 9.0, 12.0, 15.0)


@pytest.mark.parametrize("name", PUBLIC_ARMS)
def test_both_models_read_the_same_arm(name: str, tmp_path: Path) -> None:
    arm = load_arm(grafted(name, tmp_path))
    assert [note[: len(start)] for note, start in zip(arm.notes, NOTES[name], strict=True)] == NOTES[name]
    robot, bullet = RobotModel(arm, AT_ORIGIN), BulletArm(arm, AT_ORIGIN, 1e-3)
    random = np.random.default_rng(1)
    for _ in range(5):
        q = random.uniform(robot.lower, robot.upper)
        robot.update(q, np.zeros_like(q))
        bullet.reset(tuple(q.tolist()))
        masses = pybullet.calculateMassMatrix(bullet._body, q.tolist(), physicsClientId=bullet._world)
        rings, free = (matrix(arm, AT_ORIGIN, q) for matrix in (ring_mass_matrix, free_motor_mass_matrix))
        np.testing.assert_allclose(masses, rings, atol=1e-6 * float(rings.max()))
        np.testing.assert_allclose(robot.mass, free, atol=1e-9 * float(free.max()))
        np.testing.assert_allclose(bullet.holding_torque(tuple(q.tolist())), robot.gravity, atol=1e-4)
        np.testing.assert_allclose(bullet.tool_pose()[0], robot.position, atol=1e-6)
    bullet.close()


def session(command: str, arm: str, body: str, program: Path, *more: str) -> list[str]:
    return [command, "--arm", arm, "--body", body, "--program", str(program), *more]


@pytest.mark.campaign
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("name", PUBLIC_ARMS)
def test_what_check_accepts_runs_and_keeps_every_limit(
    name: str, body: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arm, program = grafted(name, tmp_path), tmp_path / "short.yaml"
    program.write_text(BASE_PROGRAM)
    more: list[str] = []
    code = cli.main(session("check", arm, body, program))
    advice = re.search(r"--base=\S+", capsys.readouterr().err)
    if code == 3 and advice is not None:
        more = [advice[0]]
        code = cli.main(session("check", arm, body, program, *more))
        assert code == 0, "an advised place is accepted"
    for number, faults in enumerate([[], *(["--fault", f"sensor_unplugged@{t:g}"] for t in FAULTS_S)]):
        out = ["--out", str(tmp_path / f"run{number}"), "--json"]
        capsys.readouterr()
        done = cli.main(session("run", arm, body, program, *more, *faults, *out))
        if code != 0:
            assert done == code
            return
        summary = json.loads(capsys.readouterr().out)
        assert summary["over_limit_samples"] == 0, summary["stop"]
        assert summary["peak_force_n"] <= summary["worst_case_bound_n"]
        assert done == (4 if faults else 0), summary["stop"]

"""What files from elsewhere hold and the physics do not need: meshes that are not here, a base without mass."""

from pathlib import Path

import numpy as np
import pytest

from controller.arm import Placement
from controller.errors import ModelError
from sim.bullet.arm import BulletArm
from sim.bullet.robot_file import links_of_file
from urdf.arms import load_arm

PLACEMENT = Placement((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
MESH = '<geometry><mesh filename="package://some_description/meshes/link1.dae"/></geometry>'
SHAPES = f"<visual>{MESH}</visual><collision>{MESH}</collision>"


def changed(folder: Path, old: str, new: str) -> Path:
    text = load_arm("panda").urdf_path.read_text()
    assert text.count(old) == 1
    path = folder / "own.urdf"
    path.write_text(text.replace(old, new))
    return path


def test_missing_meshes_change_nothing(tmp_path: Path) -> None:
    path = changed(tmp_path, '<link name="panda_link1">', f'<link name="panda_link1">{SHAPES}')
    arm = load_arm(str(path))
    for found, expected in zip(links_of_file(arm), links_of_file(load_arm("panda")), strict=True):
        assert (found.name, found.joint, found.mass_kg) == (expected.name, expected.joint, expected.mass_kg)
        for ours, theirs in (
            (found.position_m, expected.position_m),
            (found.com_m, expected.com_m),
            (found.inertia_kg_m2, expected.inertia_kg_m2),
        ):
            np.testing.assert_array_equal(ours, theirs)
    bullet = BulletArm(arm, PLACEMENT, 1e-3)
    picture = bullet.picture((1.3, -1.3, 0.8), (0.0, 0.0, 0.3), 80, 60)
    assert picture.rgb.std() > 5.0, "the other shapes are drawn"
    bullet.close()


def test_a_base_without_mass_is_accepted_and_a_moving_link_without_mass_is_not(tmp_path: Path) -> None:
    text = load_arm("panda").urdf_path.read_text()
    masses = [part.partition('"')[0] for part in text.split('<mass value="')[1:]]
    base = changed(tmp_path, f'<mass value="{masses[0]}"/>', '<mass value="0"/>')
    assert load_arm(str(base)).tool == load_arm("panda").tool
    BulletArm(load_arm(str(base)), PLACEMENT, 1e-3).close()
    moving = changed(tmp_path, f'<mass value="{masses[1]}"/>', '<mass value="0"/>')
    with pytest.raises(ModelError, match="'panda_link1': got mass 0 kg"):
        load_arm(str(moving))
    negative = changed(tmp_path, f'<mass value="{masses[0]}"/>', '<mass value="-1"/>')
    with pytest.raises(ModelError, match="got mass -1 kg"):
        load_arm(str(negative))

"""The arm at work on a body: skin, couch, arm and the planned strokes, as one mesh and as a picture."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pinocchio as pin
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from controller.arm import Placement
from controller.robot import RobotModel
from trajectories.anatomy.body import Body
from trajectories.anatomy.skin import Skin
from trajectories.plan import Plan
from urdf.document import COLORS
from urdf.table import HEIGHT_M, table_boxes
from urdf.visuals import visual_primitives
from workbench.figures.body_mesh import COUCH_M, body_mesh
from workbench.figures.mesh import Mesh, box_mesh, cylinder_mesh, joined, primitive_mesh, tube_mesh
from workbench.figures.raster import Camera, render
from workbench.figures.style import INK

Array = NDArray[np.float64]

DPI = 110
FORCE_COLORS = ListedColormap(mpl.colormaps["YlGnBu"](np.linspace(0.3, 0.95, 128)), "press")
"""Light to dark: more force is darker, and all of it differs from skin."""
WHITE = np.ones(3)
LAMP = np.array([0.36, 0.34, 0.87])
_COUCH_MIDDLE_M = -0.12
"""x of the couch's middle: the head of the person would lie on its end."""
_STROKE_STEP_S = 0.02
_STROKE_RADIUS_M = 0.0022
_STROKE_SPACING_M = 0.0008
_SIZE_INCH = (10.91, 7.2)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is drawn.

    Attributes:
        body: whom.
        skin: the skin that was planned on.
        robot: the arm at its place.
        plan: the plan.
        t_s: plan time of the picture.
    """

    body: Body
    skin: Skin
    robot: RobotModel
    plan: Plan
    t_s: float

    @property
    def posture_rad(self) -> Array:
        """Planned joint positions at the time of the picture, (n,)."""
        return np.array(self.plan.at(self.t_s).posture_rad)


def base_pose(placement: Placement) -> pin.SE3:
    """Return X_WB."""
    x, y, z, w = placement.quaternion_xyzw
    return pin.SE3(pin.Quaternion(w, x, y, z), np.array(placement.position_m))


def link_pose(robot: RobotModel, q: Array, link: str) -> pin.SE3:
    """Return the pose of a link's frame in W at joint positions (n,)."""
    pin.framesForwardKinematics(robot.model, robot.data, q)
    index = robot.model.getFrameId(link)
    pose = robot.data.oMf[index]
    return base_pose(robot.placement) * pose if robot.model.frames[index].parentJoint == 0 else pose


def arm_mesh(robot: RobotModel, q: Array) -> Mesh:
    """Return the primitives of the arm's URDF at joint positions (n,)."""
    parts = []
    for primitive in visual_primitives(robot.arm.urdf_path):
        pose = link_pose(robot, q, primitive.link)
        parts.append(primitive_mesh(primitive).moved(np.array(pose.rotation), np.array(pose.translation)))
    return joined(parts)


def couch_mesh(base_m: Array) -> Mesh:
    """Return couch and the post that carries the arm's base at ``base_m`` (3,)."""
    down = np.array([_COUCH_MIDDLE_M, 0.0, COUCH_M - HEIGHT_M])
    boxes = [
        box_mesh(np.array(box.size_m), np.array(COLORS[box.color][:3])).moved(np.eye(3), np.array(box.center_m) + down)
        for box in table_boxes()
    ]
    height = float(base_m[2] - down[2])
    post = cylinder_mesh(0.05, height, np.array(COLORS["shell"][:3]))
    return joined([*boxes, post.moved(np.eye(3), base_m - [0.0, 0.0, height / 2.0])])


def stroke_meshes(scene: Scene) -> list[Mesh]:
    """Return the planned contact feet of every stroke as tubes coloured by the planned press force."""
    top = max(segment.force_target_n for segment in scene.plan.segments)
    tubes = []
    for segment in scene.plan.segments:
        references = [scene.plan.at(t) for t in np.arange(segment.start_s, segment.end_s, _STROKE_STEP_S)]
        feet = scene.skin.foot(np.array([reference.position_m for reference in references]))
        force = np.array([sum(pad.press_n for pad in reference.pads) for reference in references])
        kept = [0]
        for index in range(1, len(feet)):
            if np.linalg.norm(feet[index] - feet[kept[-1]]) >= _STROKE_SPACING_M:
                kept.append(index)
        colors = FORCE_COLORS(force[kept] / top)[:, :3]
        tubes.append(tube_mesh(feet[kept], _STROKE_RADIUS_M, colors))
    return tubes


def scene_mesh(scene: Scene) -> Mesh:
    """Return everything but the strokes as one mesh in W."""
    base = np.array(scene.robot.placement.position_m)
    return joined([body_mesh(scene.body), couch_mesh(base), arm_mesh(scene.robot, scene.posture_rad)])


def show_render(axes: Axes, mesh: Mesh, camera: Camera) -> None:
    """Put the rendered mesh into axes whose data coordinates are then pixels of the camera."""
    image = render(mesh, camera, LAMP / np.linalg.norm(LAMP), WHITE)
    axes.imshow(image, extent=(0.0, camera.width, camera.height, 0.0), interpolation="none")
    axes.set(xlim=(0.0, camera.width), ylim=(camera.height, 0.0))
    axes.set_axis_off()


def draw_scene(scene: Scene, dpi: int = DPI) -> Figure:
    """Return the picture of the arm at work with the planned strokes and the scale of their force.

    Args:
        scene: what is drawn.
        dpi: pixels an inch of the rendered part; save the figure with the same.
    """
    width, height = (round(dpi * inch) for inch in _SIZE_INCH)
    camera = Camera(np.array([1.55, 1.65, 1.5]), np.array([0.10, -0.09, 0.215]), np.array([0, 0, 1.0]), width, height,
                    1.58 * width)  # fmt: skip
    figure = Figure(figsize=_SIZE_INCH, dpi=dpi)
    show_render(figure.add_axes((0.0, 0.0, 1.0, 1.0)), joined([scene_mesh(scene), *stroke_meshes(scene)]), camera)
    top = max(segment.force_target_n for segment in scene.plan.segments)
    bar = figure.add_axes((0.70, 0.925, 0.26, 0.024))
    figure.colorbar(ScalarMappable(Normalize(0.0, top), FORCE_COLORS), cax=bar, orientation="horizontal")
    bar.set_xlabel("planned press force [N]", color=INK, fontsize=11)
    bar.tick_params(colors=INK, labelsize=10)
    return figure

"""Arms that others published, with this project's sensor and tool put on: three from PyBullet's data, three kept here.

They are read as they were published: continuous joints, a world link, bases and frames without mass, friction of zero,
efforts of 300 Nm at a wrist, inertias that no body has, meshes that are not here, fingers that slide.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pybullet_data

from urdf.document import write_urdf
from urdf.tool import tool_joints, tool_links

_OURS = Path(__file__).parent / "data" / "public_arms"
_THEIRS = Path(pybullet_data.getDataPath())
PUBLIC_ARMS = {
    "panda": _THEIRS / "franka_panda" / "panda.urdf",
    "iiwa": _THEIRS / "kuka_iiwa" / "model.urdf",
    "xarm6": _THEIRS / "xarm" / "xarm6_robot.urdf",
    "ur5": _OURS / "ur5.urdf",
    "kinova": _OURS / "kinova.urdf",
    "xarm7": _OURS / "xarm7.urdf",
}
"""Files by the names that the tests give them."""
_MOVING = ("revolute", "continuous")
_ORIGIN = (0.0, 0.0, 0.0)


def grafted(name: str, folder: Path) -> str:
    """Return the path of a public arm with sensor and tool on its last moving link, and without its gripper."""
    root = ElementTree.parse(PUBLIC_ARMS[name]).getroot()  # noqa: S314
    joints = [joint for joint in root.findall("joint") if joint.find("parent") is not None]
    above = {_end(joint, "child"): joint for joint in joints}
    chains = [_up(str(link.get("name")), above) for link in root.findall("link")]
    chain = max(chains, key=lambda one: (sum(joint.get("type") in _MOVING for joint in one), -len(one)))
    tip = _end(chain[0], "child")
    kept = {tip} | {_end(joint, "parent") for joint in chain}
    for element in [*root.findall("link"), *root.findall("joint")]:
        is_kept = element in chain if element.tag == "joint" else element.get("name") in kept
        if not is_kept:
            root.remove(element)
    tool = ElementTree.fromstring(  # noqa: S314
        write_urdf("tool", "made for a test", tool_links(), tool_joints(tip, _ORIGIN, _ORIGIN))
    )
    root.extend(element for element in tool if element.tag in ("link", "joint"))
    path = folder / f"{name}.urdf"
    path.write_text(ElementTree.tostring(root, encoding="unicode"), encoding="utf-8")
    return str(path)


def _up(link: str, above: dict[str, ElementTree.Element]) -> list[ElementTree.Element]:
    """Return the joints from a link to the base."""
    found = []
    while link in above and above[link] not in found:
        found.append(above[link])
        link = _end(above[link], "parent")
    return found


def _end(joint: ElementTree.Element, tag: str) -> str:
    element = joint.find(tag)
    return "" if element is None else str(element.get("link"))

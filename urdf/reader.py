"""A URDF file as checked data: links with mass, joints with limits, every number finite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from controller.errors import ModelError
from urdf.attributes import required_text
from urdf.geometry import Inertial
from urdf.inertias import read_inertia
from urdf.joints import FileJoint, read_joint
from urdf.markup import Element, read_markup


@dataclass(frozen=True, slots=True)
class FileLink:
    """One link of a file: name, mass properties if it has any, and its element for shapes."""

    name: str
    inertial: Inertial | None
    element: Element


@dataclass(frozen=True, slots=True)
class RobotFile:
    """A robot as its file describes it.

    Attributes:
        path: the file.
        name: name of the robot.
        links: its links, in the order of the file.
        joints: its joints, in the order of the file.
        root: the whole file.
        notes: what was read otherwise than it stands in the file, one sentence each.
    """

    path: Path
    name: str
    links: tuple[FileLink, ...]
    joints: tuple[FileJoint, ...]
    root: Element
    notes: tuple[str, ...]

    def link(self, name: str) -> FileLink | None:
        """Return the link of that name."""
        return next((link for link in self.links if link.name == name), None)

    def joint_above(self, link: str) -> FileJoint | None:
        """Return the joint whose child is ``link``; None for the root."""
        return next((joint for joint in self.joints if joint.joint.child == link), None)

    def moves(self, link: str) -> bool:
        """Return whether a joint between the base and ``link`` moves."""
        return not _still_links(self.joints)(link)


def read_robot(path: Path) -> RobotFile:
    """Return the checked content of a URDF file.

    Raises:
        ModelError: unreadable or malformed file, xacro, a joint that slides, missing limits, impossible numbers.
    """
    root = read_markup(path)
    if root.tag != "robot":
        raise ModelError(str(path), f"root element <{root.tag}>", "a <robot> element")
    _refuse_xacro(path, root)
    joints = tuple(read_joint(path, element) for element in root.all("joint"))
    still, links, notes = _still_links(joints), [], []
    for element in root.all("link"):
        name = required_text(path, element, "name")
        found = read_inertia(path, name, element.first("inertial"), is_still=still(name))
        links.append(FileLink(name, found.inertial, element))
        notes += [f"link {name!r}: {found.note}"] if found.note else []
    _refuse_twice(path, links, joints)
    _refuse_lost(path, links, joints)
    notes += _endless(joints)
    return RobotFile(path, required_text(path, root, "name"), tuple(links), joints, root, tuple(notes))


def _refuse_twice(path: Path, links: list[FileLink], joints: tuple[FileJoint, ...]) -> None:
    for kind, names in (
        ("link name", [link.name for link in links]),
        ("joint name", [j.joint.name for j in joints]),
        ("child link", [j.joint.child for j in joints]),
    ):
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ModelError(str(path), f"{kind} {twice[0]!r} twice", "each once")


def _refuse_lost(path: Path, links: list[FileLink], joints: tuple[FileJoint, ...]) -> None:
    known = {link.name for link in links}
    for joint in (j.joint for j in joints):
        lost = [end for end in (joint.parent, joint.child) if end not in known]
        if lost:
            raise ModelError(f"{path} joint {joint.name!r}", f"unknown link {lost[0]!r}", "a link of the file")


def _refuse_xacro(path: Path, root: Element) -> None:
    """Refuse what the macro language xacro would still have to replace."""
    for element in _all(root):
        values = [f'{key}="{value}"' for key, value in element.attributes.items() if "${" in value or "$(" in value]
        if element.tag.startswith("xacro:") or values:
            got = values[0] if values else f"<{element.tag}>"
            raise ModelError(
                f"{path} line {element.line}", f"xacro ({got})", "plain URDF",
                f"run `xacro {path.name} -o arm.urdf` and give the result",
            )  # fmt: skip


def _all(element: Element) -> Iterator[Element]:
    waiting = [element]
    while waiting:
        element = waiting.pop()
        yield element
        waiting += reversed(element.children)


def _endless(joints: tuple[FileJoint, ...]) -> list[str]:
    names = [joint.joint.name for joint in joints if joint.is_continuous]
    return [f"continuous joints, turned from -360 to +360 deg at most: {', '.join(names)}"] if names else []


def _still_links(joints: tuple[FileJoint, ...]) -> Callable[[str], bool]:
    """Return a test of a link's name: whether no joint between it and the base moves."""
    above = {joint.joint.child: joint.joint for joint in joints}

    def is_still(name: str) -> bool:
        seen: set[str] = set()
        while name in above and name not in seen:
            seen.add(name)
            if above[name].motion is not None:
                return False
            name = above[name].parent
        return True

    return is_still

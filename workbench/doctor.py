"""What is wrong with this installation: one line a check, what it found and what to do."""

from __future__ import annotations

import argparse
import enum
import importlib
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import orjson
from packaging.requirements import Requirement

from controller.errors import ConfigError
from controller.kernel_cache import cache_folder

DISTRIBUTION = "massage-arm"
PACKAGES = ("controller", "trajectories", "sim", "hardware", "workbench", "urdf", "massage_arm")
MODULES = {
    "pillow": "PIL",
    "pin": "pinocchio",
    "pyserial": "serial",
    "python-can": "can",
    "pyyaml": "yaml",
    "scikit-fem": "skfem",
}
"""Import names that differ from the name of the package, in lower case."""
CRASHING = ("pybullet",)
"""Packages that are only imported in a process of their own: they may crash, and print a banner on stdout."""
NEEDED_DISK_BYTES = 500_000_000
"""A default session takes about a tenth of this."""
SHARED_MEMORY, NEEDED_SHARED_BYTES = Path("/dev/shm"), 1_000_000  # noqa: S108  processes meet there
"""Where processes share senses and commands, and more room than they take."""
BULLET_TIME_S = 60.0


class Level(enum.StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check.

    Attributes:
        name: what was checked.
        level: how bad it is.
        found: what was found.
        todo: what to do, empty where all is well.
    """

    name: str
    level: Level
    found: str
    todo: str = ""


def main(arguments: argparse.Namespace) -> int:
    """Print every finding, or measure the real time of this host; return 0, or 2 where something fails."""
    if arguments.realtime:
        return realtime_command()(arguments)
    refuse_realtime_options(arguments)
    findings = tuple(examine())
    if arguments.json:
        rows = [asdict(finding) for finding in findings]
        sys.stdout.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode())
    else:
        print("\n".join(finding_line(finding) for finding in findings))
    return 2 if any(finding.level is Level.FAIL for finding in findings) else 0


def realtime_command() -> Callable[[argparse.Namespace], int]:
    """Return the command that measures: it loads the whole controller, which may be what is wrong here."""
    command: Callable[[argparse.Namespace], int] = importlib.import_module("workbench.commands.doctor_realtime").main
    return command


def refuse_realtime_options(arguments: argparse.Namespace) -> None:
    """Refuse options that measure nothing without --realtime. Raises ConfigError."""
    given = [f"--{name}" for name in ("seconds", "rate", "ordinary") if getattr(arguments, name)]
    if given:
        raise ConfigError("doctor", f"{given[0]} without --realtime", f"--realtime {given[0]}", "see doctor --help")


def finding_line(finding: Finding) -> str:
    """Return a finding as one line of text."""
    text = f"{finding.level.value:<5} {finding.name:<22} {finding.found}"
    return f"{text}; {finding.todo}" if finding.todo else text


def examine() -> Iterator[Finding]:
    """Yield the findings of all checks; a check that breaks is itself a finding."""
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _python,
        _packages,
        _dependencies,
        _bullet,
        _compiler_cache,
        _names,
        _disk,
        _shared_memory,
        _threads,
    )
    for check in checks:
        try:
            yield from check()
        except Exception as error:
            name = check.__name__.strip("_").replace("_", " ")
            yield Finding(name, Level.FAIL, f"{type(error).__name__}: {error}", "run `make setup` again")


def _python() -> Iterator[Finding]:
    version = sys.version.partition(" ")[0]
    if sys.version_info[:2] == (3, 11):
        yield Finding("python", Level.OK, version)
    else:
        yield Finding("python", Level.FAIL, version, "use Python 3.11: PyBullet has no wheels for newer ones")


def _packages() -> Iterator[Finding]:
    """Names such as ``controller`` and ``sim`` are taken by other robot software too: whose are they here?"""
    home = Path(__file__).resolve().parent.parent
    for name in PACKAGES:
        module = importlib.import_module(name)
        place = Path(module.__file__ or "nowhere").resolve().parent.parent
        if place == home:
            yield Finding(f"package {name}", Level.OK, str(place))
        else:
            yield Finding(
                f"package {name}", Level.FAIL, f"{place} instead of {home}",
                "another package of this name is in the way: use a virtual environment of its own",
            )  # fmt: skip


def _dependencies() -> Iterator[Finding]:
    for text in metadata.requires(DISTRIBUTION) or ():
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        yield _dependency(requirement)


def _dependency(requirement: Requirement) -> Finding:
    name = requirement.name
    try:
        version = metadata.version(name)
        if name not in CRASHING:
            importlib.import_module(MODULES.get(name.lower(), re.sub(r"[-.]", "_", name)))
    except (metadata.PackageNotFoundError, ImportError, OSError) as error:
        return Finding(name, Level.FAIL, f"cannot be imported ({error})", f"pip install '{requirement}'")
    if not requirement.specifier.contains(version, prereleases=True):
        return Finding(name, Level.FAIL, f"{version}, wanted {requirement.specifier}", f"pip install '{requirement}'")
    return Finding(name, Level.OK, version)


def _bullet() -> Iterator[Finding]:
    """Step in a process of its own: a broken PyBullet crashes instead of raising."""
    child = multiprocessing.get_context("spawn").Process(target=step_bullet)
    child.start()
    child.join(BULLET_TIME_S)
    if child.exitcode == 0:
        yield Finding("pybullet step", Level.OK, "a free body falls")
        return
    found = f"no answer in {BULLET_TIME_S:.0f} s" if child.exitcode is None else f"exit code {child.exitcode}"
    child.kill()
    yield Finding("pybullet step", Level.FAIL, found, "reinstall pybullet")


def step_bullet() -> None:
    """Let a free body fall for one step, silently; exit with 1 where it does not fall."""
    for stream in (sys.stdout, sys.stderr):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    bullet = importlib.import_module("pybullet")
    bullet.connect(bullet.DIRECT)
    body = bullet.createMultiBody(1.0)
    bullet.setGravity(0.0, 0.0, -9.81)
    bullet.stepSimulation()
    sys.exit(0 if bullet.getBaseVelocity(body)[0][2] < 0.0 else 1)


def _compiler_cache() -> Iterator[Finding]:
    """Where compiled kernels are kept."""
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or cache_folder())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        yield Finding("numba cache", Level.OK, f"{folder} can be written")
    except OSError as error:
        yield Finding(
            "numba cache", Level.WARN, f"{folder}: {error.strerror}",
            "set NUMBA_CACHE_DIR to a folder that can be written, or every start compiles anew",
        )  # fmt: skip


def _names() -> Iterator[Finding]:
    from_modules = (
        ("bodies", "trajectories.anatomy.body", "body_names"),
        ("arms", "urdf.arms", "arm_names"),
        ("programs", "trajectories.programs.loader", "program_names"),
    )
    for kind, module, function in from_modules:
        names = getattr(importlib.import_module(module), function)()
        if names:
            yield Finding(kind, Level.OK, ", ".join(names))
        else:
            yield Finding(kind, Level.FAIL, "none found", "the installation is incomplete: install it again")


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(Path.cwd()).free
    text = f"{free / 1e9:.1f} GB free here"
    if free >= NEEDED_DISK_BYTES:
        yield Finding("disk", Level.OK, text)
    else:
        yield Finding("disk", Level.WARN, text, "free at least 0.5 GB, or choose --out on another disk")


def _shared_memory() -> Iterator[Finding]:
    name, need = "shared memory", "drills and hardware need it"
    try:
        free = shutil.disk_usage(SHARED_MEMORY).free
        text = f"{free / 1e6:.1f} MB free in {SHARED_MEMORY}"
        if free < NEEDED_SHARED_BYTES:
            yield Finding(name, Level.FAIL, text, f"free 1 MB of {SHARED_MEMORY}: {need}")
            return
        with tempfile.TemporaryFile(dir=SHARED_MEMORY):
            pass
    except OSError as error:
        todo = f"make it a file system in memory that this user may write: {need}"
        yield Finding(name, Level.FAIL, f"{SHARED_MEMORY}: {error.strerror or error}", todo)
        return
    yield Finding(name, Level.OK, text)


def _threads() -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0))
    if cores >= 2:
        yield Finding("cores", Level.OK, str(cores))
    else:
        yield Finding("cores", Level.WARN, str(cores), "the record is compressed on a second core: expect less speed")
    threads = os.environ.get("OPENBLAS_NUM_THREADS")
    if threads == "1":
        yield Finding("OPENBLAS_NUM_THREADS", Level.OK, "1")
    else:
        yield Finding(
            "OPENBLAS_NUM_THREADS", Level.WARN, threads or "not set",
            "set it to 1: matrices of 7 x 7 lose time in threads",
        )  # fmt: skip

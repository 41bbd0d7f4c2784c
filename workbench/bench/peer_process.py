"""Peers of the bench: environments of their own, set up once, and a process for each that times its own calls."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from controller.errors import ConfigError
from workbench.bench.timing import Times

SCRIPTS = Path(__file__).parent / "peers"
_OWN = ("PYTHON", "NUMBA")
"""Variables that begin so are for this program; others would look in it for packages."""
_THREADS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Peer:
    """A controller, or an engine, of other people.

    Attributes:
        name: what its calls are named in the table.
        packages: what it needs, pinned; peers with the same packages share an environment.
        script: file in ``SCRIPTS``.
        what: first argument of the script; empty for none.
    """

    name: str
    packages: tuple[str, ...]
    script: str
    what: str = ""


_ROBOSUITE = ("robosuite==1.5.1", "mujoco==3.3.0", "numpy==2.4.6")
_MINK = ("mink==1.3.0", "mujoco==4.0.0", "daqp==0.11.0", "numpy==2.4.6")
OSC = Peer("robosuite 1.5.1 OSC", _ROBOSUITE, "robosuite_osc.py")
IK = Peer("mink 1.3.0 solve_ik (daqp)", _MINK, "mujoco_arm.py", "ik")
MUJOCO = Peer("bare MuJoCo step", _MINK, "mujoco_arm.py", "step")
PEERS = (OSC, IK, MUJOCO)


def environments_folder() -> Path:
    """Return the folder of the peers' environments, in the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "massage-arm" / "peers"


def environment(packages: Sequence[str]) -> Path:
    """Return the Python of an environment with these packages; it is made where there is none yet.

    Raises:
        ConfigError: it cannot be made.
    """
    digest = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    folder = environments_folder() / digest
    python, mark = folder / "bin" / "python", folder / "complete"
    if mark.exists():
        return python
    print(f"massage-arm: setting up {', '.join(packages)} in {folder} (once)", file=sys.stderr)
    try:
        venv.create(folder, clear=True, with_pip=True)
        install = [str(python), "-m", "pip", "install", "-q", *packages]
        subprocess.run(install, check=True, capture_output=True, text=True)  # noqa: S603  packages pinned above
    except (OSError, subprocess.CalledProcessError) as error:
        lines = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        todo = "look at the network, or call bench with --no-peers"
        raise ConfigError(
            "environment of the peers", lines[-1][:200], "packages that can be installed", todo
        ) from error
    mark.touch()
    return python


def _environ() -> dict[str, str]:
    """Return the variables that a peer is started with."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OWN)} | _THREADS


class PeerProcess:
    """A running peer.

    Args:
        peer: which one.
        arguments: arguments of its script behind ``peer.what``.
    """

    def __init__(self, peer: Peer, arguments: Sequence[str]) -> None:
        self._name, self._said = peer.name, ""
        words = [peer.what, *arguments] if peer.what else []
        self._words = tempfile.TemporaryFile("w+")  # noqa: SIM115  as long as the process
        command = [str(environment(peer.packages)), str(SCRIPTS / peer.script), *words]
        self._process = subprocess.Popen(  # noqa: S603  a script of ours
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._words, text=True,
            env=_environ(), cwd=SCRIPTS,
        )  # fmt: skip
        # A package may say something of its own before it is ready.
        while (line := self._line()) and line.strip() != "ready":
            pass
        if not line:
            raise self._failed()

    def block(self, count: int) -> dict[str, Times]:
        """Let it time so many calls.

        Raises:
            ConfigError: it has ended.
        """
        try:
            print(count, file=self._process.stdin, flush=True)
            return {self._name: np.array(json.loads(self._line()), dtype=np.int64)}
        except (OSError, ValueError) as error:
            raise self._failed() from error

    def close(self) -> None:
        """End it; what it has said last is kept."""
        if self._words.closed:
            return
        self._process.kill()
        self._process.communicate()
        self._words.seek(0)
        self._said = (self._words.read().strip().splitlines() or ["nothing said"])[-1]
        self._words.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()

    def _failed(self) -> ConfigError:
        """End it, and return why it does not serve, with the last that it said."""
        self.close()
        return ConfigError(
            self._name, f"an end ({self._said[:200]})", "a peer that answers", "call bench with --no-peers"
        )

    def _line(self) -> str:
        return self._process.stdout.readline() if self._process.stdout is not None else ""

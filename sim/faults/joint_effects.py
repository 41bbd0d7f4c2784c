"""What faults do at the joints: speeds that are sensed wrong, and torques that the drives do not know of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.faults.kinds import Fault

Array = NDArray[np.float64]

GROWTH_S = 2.0
"""Time in which an error torque grows to its full size."""
SPEED_SIGNAL = frozenset({"speed_zero", "speed_frozen", "speed_flipped", "speed_scaled"})
UNKNOWN_TORQUE = frozenset({"torque_growing", "torque_constant"})


class SpeedFaults:
    """Wrong speed signals of the joints, kept for as long as the run.

    Args:
        joints: number of joints n.
    """

    def __init__(self, joints: int) -> None:
        self._joints = joints
        self._frozen: dict[Fault, list[float]] = {}

    def distort(self, fault: Fault, sensed: list[float]) -> None:
        """Change the speeds [rad/s] in ``sensed``, which holds n positions and then n speeds."""
        n = self._joints
        if fault.name == "speed_frozen" and fault not in self._frozen:
            self._frozen[fault] = sensed[n : 2 * n]
        for joint in fault.joints(n):
            match fault.name:
                case "speed_zero":
                    sensed[n + joint] = 0.0
                case "speed_frozen":
                    sensed[n + joint] = self._frozen[fault][joint]
                case "speed_flipped":
                    sensed[n + joint] = -sensed[n + joint]
                case _:
                    sensed[n + joint] *= fault.value


class TorqueFaults:
    """Torques that act on the links beside what the drives give, and that neither drives nor torque sensors see.

    Args:
        joints: number of joints n.
    """

    def __init__(self, joints: int) -> None:
        self._joints = joints
        self._active: list[tuple[float, Fault]] = []
        self.braked: frozenset[int] = frozenset()
        """Joints (from 0) whose brakes are closed: their drives give nothing, so nothing is wrong with it."""

    def begin(self, fault: Fault, t_s: float) -> None:
        """Let an error of the torque begin at a time [s]."""
        self._active.append((t_s, fault))

    def add(self, given_nm: Array, load_nm: Array, t_s: float) -> None:
        """Add to the joints' load what is wrong with their drives.

        Args:
            given_nm: (n,) torque that the drives believe they give.
            load_nm: (n,) torque on the links in the next physics step, changed.
            t_s: time [s].
        """
        for began_s, fault in self._active:
            for joint in fault.joints(self._joints):
                if joint in self.braked:
                    continue
                if fault.name == "torque_growing":
                    load_nm[joint] += fault.value * min(1.0, (t_s - began_s) / GROWTH_S)
                else:
                    load_nm[joint] += (fault.value - 1.0) * given_nm[joint]

"""The rig that a simulation stands for, as values."""

from __future__ import annotations

import hashlib
import math

from controller.arm import ArmDescription
from controller.errors import PlantError
from controller.rig import Identity, Rig
from controller.types import JointSenses
from sim.options import SimulationOptions
from sim.period.drive_lag import LAG_S

TICK_ROUNDING = 1e-9
SENSES = JointSenses(has_temperatures=False, has_voltages=False, has_ages=False, has_faults=True)
"""The simulated drives report faults only."""


def simulated_rig(arm: ArmDescription, options: SimulationOptions) -> Rig:
    """Return what a simulated arm is: its command acts in the next period, its sample is one sensor period old.

    Args:
        arm: the arm and its tool.
        options: choices of the simulation.

    Raises:
        PlantError: the arm's file cannot be read.
    """
    joints = len(arm.joint_names)
    period = math.ceil(options.sensor_period_ticks - TICK_ROUNDING)  # samples come with whole ticks
    sensor_ticks = period * (1 + options.extra_delay_samples)
    return Rig(
        name=arm.name,
        joints=joints,
        dt_s=options.dt_s,
        loop_lag_s=options.dt_s * (1 + sensor_ticks),
        drive_lag_s=LAG_S,
        sensor_period_s=options.dt_s * period,
        sensor_noise_n=options.quality.force_noise_n,
        adds_gravity=options.adds_gravity,
        braked_joints=frozenset(range(joints)) - options.brakeless_joints,
        is_simulated=True,
        senses=SENSES,
        voltage_v=(0.0, math.inf),
        identity=Identity(f"simulated {arm.name}", "simulation", _calibration_sha256(arm)),
    )


def _calibration_sha256(arm: ArmDescription) -> str:
    """Return the hash of the file that stands for a calibration here; raises PlantError where it cannot be read."""
    try:
        return hashlib.sha256(arm.urdf_path.read_bytes()).hexdigest()
    except FileNotFoundError as error:
        raise PlantError(f"{arm.urdf_path}: no such file", "correct --arm, or repair the installation") from error
    except OSError as error:
        raise PlantError(f"{arm.urdf_path}: {error.strerror or error}", "make the file readable") from error

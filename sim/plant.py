"""The simulated arm on the simulated patient, as a plant: one physics step per period."""

from __future__ import annotations

import math
import struct
from dataclasses import replace
from operator import add

import numpy as np
from numpy.typing import NDArray

from controller.arm import ArmDescription, PadDescription, Placement
from controller.errors import PlantError
from controller.rig import Rig
from controller.safety.gate import ApprovedCommand
from controller.types import ArmState, Authority, JointFault, OtherContact, Truth, Vector, Vector6
from sim.bullet.arm import BulletArm
from sim.differences.values import PlantDifferences
from sim.differing.arm import DifferingArm
from sim.differing.place import true_placement
from sim.faults.injection import Injection, check_fault
from sim.faults.kinds import Fault
from sim.fem.back import make_back
from sim.fem.coupling import press_tissue
from sim.fem.patched_back import PatchedBack
from sim.fem.soft_back import PadShape
from sim.options import SimulationOptions
from sim.pad_truth import pad_truth
from sim.period.arm_kinematics import tool_motion
from sim.period.drive_lag import lag_share
from sim.period.packed_state import RESULT, Arena, make_arena
from sim.period.period import arrive, depart, end_period
from sim.period.sensor_noise import SensorNoise
from sim.person.body_motion import PatientMotion, Rise, draw_motion
from sim.person.contact_law import FOOT, relaxation_table
from sim.person.parameters import TYPICAL_PERSON, PersonTissue, draw_person
from sim.person.tissue_map import TissueMap
from sim.person.tissue_tier import Tier
from sim.simulated_rig import simulated_rig
from sim.surroundings.link_spheres import arm_spheres
from sim.surroundings.surroundings import Surroundings
from sim.wrist_samples import WristSamples
from trajectories.anatomy.body import Body
from trajectories.anatomy.measures import Measures

Array = NDArray[np.float64]

_PERSON, _MOTION, _SENSORS, _FAULTS, _ARM = range(5)
"""Streams of random numbers: what one draws never shifts another."""


def build_simulation(
    arm: ArmDescription, placement: Placement, body: Body, options: SimulationOptions | None = None
) -> SimPlant:
    """Make a simulated plant: the arm at its place beside a person with this body.

    Args:
        arm: the arm and its tool.
        placement: X_WB; W coincides with the patient frame K.
        body: the body.
        options: everything else; the default is a breathing person drawn from the population by seed 1.
    """
    return SimPlant(arm, placement, body, options or SimulationOptions())


class SimPlant:
    """A simulated arm that implements ``controller.plant.Plant``.

    The period of ``apply``: the contact force of the last instant and the drives' torque act through one physics step,
    then kinematics, contact, drives and senses are taken at the new instant. The wrist sensor reports the mean over the
    period that has just ended, so its sample is one period old.

    Args:
        arm: the arm and its tool.
        placement: X_WB.
        body: the body.
        options: choices of the run.
    """

    def __init__(self, arm: ArmDescription, placement: Placement, body: Body, options: SimulationOptions) -> None:
        self._arm, self._body, self._options, self._planned = arm, body, options, placement
        self._placement = true_placement(placement, options.differences)
        self._joints = len(arm.joint_names)
        options.differences.check(arm)
        self._differing = None if options.differences.is_exact else self._make_differing(options.differences)
        self._pad: PadDescription = arm.tool.only_pad("the simulation")
        self._friction_nm = self._engine_friction()
        self._quality = options.quality
        self._rig = simulated_rig(arm, options)
        self.person: PersonTissue = draw_person(options.stream(_PERSON)) if options.has_scatter else TYPICAL_PERSON
        """The person on the table."""
        self.motion: PatientMotion = draw_motion(options.stream(_MOTION), options.is_breathing, options.rises)
        """How the person moves."""
        self.tissue: TissueMap = TissueMap.from_body(body, self.person, self._pad.radius_m, options.tissue)
        """The tissue under the pad."""
        self.skin_friction = self.person.friction if options.skin_friction is None else options.skin_friction
        """Friction coefficient in use."""
        # What the rig around the arm adds to its state.
        self.authority, self.supervisor_age_s, self.command_age_s = Authority.HOST, 0.0, 0.0
        self.joint_fault: tuple[int, ...] = (JointFault.NONE.value,) * self._joints
        for fault in options.faults:
            check_fault(fault, arm, options.tier)
        self.faults = Injection(self._joints, options.dt_s)
        """Faults that wait or have begun."""
        self._bullet: BulletArm | None = None
        self._arena: Arena | None = None
        self.soft: PatchedBack | None = None
        """The tissue as finite elements; None in the other tier."""
        self._around: Surroundings | None = None
        self._pack_command = struct.Struct(f"{self._joints}d").pack_into
        self._pack_arrived = struct.Struct(f"{2 * self._joints}d").pack_into
        self._is_active = False

    @property
    def t_s(self) -> float:
        """Time since the arm was activated."""
        return self._tick * self._options.dt_s

    @property
    def rig(self) -> Rig:
        """What this plant is."""
        return self._rig

    def configure(self) -> None:
        """Load the arm into a physics world; raises PlantError where the file does not serve."""
        self.deactivate()
        self._bullet = BulletArm(self._arm, self._placement, self._options.dt_s, self._options.differences)
        self._arena = self._make_arena(self._bullet)
        if self._options.tier is Tier.FEM:
            pad = PadShape(self._pad.radius_m, self.skin_friction)
            self.soft = make_back(self.tissue, pad, self._options.dt_s, self._options.mesh)
        spheres = arm_spheres(self._arm, self._bullet.links, self._bullet.placement)
        law = (self._pad.radius_m, self.skin_friction)
        self._around = Surroundings(spheres, self.tissue, self._body, law, self._arena.chain, self._arm.home_rad)
        self.faults.configure(self._arena, Measures.of(self._body).spine, self._around)

    def activate(self, q_rad: Vector) -> None:
        """Place the arm at rest at ``q_rad``, its drives holding it, and begin the run at time zero."""
        bullet, arena = self._opened()
        if len(q_rad) != self._joints or not math.isfinite(math.fsum(q_rad)):
            raise PlantError(f"start posture {q_rad} for {self._joints} joints", "give one finite angle per joint")
        arena = self._arena = self.faults.reset(arena, self._options.stream(_FAULTS), self._options.faults)
        bullet.set_extra_tool_mass(0.0)
        hold = self._believed(bullet.holding_torque(q_rad))
        if self.soft is not None:
            self.soft.close()
        for array in (arena.memory, arena.patient, arena.result, arena.energy):
            array[:] = 0.0
        arena.torque[:] = arena.command[:] = hold
        bullet.set_friction(self._friction_nm)
        bullet.reset(q_rad)
        if self._differing is not None:
            self._differing = self._make_differing(self._options.differences)
            self._differing.reset(q_rad, hold)
        # the senses look back on a period at rest
        arena.arrived[: self._joints], arena.arrived[self._joints :], arena.speeds[:] = q_rad, 0.0, 0.0
        tool_motion(arena.chain, arena.arrived, arena.pad, arena.room, arena.lines)
        self._noise = SensorNoise(self._options.stream(_SENSORS), self._quality, self._joints)
        self._samples = WristSamples(self._options)
        self._tick = self._sequence = 0
        self.surroundings.reset()
        self._take(bullet.state())
        self._then: list[float] = self._now
        self._is_active = True

    def read(self) -> ArmState:
        """Return the sensed state of this tick."""
        self._check_active()
        _, arena = self._opened()
        n, sensed, torque = self._joints, self._sensed, arena.torque_start
        fx, fy, fz, mx, my, mz = self._wrench
        return ArmState(
            t_s=self._tick * self._options.dt_s,
            q_rad=tuple(sensed[:n]),
            dq_rad_s=tuple(sensed[n : 2 * n]),
            tau_nm=self._reported(self._then[torque : torque + n]),
            wrench_s=(fx, fy, fz, mx, my, mz),
            sensor_age_s=self._age_s,
            wrench_sequence=self._sequence,
            authority=self.authority,
            supervisor_age_s=self.supervisor_age_s,
            command_age_s=self.command_age_s,
            joint_fault=self.joint_fault,
        )

    def apply(self, command: ApprovedCommand) -> None:
        """Send an approved command and let one period pass.

        Raises:
            PlantError: the command is no torque vector, or the drives of this arm add gravity, which is in it already.
        """
        if self._rig.adds_gravity:
            raise PlantError(
                f"simulated {self._arm.name} adds gravity itself", "use the supervised rig, which subtracts it"
            )
        self.advance(command.tau_nm)

    def advance(self, tau_nm: Vector) -> None:
        """Let one period pass with these torques [Nm] at the input of the drives; for the rig around them."""
        self._check_active()
        self.begin_due_faults()
        bullet, arena = self._opened()
        if len(tau_nm) != self._joints or not math.isfinite(sum(tau_nm)):
            raise PlantError(f"drives got torques {tau_nm}", f"send {self._joints} finite values")
        if self._rig.adds_gravity:
            tau_nm = tuple(map(add, tau_nm, self._own_gravity()))
        self._pack_command(arena.command.data, 0, *tau_nm)
        then = self._now
        if self._differing is None:
            bullet.step(then[arena.load_start : arena.sensed_start])
        else:
            bullet.step(self._differing.lead(bullet, arena, self._placement, self._tick))
        self._tick += 1
        self._then = then
        self._take(bullet.state())

    def _take(self, arrived: list[float]) -> None:
        """Take kinematics, contact, drives and senses at the present instant."""
        _, arena = self._opened()
        self._pack_arrived(arena.arrived.data, 0, *arrived)
        t_s, noise = self._tick * self._options.dt_s, self._noise.row()
        if self.soft is None:
            end_period(
                arena.chain, arena.layers, arena.profile, arena.relaxation, arena.constants, arena.state, noise, t_s
            )
        else:
            arrive(arena.chain, arena.profile, arena.constants, arena.state, t_s)
            press_tissue(self.soft, arena, t_s)
            depart(self._joints, arena.constants, arena.state, noise)
        self.surroundings.press(arena)
        if self._differing is not None:
            self._differing.sense(arena, self._quality.encoder_step_rad, t_s)
        if self.faults.have_begun:
            self.faults.act(arena, t_s)
        self._now: list[float] = arena.told.tolist()
        self._sensed = self._now[arena.sensed_start :]
        self._wrench, self._age_s, is_new = self._samples.take(self._sensed[-6:], self._tick)
        if is_new and not self.faults.is_sensor_silent:
            self._sequence += 1
        if self.faults.have_begun:
            self._wrench, self._age_s = self.faults.distort(self._sensed, self._wrench, self._age_s)

    def inject(self, fault: Fault) -> None:
        """Let a fault begin at its time, or with the next period where that has come; raises ConfigError."""
        check_fault(fault, self._arm, self._options.tier)
        self.faults.wait_for((*self.faults.waiting, fault))

    def begin_due_faults(self) -> None:
        """Let those faults begin whose time has come."""
        if self.t_s >= self.faults.next_s:
            bullet, arena = self._opened()
            self._arena = self.faults.begin_due(self.t_s, bullet, arena, self._samples.all)

    def truth(self) -> tuple[Truth, ...]:
        """Return what really happened in the last period; the energies count up to its end."""
        self._check_active()
        r, now = self._then, self._now
        region, limit_n = self.tissue.place(r[RESULT + FOOT], r[RESULT + FOOT + 1])
        return (pad_truth(r, now, region, limit_n),)

    def other_contacts(self) -> tuple[OtherContact, ...]:
        """Return what else the arm touched in the last period: links, and parts of the tool beside its pad."""
        return self.surroundings.acted

    @property
    def surroundings(self) -> Surroundings:
        """What stands around the arm."""
        if self._around is None:
            raise PlantError(f"simulated {self._arm.name} is not open", "call configure first")
        return self._around

    def true_motion(self) -> tuple[Vector, Vector]:
        """Return the true joint positions and speeds; a controller never sees them."""
        _, arena = self._opened()
        values: list[float] = arena.arrived.tolist()
        return tuple(values[: self._joints]), tuple(values[self._joints :])

    def drive_motion(self) -> tuple[Vector, Vector]:
        """Return the true positions and speeds on the side of the joints where the drives' own encoders are."""
        motion = self.true_motion()
        return motion if self._differing is None else self._differing.motion_at_encoders(*motion)

    def given_nm(self) -> Vector:
        """Return the joint torques of the last period as the drives measure them, by their currents."""
        start = self._opened()[1].torque_start
        return tuple(self._then[start : start + self._joints])

    def holding_nm(self) -> Vector:
        """Return what the drives have to give to hold the arm where it stands, by the engine's own model."""
        return self._believed(self._opened()[0].holding_torque(self.true_motion()[0]))

    def true_tool(self) -> tuple[Array, Array]:
        """Return the true tool position with velocity and angular velocity (9,), and R_WT (3, 3)."""
        arena = self._opened()[1]
        return arena.pad.copy(), arena.rotation.copy()

    def sensor_bias(self) -> Vector6:
        """Return the constant offset of the wrist sensor in this run, for tests."""
        fx, fy, fz, mx, my, mz = self._noise.bias.tolist()
        return fx, fy, fz, mx, my, mz

    def safe(self) -> None:
        """Close the brakes of the joints that have one: the arm stays where it is, the drives take no more commands."""
        self._is_active = False
        if self._bullet is not None:
            self.set_brakes(self._rig.braked_joints)
            self.faults.note_stop(self.t_s)

    def outlive(self, rise: Rise | None = None) -> None:
        """Let time go on after ``safe``, for the truth alone; the body may rise beside whatever it does already."""
        self._is_active = True
        if rise is not None:
            _, arena = self._opened()
            row = np.array([[rise.start_s, rise.duration_s, rise.height_m]])
            self._arena = replace(arena, profile=np.concatenate([arena.profile, row]))

    def resume(self) -> None:
        """Enable the drives again where the arm is: they hold it, the brakes open; time goes on."""
        _, arena = self._opened()
        hold = self.holding_nm()
        arena.torque[:] = arena.command[:] = hold
        self.set_brakes(frozenset())
        self._is_active = True

    def set_brakes(self, joints: frozenset[int]) -> None:
        """Close the brakes of these joints (from 0) and open all others, while the world goes on."""
        bullet, _ = self._opened()
        limits, free = self._arm.torque_limit_nm, self._friction_nm
        self.faults.torques.braked = joints
        if self._differing is not None and self._differing.is_elastic:
            self._differing.set_brakes(tuple(limits[j] if j in joints else 0.0 for j in range(self._joints)))
            return
        bullet.set_friction(tuple(limits[j] if j in joints else free[j] for j in range(self._joints)))

    def deactivate(self) -> None:
        """Close the physics world; never raises."""
        self._is_active = False
        if self._bullet is not None:
            self._bullet.close()
        if self.soft is not None:
            self.soft.close()
        self._bullet = None
        self._arena = None
        self._around = None
        self.soft = None

    def _make_differing(self, differences: PlantDifferences) -> DifferingArm:
        """Return what differs from the model, at the beginning of a run."""
        options = self._options
        stream, friction = options.stream(_ARM), options.has_friction
        return DifferingArm(self._arm, differences, stream, options.dt_s, has_friction=friction)

    def _engine_friction(self) -> Vector:
        """Return the joint friction that the engine has to make; that of elastic joints is at the motors."""
        if self._differing is not None and not self._differing.is_elastic:
            return self._differing.friction_nm
        is_engine = self._differing is None and self._options.has_friction
        return self._arm.friction_nm if is_engine else (0.0,) * self._joints

    def _own_gravity(self) -> Vector:
        """Return what drives that add gravity add: by the model that the arm's maker gave them, not by the truth."""
        if self._differing is None:
            return self.holding_nm()
        return self._differing.own_gravity(self.drive_motion()[0], self._planned)

    def _believed(self, true_nm: Vector) -> Vector:
        """Return the torque that the drives have to believe in to give this one."""
        return true_nm if self._differing is None else self._differing.believed_nm(true_nm)

    def _reported(self, current_nm: list[float]) -> Vector:
        """Return the joint torques that the arm reports, given those by its motors' currents."""
        return tuple(current_nm if self._differing is None else self._differing.reported_nm(current_nm))

    def _opened(self) -> tuple[BulletArm, Arena]:
        if self._bullet is None or self._arena is None:
            raise PlantError(f"simulated {self._arm.name} is not open", "call configure first")
        return self._bullet, self._arena

    def _check_active(self) -> None:
        if not self._is_active:
            raise PlantError(f"simulated {self._arm.name} is not active", "call configure and activate first")

    def _make_arena(self, bullet: BulletArm) -> Arena:
        dt_s, tissue = self._options.dt_s, self._options.tissue
        law = [self._pad.radius_m, self.skin_friction, dt_s]
        electronics = [lag_share(dt_s), self._quality.encoder_step_rad]
        numbers = [*self.tissue.grid, *law, *electronics, *bullet.tool_body(), *self._arm.torque_limit_nm]
        return make_arena(
            bullet.chain(),
            self.tissue.layers,
            self.motion.profile(),
            relaxation_table(dt_s, tissue is None or tissue.is_relaxing),
            np.array(numbers, dtype=np.float64),
        )

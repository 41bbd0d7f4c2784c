"""What stands around a simulated arm: the supervisor, the links and the drive policy, in simulated time.

The supervisor makes the very decisions of ``controller.safety.supervision`` with a model of the arm of its own, every
``BEAT_S`` of simulated time, also while the session loop stands still or is dead. It has a way of its own to the
drives. Who has authority is known to the drives; the session loop learns it from them.

Layer L0, what the drives do by themselves, is ``controller.processes.drives``, the same policy as on every drive side.

After ``host_killed`` the ``Session`` object of the bench lives on as an observer that records the truth; nothing it
sends arrives.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from controller.errors import PlantError
from controller.own_model import own_terms
from controller.processes.cells import HostCell, SupervisorCell
from controller.processes.drives import DrivePolicy
from controller.processes.gravity import GravityCompensated
from controller.rig import Rig
from controller.robot import RobotModel
from controller.safety.gate import ApprovedCommand
from controller.safety.lost_joints import lost_joints
from controller.safety.supervision import BEAT_S, Supervisor, SupervisorLimits, SupervisorView
from controller.types import ArmState, Authority, Mode, OtherContact, StopReason, Truth, Vector
from sim.drive_side import SimDriveSide, drive_settings, drive_side
from sim.faults.clock import CLOCK, SessionClock
from sim.faults.kinds import Fault, Place
from sim.person.body_motion import Rise
from sim.plant import SimPlant

_AFTER = frozenset({Place.ARM, Place.PERSON, Place.ROOM})
"""What can still happen once loop and record have ended."""


class SupervisedPlant:
    """A simulated arm with everything that stands between it and the session loop; a ``controller.plant.Plant``.

    Args:
        plant: the arm.
        robot: the supervisor's own model of it, used by nobody else.
        limits: of the supervisor.
        on_fault: told of every fault as it begins.
        on_takeover: told when the supervisor takes the drives, and why.
    """

    def __init__(
        self,
        plant: SimPlant,
        robot: RobotModel,
        limits: SupervisorLimits,
        on_fault: Callable[[float, Fault], None] | None = None,
        on_takeover: Callable[[StopReason], None] | None = None,
    ) -> None:
        self.world = plant
        """The arm and the person, for the truth."""
        self.on_fault, self.on_takeover = on_fault, on_takeover
        self.on_contact: Callable[[float, tuple[OtherContact, ...]], None] | None = None
        """Told of every period in which anything but the pad touched, and when it began."""
        self.on_terminal_closed: Callable[[], None] | None = None
        """Called where the terminal of the run is closed: what the session's handler of signals does then."""
        self._robot = robot
        self._supervisor = Supervisor(limits)
        self._dt_s = plant.rig.dt_s
        self._drives = SimDriveSide(plant)
        self._side = drive_side(self._drives, plant.rig, robot)
        self._settings = drive_settings(robot.arm, plant.rig, limits.stop)
        self._nothing: Vector = (0.0,) * plant.rig.joints
        self._good: ArmState | None = None
        self._beat_ticks = max(1, round(BEAT_S / self._dt_s))
        plant.faults.on_begin = self._begin
        self._forget()

    def _forget(self) -> None:
        """Mend loop, supervisor and links."""
        self._supervisor.clear()
        self._is_host_alive = self._is_supervisor_alive = self._is_linked = self._is_memory_intact = True
        self._ticks = self._stalled_ticks = 0
        self._host_mode = Mode.RUN
        self._worst: Truth | None = None

    @property
    def rig(self) -> Rig:
        """What this plant is."""
        return self.world.rig

    @property
    def taken(self) -> StopReason | None:
        """Why the supervisor has the drives, None where it has not."""
        return self._supervisor.stop

    def configure(self) -> None:
        """Open the simulation; raises PlantError."""
        self.world.configure()

    def activate(self, q_rad: Vector) -> None:
        """Place the arm at rest at ``q_rad`` with everything well, and begin the run at time zero."""
        self._forget()
        self._good = None
        self._clock = SessionClock()
        self.world.activate(q_rad)
        hold_nm = self.world.given_nm()
        self._policy = DrivePolicy(self._settings, hold_nm)
        self._policy.resume(0.0, hold_nm)
        self._host_beat = self._supervisor_beat = 0
        self._host: HostCell | None = None
        self._master: SupervisorCell | None = None
        self._seen_beat_s = 0.0
        self._closed: frozenset[int] = frozenset()
        self._side.set_brakes(self._closed)
        self._report()

    def read(self) -> ArmState:
        """Return the sensed state of this tick as the session loop reads it, by a clock of its own."""
        state = self.world.read()
        return state if self._clock.is_right else replace(state, t_s=self._clock.read(state.t_s))

    def apply(self, command: ApprovedCommand) -> None:
        """Send an approved command and let one period pass, or more of them where the loop stands still."""
        world = self.world
        world.begin_due_faults()
        if self._is_host_alive:
            self._host_beat += 1
            self._host_mode = command.mode
            if self._is_linked:
                holding_nm = command.holding_nm or command.tau_nm
                self._host = HostCell(
                    self._host_beat, self._ticks, True, command.mode, world.t_s, command.tau_nm, holding_nm
                )
                if self._policy.authority is Authority.HOST:
                    world.command_age_s = 0.0
        self._worst = None
        self._period()
        while self._stalled_ticks > 0:
            self._stalled_ticks -= 1
            self._note_worst()
            self._period()
            self._note_worst()

    def truth(self) -> tuple[Truth, ...]:
        """Return what really happened in the last period; after a stall the worst of it, so that no peak is lost."""
        truth = self.world.truth()
        return truth if self._worst is None else (self._worst, *truth[1:])

    def inject(self, fault: Fault) -> None:
        """Let a fault begin at its time, or with the next period where that has come; raises ConfigError."""
        self.world.inject(fault)

    def resume(self) -> None:
        """Give the drives back to the session loop, with loop, supervisor and links mended; the arm holds where it is.

        Faults of senses, clock, arm and person stay. Where the loop has the drives and none of them is broken, the arm
        is left alone.
        """
        world, t_s = self.world, self.world.t_s
        is_untouched = self._policy.authority is Authority.HOST and not any(self._policy.status(t_s).joint_fault)
        self._forget()
        self._seen_beat_s = t_s
        if is_untouched:
            return
        world.resume()
        self._side.set_brakes(frozenset())
        self._policy.resume(t_s, world.holding_nm())
        self._closed, self._master = frozenset(), None
        self._report()

    def safe(self) -> None:
        """Close the brakes: the arm stays where it is."""
        self.world.safe()

    def outlive(self, rise: Rise | None = None) -> None:
        """Let one period pass after ``safe``, for the truth alone: without an enable, whatever was commanded before.

        Brakes are closed; a joint without one goes on holding as its drive does then. Of the faults that still wait
        only those of arm, person and room begin.

        Args:
            rise: what the person does from now on, beside whatever it does already.
        """
        if self._policy.authority is not Authority.NOBODY:
            self._policy.close()
            faults = self.world.faults
            faults.wait_for(tuple(fault for fault in faults.waiting if fault.kind.place in _AFTER))
        self._is_host_alive = False
        self._worst = None
        self.world.outlive(rise)
        self._period()

    def deactivate(self) -> None:
        """Close; never raises."""
        self.world.deactivate()

    def _period(self) -> None:
        """Let the supervisor look when its period has passed, and let one period of the drives pass."""
        world, t_s, state = self.world, self.world.t_s, self.world.read()
        is_due = self._ticks % self._beat_ticks == 0 and self._policy.authority is not Authority.NOBODY
        if is_due and self._is_supervisor_alive:
            self._watch(state, t_s)
        self._ticks += 1
        feedback = self._drives.feedback()
        lost = lost_joints(state.q_rad, state.dq_rad_s)
        order = self._policy.decide(t_s, self._host, self._master, feedback, lost)
        world.authority = order.authority
        if world.faults.await_stop and self._is_stopped():
            world.faults.note_stop(t_s)
        if order.closed != self._closed:
            self._closed = order.closed
            self._side.set_brakes(order.closed)
        if isinstance(self._side, GravityCompensated):
            self._side.look(feedback.q_rad)
        self._side.advance(order.tau_nm)
        contacts = world.other_contacts()
        if contacts and self.on_contact is not None:
            self.on_contact(t_s, contacts)
        self._report()

    def _is_stopped(self) -> bool:
        """Return whether anything has stopped the session: its gate, the supervisor, or drives that have no enable."""
        is_run = self._host_mode is Mode.RUN and self._supervisor.stop is None
        return not is_run or self._policy.authority is Authority.NOBODY

    def _watch(self, state: ArmState, t_s: float) -> None:
        """Let the supervisor look once, and act where it has or takes the drives."""
        if self._is_memory_intact:
            self._seen_beat_s = t_s
        self._supervisor_beat += 1
        had = self._supervisor.stop
        state = self._supervisor.believed(state)
        if self._good is None or math.isfinite(sum(state.q_rad) + sum(state.dq_rad_s)):
            self._good = state
        terms = own_terms(self._robot, self._good.q_rad, self._good.dq_rad_s)
        view = SupervisorView(
            state, self._host_beat, self._is_memory_intact, self._host_mode is not Mode.RUN, terms=terms
        )
        reason = self._supervisor.judge(view)
        tau_nm, mode = self._nothing, Mode.RUN
        if reason is not None:
            tau_nm, mode = self._supervisor.torque(terms, state)
        cause = None if reason is None else reason.cause
        self._master = SupervisorCell(
            self._supervisor_beat, self._ticks, reason is not None, cause, mode, False, t_s, tau_nm
        )
        if reason is not None and had is None and self.on_takeover is not None:
            self.on_takeover(reason)

    def _report(self) -> None:
        """Set what the next read says of drives and supervisor."""
        world, t_s = self.world, self.world.t_s
        status = self._policy.status(t_s)
        world.authority = status.authority
        # Overwritten memory: the supervisor's heartbeat reaches the drives, but not the session loop.
        world.supervisor_age_s = t_s - self._seen_beat_s
        # A dead loop reads nothing; the supervisor finds its heartbeat missing before the drives miss its commands.
        world.command_age_s = status.command_age_s if self._is_host_alive else 0.0
        world.joint_fault = status.joint_fault

    def _note_worst(self) -> None:
        (truth, *_) = self.world.truth()
        worst = self._worst
        if worst is None or truth.press_n > worst.press_n:
            worst = truth
        self._worst = replace(worst, tissue_work_j=truth.tissue_work_j, net_energy_j=truth.net_energy_j)

    def _begin(self, t_s: float, fault: Fault) -> None:
        match fault.name:
            case "loop_stall":
                self._stalled_ticks += round(fault.value * 1e-3 / self._dt_s)
            case "host_killed":
                self._is_host_alive = False
            case "supervisor_killed":
                self._is_supervisor_alive = False
            case "link_lost":
                self._is_linked = False
            case "memory_corrupt":
                self._is_memory_intact = False
            case name if name in CLOCK:
                self._clock.begin(fault, t_s)
            case "terminal_closed":
                self._close_terminal()
            case "disk_full" if self.on_fault is None:
                raise PlantError("rig without a recorder got fault disk_full", "use it with massage-arm run")
        if self.on_fault is not None:
            self.on_fault(t_s, fault)

    def _close_terminal(self) -> None:
        """Hang up: a session loop that still runs stops, the supervisor does not listen to the terminal."""
        if self.on_terminal_closed is None:
            raise PlantError("rig without a session got fault terminal_closed", "use it with massage-arm run")
        if self._is_host_alive:
            self.on_terminal_closed()

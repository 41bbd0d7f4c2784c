"""What stands around a simulated arm: the supervisor, the links and the drives' own watchdog, in simulated time.

The supervisor makes the very decisions of ``controller.safety.supervision`` with a model of the arm of its own, every
``BEAT_S`` of simulated time, also while the session loop stands still or is dead. It has a way of its own to the
drives. Who has authority is known to the drives; the session loop learns it from them.

The drives' own watchdog (layer L0, assumed): without a command for ``DRIVE_WATCHDOG_S`` they drop to the holding torque
that came with the last one, with damping at every joint from the joint's own encoder. No torque would drop an arm
without brakes onto the person, a stiff hold would pin the person, the last torque would go on pressing.
``ENABLE_DELAY_S`` after the last sign of the supervisor, or of any command, the brakes close: the loop has unloaded by
then. A drive that keeps giving something else than it is asked for has its own brake closed (``SHORT_SHARE``) and is
told to loop and supervisor as a lost link: the other joints lead the tool off the skin. Brakes on all joints would pin
the person; none would let the arm fall, with 107 to 121 N measured.

After ``host_killed`` the ``Session`` object of the bench lives on as an observer that records the truth; nothing it
sends arrives.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from operator import le

from controller.errors import PlantError
from controller.plant import PlantInfo
from controller.robot import RobotModel
from controller.safety.gate import ApprovedCommand
from controller.safety.projection import FLOAT_DAMPING_S_PER_RAD
from controller.safety.supervision import BEAT_S, ENABLE_DELAY_S, Supervisor, SupervisorLimits, SupervisorView
from controller.supervisor.kinematics import own_terms
from controller.types import ArmState, Authority, Mode, StopReason, Truth, Vector
from sim.actuators import lag_share
from sim.drives import DRIVE_WATCHDOG_S, left_alone
from sim.faults import Fault
from sim.world import SimPlant

SHORT_SHARE = 0.06
SHORT_FILTER_S = 0.008
"""A drive whose torque is off what its own model makes of its commands by this share of its limit, through a filter of
this time constant, is taken for broken (assumed): some milliseconds for a loaded joint. Held against the command
itself, the drive's lag would look like a fault wherever the command is noisy."""
BRAKE_S = 0.020
"""Time a brake takes to close (assumed; power-off brakes take 10 to 50 ms)."""


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
        self._robot = robot
        self._supervisor = Supervisor(limits)
        self._damping = tuple(FLOAT_DAMPING_S_PER_RAD * limit for limit in limits.torque_nm)
        self._short_nm = tuple(SHORT_SHARE * limit for limit in limits.torque_nm)
        self._dt_s = plant.info.dt_s
        self._beat_ticks = max(1, round(BEAT_S / self._dt_s))
        self._off_gain = self._beat_ticks * self._dt_s / SHORT_FILTER_S
        self._lag_share = lag_share(self._dt_s)
        plant.faults.on_begin = self._begin
        self._forget()

    def _forget(self) -> None:
        self._supervisor.clear()
        self._is_host_alive = self._is_supervisor_alive = self._is_linked = self._is_memory_intact = True
        self._host_beat = self._ticks = self._stalled_ticks = 0
        self._beat_s = self._seen_beat_s = self._fresh_s = 0.0
        self._wish: Vector = ()
        self._holding: Vector = ()
        self._off_nm = (0.0,) * len(self._damping)
        self._broken_s: dict[int, float] = {}
        self._braked: frozenset[int] = frozenset()
        self._sent: Vector = ()
        self._due: Vector = ()
        self._expected: Vector = ()
        self._host_mode = Mode.RUN
        self._good: ArmState | None = None
        self._worst: Truth | None = None

    @property
    def info(self) -> PlantInfo:
        """What this plant is."""
        return self.world.info

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
        self.world.activate(q_rad)
        self._tell(Authority.HOST)

    def read(self) -> ArmState:
        """Return the sensed state of this tick, with what drives and supervisor tell the session loop."""
        return self.world.read()

    def apply(self, command: ApprovedCommand) -> None:
        """Send an approved command and let one period pass, or more of them where the loop stands still."""
        world = self.world
        world.begin_due_faults()
        if self._is_host_alive:
            self._host_beat += 1
            self._host_mode = command.mode
            if self._is_linked and world.authority is Authority.HOST:
                self._wish, self._fresh_s, world.command_age_s = command.tau_nm, world.t_s, 0.0
                self._holding = command.holding_nm or command.tau_nm
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

        Faults of senses, arm and person stay.
        """
        t_s = self.world.t_s
        self._forget()
        self._beat_s = self._seen_beat_s = self._fresh_s = t_s
        self._tell(Authority.HOST)
        self.world.resume()

    def safe(self) -> None:
        """Close the brakes: the arm stays where it is."""
        self.world.safe()

    def deactivate(self) -> None:
        """Close; never raises."""
        self.world.deactivate()

    def _period(self) -> None:
        world = self.world
        t_s = world.t_s
        if self._ticks % self._beat_ticks == 0 and world.authority is not Authority.NOBODY:
            self._check_drives(t_s)
            if self._is_supervisor_alive:
                self._watch(world.read(), t_s)
        self._ticks += 1
        authority = self._watchdog(t_s)
        self._expect(self._sent)
        world.advance(self._sent)
        self._tell(authority)

    def _watch(self, state: ArmState, t_s: float) -> None:
        """Let the supervisor look once, and act where it has or takes the drives."""
        self._beat_s = t_s
        if self._is_memory_intact:
            self._seen_beat_s = t_s
        had = self._supervisor.stop
        view = SupervisorView(state, self._host_beat, self._is_memory_intact, self._host_mode is not Mode.RUN)
        reason = self._supervisor.judge(view)
        if self._good is None or math.isfinite(sum(state.q_rad) + sum(state.dq_rad_s)):
            self._good = state
        if reason is None:
            return
        terms = own_terms(self._robot, self._good.q_rad, self._good.dq_rad_s)
        self._wish, _ = self._supervisor.torque(terms, state)
        self._holding, self._fresh_s = self._wish, t_s
        self.world.authority = Authority.SUPERVISOR
        if had is None and self.on_takeover is not None:
            self.on_takeover(reason)

    def _check_drives(self, t_s: float) -> None:
        """Close the brake of a drive that keeps giving something else than it is asked for."""
        if not self._expected:
            return
        gain, given = self._off_gain, self.world.given_nm()
        self._off_nm = tuple(
            [off + gain * (due - tau - off) for off, due, tau in zip(self._off_nm, self._expected, given, strict=True)]
        )
        if not all(map(le, map(abs, self._off_nm), self._short_nm)):
            for joint, (off, limit) in enumerate(zip(self._off_nm, self._short_nm, strict=True)):
                if not abs(off) <= limit:
                    self._broken_s.setdefault(joint, t_s)
        if self._broken_s:
            closed = frozenset(joint for joint, since_s in self._broken_s.items() if t_s - since_s >= BRAKE_S)
            if closed != self._braked:
                self._braked = closed
                self.world.brake(closed)

    def _expect(self, sent_nm: Vector) -> None:
        """Advance the drives' own model of themselves: what torque follows from the command of this period."""
        share = self._lag_share
        self._expected = self._due or sent_nm
        self._due = tuple([due + share * (tau - due) for due, tau in zip(self._expected, sent_nm, strict=True)])

    def _watchdog(self, t_s: float) -> Authority:
        """Choose what the drives do in this period and return whose torque it is."""
        silent_s = t_s - min(self._beat_s, self._fresh_s)
        is_over = not silent_s <= ENABLE_DELAY_S
        if self.world.authority is Authority.NOBODY or is_over:
            self.world.brake()
            self._sent = (0.0,) * len(self._damping)
            return Authority.NOBODY
        self._sent = self._wish
        if not t_s - self._fresh_s <= DRIVE_WATCHDOG_S:
            self._sent = left_alone(self._holding, self.world.true_motion()[1], self._damping)
        return self.world.authority

    def _tell(self, authority: Authority) -> None:
        """Set what the next read says of drives and supervisor."""
        world = self.world
        world.authority = authority
        t_s = world.t_s
        world.supervisor_age_s = t_s - self._seen_beat_s
        # What a dead loop would be told is told to nobody; the supervisor finds its heartbeat missing.
        world.command_age_s = t_s - self._fresh_s if self._is_host_alive else 0.0
        if self._broken_s:
            world.command_age_s = math.inf

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
            case "disk_full" if self.on_fault is None:
                raise PlantError("rig without a recorder got fault disk_full", "use it with massage-arm run")
        if self.on_fault is not None:
            self.on_fault(t_s, fault)

"""A session on a rig: bus owner and supervisor in processes of their own, the session loop here, and its record."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from controller.errors import PlantError
from controller.observers import Observer
from controller.processes.host_plant import LinkedPlant, LinkSetup
from controller.processes.realtime.priority import HOST_PRIORITY, become_realtime
from controller.types import ArmState, Truth
from hardware.heir.watch import SuccessionWatch
from hardware.rig_model import LoadedRig
from sim.aftermath import AFTER_S
from sim.peers.truth import LedgerTruth, as_truth
from sim.truth_log import Ledger
from workbench.record.block_codec import Precision
from workbench.record.memory import RunMemory
from workbench.record.reader import RECORD_NAME
from workbench.record.recorder import McapRecorder
from workbench.runs.keyboard import Keyboard
from workbench.runs.prepare import Prepared, simulation_options
from workbench.runs.progress_observer import ProgressUpdate
from workbench.runs.rehearsal_peer import PeerChoice
from workbench.runs.rig_processes import RigProcesses, RigSetup, rig_processes
from workbench.runs.signals import stop_on_signals
from workbench.runs.simulate import operator_of, watchers
from workbench.runs.succession import stop_on_loss

TRUTH_MARGIN_S = 60.0
"""Truth that is kept beyond the longest session: what passes before it, and after its end."""


class RehearsedPlant(LinkedPlant):
    """A linked plant whose truth the peer knows: ``controller.plant.Plant`` and ``TruthSource`` in one.

    Args:
        setup: where the drives are.
        ledger: the peer's truth.
    """

    def __init__(self, setup: LinkSetup, ledger: Ledger) -> None:
        super().__init__(setup)
        self._truth = LedgerTruth(ledger, setup.rig.dt_s)
        self._ledger, self._dt_s = ledger, setup.rig.dt_s
        self._read_s: float | None = None

    def read(self) -> ArmState:
        """Return the newest senses."""
        state = super().read()
        if self._read_s is None:
            self._truth.skip_to(state.t_s)
        self._read_s = state.t_s
        return state

    def truth(self) -> tuple[Truth, ...]:
        """Return the worst that has happened since the last call, up to the period of the last command."""
        if self._read_s is None:
            raise PlantError("truth of a session that has not begun", "read the senses first")
        return (self._truth.worst(self._read_s),)

    def after(self, recorder: McapRecorder) -> None:
        """Record the truth of the seconds after the session, in which the bus owner alone holds the arm."""
        if self._read_s is None:
            return
        first = round(self._read_s / self._dt_s) + 1
        rows = self._truth.rows(first + round(AFTER_S / self._dt_s))
        for row in rows:
            recorder.after(float(row["t_s"]), (as_truth(row),))


@dataclass(frozen=True, slots=True)
class RigSession:
    """Runs prepared sessions on a rig; what ``workbench.runs.simulate.simulate`` is in simulation.

    Attributes:
        file: the rig file.
        is_rehearsal: a peer plays the hardware.
    """

    file: LoadedRig
    is_rehearsal: bool

    def __call__(
        self,
        prepared: Prepared,
        folder: Path,
        on_progress: ProgressUpdate | None,
        *,
        memory: RunMemory | None = None,
        keyboard: Keyboard | None = None,
        say: Callable[[str], None] | None = None,
        precision: Precision = Precision.SINGLE,
    ) -> None:
        """Run the session and leave its record in ``folder``; arguments as of ``simulate``.

        Raises:
            PlantError: bus, servo or sensor is not as the rig file says, or is lost.
            RecordError: the record could not be written.
        """
        path = folder / RECORD_NAME
        with (
            rig_processes(self._setup(prepared), self._peer(prepared)) as processes,
            McapRecorder(path, prepared.config, lossless=self.is_rehearsal, precision=precision) as recorder,
        ):
            if memory is not None:
                memory.follow(recorder)
            observers: tuple[Observer, ...] = (
                *(() if memory is None else (memory,)),
                recorder,
                *watchers(on_progress, prepared.plan.duration_s, say, keyboard),
            )
            self._run(prepared, processes, recorder, observers, keyboard)
        if on_progress is not None:
            on_progress(1.0, 1.0)

    def _run(
        self,
        prepared: Prepared,
        processes: RigProcesses,
        recorder: McapRecorder,
        observers: tuple[Observer, ...],
        keyboard: Keyboard | None,
    ) -> None:
        rig, ledger = prepared.parts.rig, processes.ledger
        # Nobody started this process that would have to live for it.
        link = LinkSetup(rig, processes.prefix, os.getppid())
        plant = LinkedPlant(link) if ledger is None else RehearsedPlant(link, ledger)
        truth = plant if isinstance(plant, RehearsedPlant) else None
        session = prepared.parts.session(plant, observers, operator_of(prepared.inputs.timed, keyboard), truth=truth)
        plant.configure()
        watch = SuccessionWatch(processes.prefix, rig.joints, is_lock_step=self.is_rehearsal)
        stop_on_loss(plant, session, watch)
        try:
            with stop_on_signals(session.request_stop, None if keyboard is None else keyboard.ask_stop):
                plant.activate(prepared.plan.rest_q_rad)
                if not self.is_rehearsal:
                    become_realtime(HOST_PRIORITY)
                try:
                    session.run()
                except PlantError:
                    processes.refuse_failure()  # what the bus owner found says more
                    raise
            if truth is not None:
                truth.after(recorder)
        finally:
            plant.deactivate()

    def _setup(self, prepared: Prepared) -> RigSetup:
        inputs = prepared.inputs
        return RigSetup(
            self.file, prepared.parts.rig, inputs.believed_arm, prepared.placement, prepared.plan.rest_q_rad,
            prepared.parts.supervisor_limits(),
        )  # fmt: skip

    def _peer(self, prepared: Prepared) -> PeerChoice | None:
        inputs = prepared.inputs
        if not self.is_rehearsal:
            return None
        seconds = prepared.limits.session_s + TRUTH_MARGIN_S
        return PeerChoice(
            self.file, inputs.arm, prepared.placement, prepared.plan.rest_q_rad, inputs.request.body,
            simulation_options(inputs), seconds,
        )  # fmt: skip

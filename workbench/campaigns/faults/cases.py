"""The faults a campaign goes through, and the supervised world that one of them is brought into while it runs."""

from __future__ import annotations

from collections.abc import Callable, Collection

from controller.errors import ConfigError
from controller.robot import RobotModel
from controller.types import Authority, Cause, OtherContact, Truth, Vector
from sim.aftermath import periods_after
from sim.differences.values import EXACT_PLANT, PlantDifferences
from sim.faults.injection import check_tissue
from sim.faults.kinds import FAULT_KINDS, CausedBy, Fault, Place, parse_fault
from sim.options import SimulationOptions
from sim.person.tissue_tier import Tier
from sim.plant import SimPlant
from sim.supervised_plant import SupervisedPlant
from workbench.campaigns.faults.cells import Case
from workbench.campaigns.faults.short_plan import ShortPlan
from workbench.runs.prepare import DT_S

OTHER_VALUES = (
    "sensor_biased=-8", "encoder_jump=-0.02", "joint_torque_lost=4", "loop_stall=100", "speed_zero=2",
    "speed_flipped=2", "speed_scaled=-1:4", "torque_growing=-5", "torque_growing=5:4", "torque_constant=1.3",
    "clock_slow=2",
)  # fmt: skip
"""Besides the value each kind has by default."""
FROM_THE_START = ("tissue_stiff", "tool_mass_wrong", "sensor_biased", "torque_constant")
"""Faults that a session may also begin with."""
ONLY_FROM_THE_START = {"patient_higher": "patient_higher=20"}
"""Faults that a session can only begin with, and how much of them leaves the pad free where the short sessions of the
campaign begin: nobody lies higher all at once."""
DOUBLES = (
    ("sensor_zero", "patient_jerk"),
    ("sensor_frozen", "patient_jerk"),
    ("sensor_delayed", "patient_jerk"),
    ("loop_stall=20", "patient_jerk"),
    ("loop_stall=100", "patient_jerk"),
    ("host_killed", "patient_jerk"),
    ("supervisor_killed", "patient_jerk"),
    ("link_lost", "patient_jerk"),
    ("joint_torque_lost", "patient_jerk"),
    ("tissue_stiff", "patient_jerk"),
    ("encoder_nan", "patient_cough"),
    ("supervisor_killed", "host_killed"),
    ("supervisor_killed", "loop_stall=100"),
    ("encoder_jump", "sensor_nan"),
    ("speed_zero", "patient_jerk"),
    ("speed_flipped=2", "patient_jerk"),
    ("clock_still", "patient_jerk"),
    ("terminal_closed", "supervisor_killed"),
    ("terminal_closed", "patient_rises_after_stop"),
    ("sensor_zero", "patient_rises_after_stop"),
    ("host_killed", "patient_rises_after_stop=120"),
    ("clock_back", "patient_rises_after_stop"),
)
"""What blinds, slows or kills a part at the very moment the person moves, two parts that back each other up, and stops
after which the person rises."""
ON_ELEMENTS = (
    "patient_jerk", "patient_away", "patient_cough", "patient_roll",
    "sensor_zero", "sensor_nan", "sensor_unplugged",
    "loop_stall=100", "loop_stall=500", "host_killed",
    "sensor_zero+patient_jerk", "loop_stall=100+patient_jerk",
)  # fmt: skip
"""What is tried on finite elements, which are slow: the person moves, the wrist sensor is lost, the loop stands still,
and the worst pairs of these."""


def all_cases() -> tuple[Case, ...]:
    """Return every kind of fault, with its other values and from the start, then two at once."""
    singles = []
    for name in FAULT_KINDS:
        if name in ONLY_FROM_THE_START:
            singles.append(case((ONLY_FROM_THE_START[name],), at_start=True))
            continue
        singles.append(case((name,)))
        singles += [case((other,)) for other in OTHER_VALUES if other.partition("=")[0] == name]
        singles += [case((name,), at_start=True)] if name in FROM_THE_START else []
    return (*singles, *map(case, DOUBLES))


def case(faults: tuple[str, ...], at_start: bool = False) -> Case:
    """Return the case of faults written as on the command line, without their time; raises ConfigError."""
    origins = [FAULT_KINDS[parse_fault(f"{text}@0").name].caused_by for text in faults]
    return Case(faults, CausedBy.PERSON in origins, at_start)


def chosen_cases(texts: Collection[str], tier: Tier = Tier.LAW) -> tuple[Case, ...]:
    """Return the cases asked for: a name stands for all cases with that fault alone, ``A+B`` for two at once.

    Args:
        texts: what was asked for; nothing for all that belong on this tissue.
        tier: what stands for the tissue.

    Raises:
        ConfigError: no such fault, or not on this tissue.
    """
    known = all_cases()
    if not texts:
        return known if tier is Tier.LAW else tuple(case(tuple(text.split("+"))) for text in ON_ELEMENTS)
    found: dict[Case, None] = {}
    for text in texts:
        faults = tuple(text.split("+"))
        if "@" in text:
            raise ConfigError("--faults", repr(text), "faults without a time", "leave @ and the time out")
        alike = [one for one in known if len(faults) == len(one.faults) == 1 and one.names == faults]
        found |= dict.fromkeys(alike or [case(faults)])
    for name in {name for one in found for name in one.names}:
        check_tissue(name, tier, "--faults")
    return tuple(found)


OnPeriod = Callable[[Truth, Authority, tuple[OtherContact, ...]], None]
"""Called with the truth of a period, who drove the arm in it, and what touched beside the pad."""


class _TappedPlant(SimPlant):
    """The simulated arm, telling the truth of every period: also of those the session loop sleeps through."""

    on_period: OnPeriod | None = None

    def advance(self, tau_nm: Vector) -> None:
        """Let one period pass and tell of it."""
        super().advance(tau_nm)
        if self.on_period is not None:
            self.on_period(self.truth()[0], self.authority, self.other_contacts())


class FaultWorld:
    """A supervised arm on a person, into which faults can be brought.

    Args:
        short: the short plan: body, plan and session parts.
        seed: seed of person, breathing and noise.
        on_period: called for every period.
        tier: what stands for the tissue.
        differences: what the plant differs by from its model.
    """

    def __init__(
        self,
        short: ShortPlan,
        seed: int,
        on_period: OnPeriod,
        tier: Tier = Tier.LAW,
        differences: PlantDifferences = EXACT_PLANT,
    ) -> None:
        options = SimulationOptions(seed=seed, dt_s=DT_S, tier=tier, differences=differences)
        world = _TappedPlant(short.parts.robot.arm, short.parts.robot.placement, short.body, options)
        world.on_period = on_period
        own_model = RobotModel(short.parts.robot.arm, short.parts.robot.placement)
        self.plant = SupervisedPlant(world, own_model, short.parts.supervisor_limits(), self._note)
        """The plant of the session."""
        self.is_disk_full = False
        """Nothing more can be recorded."""

    @property
    def t_s(self) -> float:
        """Time since the arm was activated."""
        return self.plant.world.t_s

    @property
    def taken(self) -> Cause | None:
        """Why the supervisor took the drives, if it did."""
        stop = self.plant.taken
        return None if stop is None else stop.cause

    def inject(self, broken: Case) -> None:
        """Bring in a case, from now on; raises ConfigError where this arm cannot have it."""
        for text in broken.faults:
            self.plant.inject(parse_fault(f"{text}@{self.t_s!r}"))

    def outlive(self) -> None:
        """Close the brakes and let the seconds after the session pass."""
        for _ in periods_after(self.plant):
            pass

    def _note(self, _t_s: float, fault: Fault) -> None:
        self.is_disk_full |= fault.kind.place is Place.RECORD

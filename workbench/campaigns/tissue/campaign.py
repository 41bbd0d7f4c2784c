"""The tissue campaign: both tissue models compared, pressed slowly and in closed loop, resting and sliding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from sim.fem.mesh_settings import PATCHES
from workbench.campaigns.runner import Outcome, run_isolated
from workbench.campaigns.tissue.presses import BASE_MM, FORCES_N, SHARE, PressResult, PressTask, is_alike_mm, press
from workbench.campaigns.tissue.sessions import SessionTask, StrokePart, TierRun, run_session
from workbench.runs.request import DEFAULT_MESH

MEAN_SHARE, PEAK_SHARE = 0.02, 0.15
"""Mean forces may differ by so much of the law's, peaks by so much."""

MESH_FORCE_N = 20.0
"""Set-point of the stroke that the meshes are compared with."""

Done = Outcome[PressTask | SessionTask, PressResult | tuple[TierRun, ...]]


@dataclass(frozen=True, slots=True)
class Pair:
    """The same stroke on both tiers.

    Attributes:
        body: body.
        place: place.
        law: on the law.
        fem: on the finite elements.
    """

    body: str
    place: str
    law: TierRun
    fem: TierRun

    def misses(self) -> tuple[str, ...]:
        """Return where the two part, in words."""
        found = [f"{run.tier}: {run.failure}" for run in (self.law, self.fem) if run.failure]
        for name in ("pressed", "slid"):
            law, fem = getattr(self.law, name), getattr(self.fem, name)
            found += [] if law is None or fem is None else [f"{miss} {name}" for miss in _parted(law, fem)]
        return tuple(found)

    @property
    def is_passed(self) -> bool:
        """Both ran, and they agree."""
        return not self.misses()


@dataclass(frozen=True, slots=True)
class Comparison:
    """All of a tissue campaign.

    Attributes:
        presses: slow presses.
        pairs: strokes in closed loop.
        meshes: one stroke with every mesh there is, by its name, on no scale but for speed.
        failures: what died, in words.
    """

    presses: tuple[PressResult, ...]
    pairs: tuple[Pair, ...]
    meshes: tuple[tuple[str, Pair], ...]
    failures: tuple[str, ...]

    @property
    def is_passed(self) -> bool:
        """Everything ran and agrees."""
        passed = all(one.is_passed for one in self.presses) and all(pair.is_passed for pair in self.pairs)
        return passed and not self.failures and bool(self.presses or self.pairs)


def run_comparison(
    bodies: Sequence[str],
    places: Sequence[str],
    pad_radius_m: float,
    executor: Executor,
    on_done: Callable[[int, int], None],
) -> Comparison:
    """Press and slide at all places of all bodies, on both tiers.

    Args:
        bodies: bodies.
        places: of ``workbench.campaigns.tissue.strokes.PLACES``.
        pad_radius_m: radius of the pad of the slow presses; the strokes have the arm's.
        executor: where to run them.
        on_done: called with (done, all) after every trial.
    """
    spots = [(body, place) for body in bodies for place in places]
    sessions: list[PressTask | SessionTask] = [SessionTask(body, place, FORCES_N) for body, place in spots]
    presses: list[PressTask | SessionTask] = [PressTask(body, place, pad_radius_m) for body, place in spots]
    meshes: list[PressTask | SessionTask] = [
        SessionTask(bodies[0], places[0], (MESH_FORCE_N,), mesh=mesh) for mesh in PATCHES if mesh != DEFAULT_MESH
    ]
    return compared(
        run_isolated([*sessions, *meshes, *presses], _run, PressResult | tuple[TierRun, ...], executor, on_done)
    )


def compared(outcomes: Sequence[Done]) -> Comparison:
    """Return the comparison that trials make, in whatever order they came."""
    presses, pairs, meshes, failures = [], [], [], []
    for outcome in outcomes:
        task, result = outcome.task, outcome.result
        if result is None:
            failures.append(f"{task.body} {task.place}: {outcome.failure}")
        elif isinstance(result, PressResult):
            presses.append(result)
        else:
            half = len(result) // 2
            found = [
                Pair(task.body, task.place, law, fem) for law, fem in zip(result[:half], result[half:], strict=True)
            ]
            mesh = task.mesh if isinstance(task, SessionTask) else DEFAULT_MESH
            pairs += found if mesh == DEFAULT_MESH else []
            meshes += [(mesh, pair) for pair in found if pair.law.force_n == MESH_FORCE_N]
    return Comparison(tuple(presses), tuple(pairs), tuple(meshes), tuple(failures))


def pair_lines(pairs: Sequence[Pair]) -> list[str]:
    """Return the table of the strokes, as text: law / finite elements."""
    head = f"{'body':<11} {'place':<11} {'N':>3} {'':<7} {'depth mm':>13} {'mean N':>15} {'peak N':>15} {'rms N':>11}"
    lines = [head + f" {'across':>11}  verdict"]
    for pair in pairs:
        for name in ("pressed", "slid"):
            law, fem = getattr(pair.law, name), getattr(pair.fem, name)
            start = f"{pair.body:<11} {pair.place:<11} {pair.law.force_n:3.0f} {name:<7}"
            if law is None or fem is None:
                lines.append(f"{start} {'; '.join(pair.misses())}  FAILED")
                continue
            verdict = ", ".join(_parted(law, fem))
            lines.append(f"{start} {_columns(law, fem)}  {'FAILED: ' + verdict if verdict else 'pass'}")
    passed = sum(pair.is_passed for pair in pairs)
    return [*lines, f"{passed} of {len(pairs)} strokes alike: {tolerance_text()}"]


def mesh_lines(comparison: Comparison) -> list[str]:
    """Return the table of the meshes, as text: speed and what the facets cost; first of the law itself."""
    first = comparison.meshes[0][1] if comparison.meshes else None
    if first is None:
        return []
    alike = [one for one in comparison.meshes if (one[1].body, one[1].place) == (first.body, first.place)]
    lines = [f"{'mesh':<12} {'speed':>6} {'rests mm':>9} {'slides mm':>9} {'mean N':>7} {'rms N':>6} {'peak N':>7}"]
    rows = [("law", alike[0][1].law), *((mesh, pair.fem) for mesh, pair in alike)]
    for name, run in rows:
        if run.pressed is not None and run.slid is not None:
            slid = run.slid
            numbers = f"{run.pressed.depth_mm:9.1f} {slid.depth_mm:9.1f} {slid.mean_n:7.2f} {slid.rms_n:6.2f}"
            lines.append(f"{name:<12} {run.speed:6.2f} {numbers} {slid.peak_n:7.2f}")
    return lines


def tolerance_text() -> str:
    """Return the tolerances, in words."""
    depth = f"depth {100 * SHARE:g} % and {BASE_MM:g} mm"
    return f"{depth}, mean force {100 * MEAN_SHARE:g} %, peak {100 * PEAK_SHARE:g} %"


def _run(task: PressTask | SessionTask) -> PressResult | tuple[TierRun, ...]:
    return press(task) if isinstance(task, PressTask) else run_session(task)


def _parted(law: StrokePart, fem: StrokePart) -> list[str]:
    """Return the figures in which the two part; comparisons are such that NaN parts."""
    alike = {
        "depth": is_alike_mm(law.depth_mm, fem.depth_mm),
        "mean": abs(fem.mean_n - law.mean_n) <= MEAN_SHARE * law.mean_n,
        "peak": abs(fem.peak_n - law.peak_n) <= PEAK_SHARE * law.peak_n,
    }
    return [name for name, is_alike in alike.items() if not is_alike]


def _columns(law: StrokePart, fem: StrokePart) -> str:
    cells = (
        (f"{law.depth_mm:.1f} / {fem.depth_mm:.1f}", 13),
        (f"{law.mean_n:.2f} / {fem.mean_n:.2f}", 15),
        (f"{law.peak_n:.2f} / {fem.peak_n:.2f}", 15),
        (f"{law.rms_n:.2f} / {fem.rms_n:.2f}", 11),
        (f"{law.friction:.2f} / {fem.friction:.2f}", 11),
    )
    return " ".join(f"{text:>{width}}" for text, width in cells)

"""``massage-arm doctor --realtime``: which rate this computer holds, measured with the controller's own tick."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, dataclass

import orjson

from controller.processes.realtime.histogram import TimeFigures
from controller.processes.realtime.host_facts import HostFacts, host_facts
from controller.processes.realtime.permissions import Wishes
from workbench.runs.prepare import load_inputs, prepare
from workbench.runs.rate_measurement import RateResult, measure_rate
from workbench.runs.rate_verdict import Verdict, conclusion, held_hz, limits, rate_words, verdict
from workbench.runs.request import SessionRequest
from workbench.runs.stages import say, stage
from workbench.runs.tick_tape import record_tape

RATES_HZ = (1000.0, 500.0, 250.0, 125.0)
"""Rates that are tried: of the loop in simulation, then slower ones (design choice)."""
DEFAULT_S = 60.0
TAPE_TICKS = 10_000
"""Ticks of work on the tape: most of a stroke (assumed to be like any other)."""
_REQUEST = SessionRequest("paraspinal_only", "median_f", "law", "servo7", "standard", 0.0, 1)


@dataclass(frozen=True, slots=True)
class RateReport:
    """One rate of the report: what was measured, and what it says.

    Attributes:
        verdict: whether it was held.
        words: the verdict as a sentence.
        measured: all figures.
    """

    verdict: Verdict
    words: str
    measured: RateResult


@dataclass(frozen=True, slots=True)
class RealtimeReport:
    """What ``--json`` prints.

    Attributes:
        seconds: time that was asked for, over all rates [s].
        held_hz: highest rate that was held, None where none was [Hz].
        conclusion: the same as a sentence.
        limits: what limits it, a sentence each.
        host: facts about this computer.
        rates: all that were measured, fastest first.
    """

    seconds: float
    held_hz: float | None
    conclusion: str
    limits: tuple[str, ...]
    host: HostFacts
    rates: tuple[RateReport, ...]


def main(arguments: argparse.Namespace) -> int:
    """Measure and print; return 0, whatever was found."""
    seconds = DEFAULT_S if arguments.seconds is None else arguments.seconds
    rates = RATES_HZ if arguments.rate is None else (arguments.rate,)
    report = measure(seconds, rates, Wishes(priority=None) if arguments.ordinary else Wishes())
    if arguments.json:
        text = orjson.dumps(asdict(report), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        sys.stdout.write(text.decode())
    else:
        print("\n".join(report_lines(report)))
    return 0


def measure(seconds: float, rates_hz: tuple[float, ...], wishes: Wishes) -> RealtimeReport:
    """Measure some rates for equal times.

    Args:
        seconds: time over all rates [s].
        rates_hz: the rates [Hz].
        wishes: what to ask of the system.

    Raises:
        PlantError: the simulation that makes the tape cannot be used.
    """
    host, share_s = host_facts(), seconds / len(rates_hz)
    with stage("simulating the beginning of a session, to play it again"):
        prepared = prepare(load_inputs(_REQUEST))
        tape = record_tape(prepared, min(TAPE_TICKS, round(share_s * max(rates_hz)) + 1))
    results: list[RateResult] = []
    for rate_hz in rates_hz:
        with stage(f"measuring {rate_hz:g} Hz for {share_s:g} s"):
            results.append(measure_rate(rate_hz, share_s, prepared, tape, wishes))
        if len(results) == 1:
            for warning in results[0].permitted.warnings:
                say(f"warning: {warning}")
    found = tuple(results)
    rates = tuple(RateReport(verdict(result), rate_words(result), result) for result in found)
    return RealtimeReport(seconds, held_hz(found), conclusion(found), limits(found, host), host, rates)


def report_lines(report: RealtimeReport) -> list[str]:
    """Return the report as text."""
    lines = [
        "controller's tick on the senses of a simulated session, no physics; times in us",
        f"{'rate Hz':>8}{'periods':>9}{'missed':>8}   {'late p50':>9}{'p99':>8}{'p99.9':>8}{'max':>9}"
        f"   {'work p50':>9}{'p99':>8}{'p99.9':>8}{'max':>9}",
    ]
    for rate in report.rates:
        times = rate.measured.times
        lines.append(
            f"{rate.measured.rate_hz:>8g}{times.body.count:>9}{times.skipped:>8}   {_figures(times.lateness)}"
            f"   {_figures(times.body)}"
        )
    lines += ["", *(rate.words for rate in report.rates), "", report.conclusion, "what limits it:"]
    return lines + [f"- {text}" for text in report.limits]


def _figures(figures: TimeFigures) -> str:
    return f"{figures.p50_us:>9.1f}{figures.p99_us:>8.0f}{figures.p999_us:>8.0f}{figures.max_us:>9.0f}"

"""Whether a computer held a rate while it was measured, and what limited it, in words; nothing beyond what was seen."""

from __future__ import annotations

import enum

from controller.processes.realtime.host_facts import NOT_SHOWN, HostFacts
from workbench.runs.rate_measurement import LatePeriod, RateResult

LATE_SHARE = 0.2
"""Largest part of a period that percentile 99.9 of the lateness may take: 200 us at 1 kHz (requirement of the loop)."""
FEWEST_PERIODS = 1000
"""A percentile 99.9 needs as many periods, or it is the largest value."""
LARGE_SHARE = 0.05
"""Part of the cores' time from which stolen time and the load of others are mentioned (assumed)."""
HELD_UP_SHARE = 0.5
"""Part of a late period without a core from which other programs are said to be the reason (assumed)."""
PERFORMANCE = "performance"


class Verdict(enum.StrEnum):
    """What a measurement says of a rate."""

    HELD = "held"
    NOT_HELD = "not held"
    TOO_SHORT = "measured for too short a time to tell"


def verdict(result: RateResult) -> Verdict:
    """Return whether a rate was held: no deadline missed, and the lateness small against the period."""
    times = result.times
    allowed_us = LATE_SHARE * times.period_us
    is_right = times.overruns == 0 and times.lateness.p999_us <= allowed_us
    if times.lateness.count < FEWEST_PERIODS:
        return Verdict.TOO_SHORT if times.overruns == 0 else Verdict.NOT_HELD
    return Verdict.HELD if is_right else Verdict.NOT_HELD


def rate_words(result: RateResult) -> str:
    """Return the verdict on one rate as a sentence."""
    times, found = result.times, verdict(result)
    text = f"{result.rate_hz:g} Hz {found} in {times.lateness.count} periods of {result.wall_s:.1f} s"
    if found is Verdict.TOO_SHORT:
        return f"{text}; {FEWEST_PERIODS} periods are needed"
    if found is Verdict.HELD:
        return text
    why = []
    if times.overruns:
        why.append(f"{times.overruns} of them went past the next deadline, deadlines left out: {times.skipped}")
    allowed_us = LATE_SHARE * times.period_us
    if not times.lateness.p999_us <= allowed_us:
        why.append(f"p99.9 of the lateness is {times.lateness.p999_us:.0f} us, allowed {allowed_us:.0f} us")
    return f"{text}: {'; '.join(why)}"


def held_hz(results: tuple[RateResult, ...]) -> float | None:
    """Return the highest rate that was held, None where none was."""
    return max((result.rate_hz for result in results if verdict(result) is Verdict.HELD), default=None)


def conclusion(results: tuple[RateResult, ...]) -> str:
    """Return what this computer can hold, as far as it was measured."""
    rate_hz = held_hz(results)
    tried = ", ".join(f"{result.rate_hz:g}" for result in results)
    if rate_hz is None:
        return f"this computer held none of the rates that were measured ({tried} Hz)"
    (best,) = (result for result in results if result.rate_hz == rate_hz)
    return (
        f"this computer held {rate_hz:g} Hz for {best.wall_s:.1f} s, under the load of that time; longer times and "
        f"other loads were not measured"
    )


def limits(results: tuple[RateResult, ...], host: HostFacts) -> tuple[str, ...]:
    """Return what limits the rate, a sentence each: what was measured first, then what is known of the computer."""
    return (*_measured_limits(results), *_host_limits(results, host))


def _measured_limits(results: tuple[RateResult, ...]) -> tuple[str, ...]:
    missed = [result for result in results if verdict(result) is Verdict.NOT_HELD and result.worst]
    words = [f"{result.rate_hz:g} Hz: {worst_words(result.worst[0], result)}" for result in missed]
    stolen = max(result.load.stolen_share for result in results)
    others = max(result.load.others_share for result in results)
    if stolen > LARGE_SHARE:
        words.append(f"the hypervisor took {stolen:.0%} of the cores' time")
    if others > LARGE_SHARE:
        words.append(f"other programs used {others:.0%} of the cores' time")
    if rivals := sorted({rival for result in results for rival in result.load.rivals}):
        words.append(f"other programs had a real-time priority: {', '.join(rivals)}")
    nice = max((result.load.nice for result in results if not result.permitted.is_fifo), default=0)
    if nice > 0:
        words.append(f"this process had nice {nice}: other ordinary programs came first")
    return tuple(words)


def worst_words(period: LatePeriod, result: RateResult) -> str:
    """Return what the worst period of a rate consisted of, and what it waited for."""
    permitted = result.permitted
    text = (
        f"worst period began {period.late_us:.0f} us late and worked for {period.body_us:.0f} us (median "
        f"{result.times.body.p50_us:.0f} us)"
    )
    if period.waited_us >= HELD_UP_SHARE * period.whole_us:
        who = (
            "programs of a higher priority, or the kernel's share for ordinary ones," if permitted.is_fifo else "others"
        )
        return f"{text}; for {period.waited_us:.0f} us of it {who} had the core"
    if result.times.body.p50_us >= HELD_UP_SHARE * period.whole_us:
        return f"{text}; the work itself takes that long"
    return (
        f"{text}; only {period.waited_us:.0f} us of it were spent waiting for a core: interrupts, the kernel or a "
        f"hypervisor had it"
    )


def _host_limits(results: tuple[RateResult, ...], host: HostFacts) -> tuple[str, ...]:
    """Return what is known to limit this computer, whether or not it was seen."""
    words = list(dict.fromkeys(warning for result in results for warning in result.permitted.warnings))
    if "real time" not in host.preemption:
        words.append(f"kernel preemption is {host.preemption}: a kernel with PREEMPT_RT has shorter worst cases")
    if host.is_virtual:
        words.append("it runs under a hypervisor, which may take a core away at any time: use a computer of its own")
    if not host.governors:
        words.append(f"the governor of the cores' speed is {NOT_SHOWN}")
    elif host.governors != (PERFORMANCE,):
        words.append(f"governor of the cores' speed is {', '.join(host.governors)}: choose {PERFORMANCE}")
    if not host.isolated_cores:
        words.append("no core is isolated: boot with isolcpus=, nohz_full= and irqaffinity= for one of them")
    if any(result.permitted.is_fifo for result in results) and host.realtime_share < 1.0:
        words.append(
            f"the kernel keeps {1.0 - host.realtime_share:.0%} of a core for ordinary programs: keep them off the core "
            f"of the loop"
        )
    return tuple(words)

"""``doctor --realtime``: a measurement for real, what it says of others, and what it refuses."""

import contextlib
import io
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from pydantic import TypeAdapter

from controller.errors import PlantError
from controller.processes.realtime.histogram import TimeFigures
from controller.processes.realtime.host_facts import host_facts
from controller.processes.realtime.load_facts import LoadFacts
from controller.processes.realtime.loop_times import LoopFigures
from controller.processes.realtime.permissions import Permitted, Wishes
from workbench import cli
from workbench.commands import doctor_realtime
from workbench.commands.doctor_realtime import RateReport, RealtimeReport, report_lines
from workbench.runs.prepare import Prepared
from workbench.runs.rate_measurement import LatePeriod, RateResult, measure_rate, together
from workbench.runs.rate_verdict import Verdict, conclusion, held_hz, limits, rate_words, verdict, worst_words
from workbench.runs.tick_tape import TapePlant, TickTape, record_tape

Capture = pytest.CaptureFixture[str]
DOCUMENT = Path(cli.__file__).parents[1] / "docs" / "realtime.md"
NOTHING = LoadFacts(0.0, 0.0, 0.0, 0, 0, (), 0)
ALL = Permitted(True, 1, True, True, True, ())


def figures(count: int, p999_us: float) -> TimeFigures:
    return TimeFigures(count, 1.0, 0.5 * p999_us, p999_us, 2.0 * p999_us)


def result(
    rate_hz: float = 1000.0, count: int = 5000, p999_us: float = 100.0, overruns: int = 0, load: LoadFacts = NOTHING
) -> RateResult:
    times = LoopFigures(1e6 / rate_hz, figures(count, p999_us), figures(count, 200.0), overruns, 2 * overruns)
    return RateResult(rate_hz, count / rate_hz, ALL, times, load, (LatePeriod(7, 4000.0, 3900.0, 300.0, 0.0),))


def keys(value: object) -> set[str]:
    """Return the names of all keys in a value read from JSON."""
    if isinstance(value, dict):
        return set(value) | {key for one in value.values() for key in keys(one)}
    return {key for one in value for key in keys(one)} if isinstance(value, list) else set()


@pytest.fixture(scope="module")
def measured() -> tuple[str, Prepared, TickTape]:
    """Measure once, as the command does; return what it printed, its session and its tape."""
    made: list[tuple[Prepared, TickTape]] = []

    def record(prepared: Prepared, ticks: int) -> TickTape:
        made.append((prepared, record_tape(prepared, ticks)))
        return made[0][1]

    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
        patch.setattr(doctor_realtime, "record_tape", record)
        arguments = ["doctor", "--realtime", "--seconds", "1", "--rate", "250", "--ordinary", "--json"]
        assert cli.main(arguments) == 0
    return out.getvalue(), *made[0]


def test_a_measurement_for_real_is_json_of_the_documented_form(measured: tuple[str, Prepared, TickTape]) -> None:
    out, _, _ = measured
    report = TypeAdapter(RealtimeReport).validate_json(out, strict=True)
    (rate,) = report.rates
    periods = rate.measured.times.lateness.count
    assert (report.seconds, rate.measured.rate_hz, rate.measured.permitted.is_fifo) == (1.0, 250.0, False)
    assert 0 < periods == rate.measured.times.body.count
    assert rate.verdict in set(Verdict)
    assert str(periods) in rate.words
    assert 1 <= len(rate.measured.worst) <= 5
    text = DOCUMENT.read_text(encoding="utf-8")
    assert [key for key in sorted(keys(orjson.loads(out))) if f"`{key}`" not in text] == []


@pytest.mark.parametrize(
    ("measured", "found", "words"),
    [
        (result(), Verdict.HELD, "1000 Hz held in 5000 periods of 5.0 s"),
        (result(p999_us=200.0), Verdict.HELD, "held"),
        (result(p999_us=201.0), Verdict.NOT_HELD, "allowed 200 us"),
        (result(p999_us=float("nan")), Verdict.NOT_HELD, "nan us"),
        (result(overruns=3), Verdict.NOT_HELD, "3 of them went past the next deadline, deadlines left out: 6"),
        (result(count=999), Verdict.TOO_SHORT, "1000 periods are needed"),
        (result(count=999, overruns=1), Verdict.NOT_HELD, "1 of them went past"),
        (result(500.0, p999_us=300.0), Verdict.HELD, "500 Hz held"),
    ],
)
def test_a_rate_is_held_without_a_missed_deadline_and_with_small_lateness(
    measured: RateResult, found: Verdict, words: str
) -> None:
    assert verdict(measured) is found
    assert words in rate_words(measured)


def test_the_highest_rate_that_was_held_counts_and_nothing_more_is_said() -> None:
    results = (result(overruns=1), result(500.0), result(250.0))
    assert held_hz(results) == 500.0
    assert "500 Hz for 10.0 s, under the load of that time" in conclusion(results)
    assert held_hz(results[:1]) is None
    assert "none of the rates that were measured (1000 Hz)" in conclusion(results[:1])


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (
            LatePeriod(0, 4000.0, 3900.0, 300.0, 0.0),
            "programs of a higher priority, or the kernel's share",
        ),
        (LatePeriod(0, 10.0, 0.0, 4000.0, 0.0), "interrupts, the kernel or a hypervisor"),
        (LatePeriod(0, 1.0, 0.0, 1.0, 0.0), "the work itself takes that long"),
    ],
)
def test_the_worst_period_says_what_it_waited_for(period: LatePeriod, words: str) -> None:
    assert words in worst_words(period, result())


def test_an_ordinary_loop_is_held_up_by_anybody() -> None:
    ordinary = replace(result(), permitted=replace(ALL, is_fifo=False))
    assert "3900 us of it others had the core" in worst_words(ordinary.worst[0], ordinary)
    polite = replace(ordinary, load=replace(NOTHING, nice=5))
    assert "this process had nice 5" in "".join(limits((result(), polite), host_facts()))
    assert "nice" not in "".join(limits((result(), ordinary), host_facts()))


def test_what_limits_a_computer_is_said_in_words() -> None:
    host = replace(
        host_facts(),
        preemption="none",
        is_virtual=True,
        governors=("powersave",),
        isolated_cores=(),
        realtime_share=0.95,
    )
    load = LoadFacts(0.1, 0.6, 0.0, 0, 0, ("python (priority 30)",), 5)
    missed = replace(result(overruns=1, load=load), permitted=replace(ALL, warnings=("memory is not locked",)))
    text = "\n".join(limits((missed, result(500.0)), host))
    for words in (
        "1000 Hz: worst period began 4000 us late", "hypervisor took 10%", "other programs used 60%",
        "memory is not locked", "keeps 5% of a core", "python (priority 30)",
        "PREEMPT_RT has shorter worst cases", "under a hypervisor", "powersave: choose performance",
        "no core is isolated",
    ):  # fmt: skip
        assert words in text
    best = replace(
        host, preemption="full real time (PREEMPT_RT)", is_virtual=False, governors=("performance",),
        isolated_cores=(3,), realtime_share=1.0,
    )  # fmt: skip
    assert limits((result(),), best) == ()
    assert "not shown" in "".join(limits((result(),), replace(best, governors=())))


def test_the_report_is_a_table_and_sentences() -> None:
    measured = result()
    rate = RateReport(verdict(measured), rate_words(measured), measured)
    lines = report_lines(RealtimeReport(5.0, 1000.0, "conclusion", ("limit",), host_facts(), (rate,)))
    assert "1000     5000       0" in "\n".join(lines)
    assert lines[-5:] == [rate.words, "", "conclusion", "what limits it:", "- limit"]


def test_loads_of_several_spans_are_put_together() -> None:
    parts = (LoadFacts(0.1, 0.2, 1.0, 2, 3, ("b", "c"), 0), LoadFacts(0.3, 0.1, 1.0, 2, 3, ("a", "b"), 5))
    assert together(parts) == LoadFacts(0.3, 0.2, 2.0, 4, 6, ("a", "b", "c"), 5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--realtime", "--seconds", "nan"], "--seconds: got 'nan'; allowed: a number from 1 to 3600 s"),
        (["--realtime", "--seconds", "0"], "--seconds: got '0'"),
        (["--realtime", "--seconds", "-3"], "--seconds: got '-3'"),
        (["--realtime", "--seconds"], "--seconds: got no value"),
        (["--realtime", "--rate", "1e6"], "--rate: got '1e6'; allowed: a number from 10 to 2000 Hz"),
        (["--seconds", "5"], "--seconds without --realtime"),
        (["--rate", "500"], "--rate without --realtime"),
        (["--ordinary"], "--ordinary without --realtime"),
    ],
)
def test_what_cannot_be_measured_is_one_clear_line(capsys: Capture, arguments: list[str], words: str) -> None:
    assert cli.main(["doctor", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert words in error


def test_a_tape_plays_the_ticks_that_were_recorded_and_others_are_refused(
    measured: tuple[str, Prepared, TickTape],
) -> None:
    _, prepared, tape = measured
    assert 0 < tape.lead < len(tape.senses)
    plant = TapePlant(tape)
    with prepared.parts.session(plant) as session:
        while not plant.is_over:
            assert session.tick() is not None
    assert plant.checksum == tape.checksum
    with pytest.raises(PlantError, match="other commands"):
        measure_rate(1000.0, 600.0, prepared, replace(tape, checksum=tape.checksum ^ 1), Wishes(priority=None))
    with pytest.raises(PlantError, match="stopped"):
        plant.resume()
    with pytest.raises(PlantError, match="cannot be read"):
        TapePlant(replace(tape, senses=(b"\xff" * len(tape.senses[0]),))).read()

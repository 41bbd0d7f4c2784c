"""What a computer tells about how it keeps time, read from files as kernels write them."""

import gzip
import os
from pathlib import Path

import pytest

from controller.processes.realtime import load_facts
from controller.processes.realtime.host_facts import NOT_SHOWN, host_facts, preemption
from controller.processes.realtime.load_facts import LoadWatch, QueueTime, core_times
from controller.processes.realtime.rivals import realtime_rivals

DYNAMIC = "#1 SMP PREEMPT_DYNAMIC Debian 6.12"


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_computer_that_shows_nothing_has_facts(tmp_path: Path) -> None:
    facts = host_facts(tmp_path)
    assert (facts.is_virtual, facts.governors, facts.isolated_cores, facts.timer_slack_ns) == (False, (), (), None)
    assert (facts.clocksource, facts.realtime_share) == (NOT_SHOWN, 1.0)
    assert len(facts.allowed_cores) > 0


def test_what_a_computer_shows_is_read(tmp_path: Path) -> None:
    cpu = "sys/devices/system/cpu"
    write(tmp_path, "proc/cpuinfo", "flags\t\t: fpu vme hypervisor\n")
    write(tmp_path, "proc/self/timerslack_ns", "50000\n")
    write(tmp_path, "proc/sys/kernel/sched_rt_runtime_us", "950000\n")
    write(tmp_path, "proc/sys/kernel/sched_rt_period_us", "1000000\n")
    write(tmp_path, f"{cpu}/isolated", "2-3\n")
    for core, governor in enumerate(("powersave", "performance", "powersave")):
        write(tmp_path, f"{cpu}/cpu{core}/cpufreq/scaling_governor", f"{governor}\n")
    write(tmp_path, "sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n")
    facts = host_facts(tmp_path)
    assert (facts.is_virtual, facts.governors) == (True, ("performance", "powersave"))
    assert (facts.isolated_cores, facts.clocksource) == ((2, 3), "tsc")
    assert (facts.realtime_share, facts.timer_slack_ns) == (0.95, 50000)


@pytest.mark.parametrize(("runtime", "share"), [("-1", 1.0), ("500000", 0.5), ("what", 1.0)])
def test_the_share_of_real_time_threads(tmp_path: Path, runtime: str, share: float) -> None:
    write(tmp_path, "proc/sys/kernel/sched_rt_runtime_us", runtime)
    write(tmp_path, "proc/sys/kernel/sched_rt_period_us", "1000000")
    assert host_facts(tmp_path).realtime_share == share


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("#1 SMP PREEMPT_RT Debian", "full real time (PREEMPT_RT)"),
        ("#1 SMP PREEMPT Mon", "full"),
        ("#1 SMP Mon", "voluntary or none"),
        (DYNAMIC, f"{NOT_SHOWN} (PREEMPT_DYNAMIC)"),
    ],
)
def test_preemption_by_the_version_of_the_kernel(tmp_path: Path, version: str, words: str) -> None:
    assert preemption(tmp_path, version) == words


def test_a_kernel_that_chooses_its_preemption_is_asked_for_it_then_its_command_line_then_how_it_was_built(
    tmp_path: Path,
) -> None:
    (tmp_path / "proc").mkdir()
    config = tmp_path / "proc" / "config.gz"
    config.write_bytes(gzip.compress(b"# CONFIG_PREEMPT_LAZY is not set\nCONFIG_PREEMPT_VOLUNTARY=y\n"))
    assert preemption(tmp_path, DYNAMIC) == "voluntary (PREEMPT_DYNAMIC)"
    config.write_bytes(gzip.compress(b"CONFIG_PREEMPT=y\n"))
    assert preemption(tmp_path, DYNAMIC) == "full (PREEMPT_DYNAMIC)"
    config.write_bytes(b"no archive")
    assert preemption(tmp_path, DYNAMIC) == f"{NOT_SHOWN} (PREEMPT_DYNAMIC)"
    write(tmp_path, "proc/cmdline", "quiet preempt=full panic=1\n")
    assert preemption(tmp_path, DYNAMIC) == "full (PREEMPT_DYNAMIC)"
    write(tmp_path, "sys/kernel/debug/sched/preempt", "none voluntary (lazy) full\n")
    assert preemption(tmp_path, DYNAMIC) == "lazy (PREEMPT_DYNAMIC)"
    write(tmp_path, "sys/kernel/realtime", "1\n")
    assert preemption(tmp_path, DYNAMIC) == "full real time (PREEMPT_RT)"


@pytest.mark.parametrize("text", ["", "intr 5\n", "cpu 1 2\n", "cpu a b c d e f g h\n"])
def test_times_of_cores_that_are_hidden_are_zero(tmp_path: Path, text: str) -> None:
    (tmp_path / "stat").write_text(text)
    assert core_times(tmp_path / "stat") == core_times(tmp_path / "missing") == (0.0,) * 8


def test_shares_of_the_cores_time(monkeypatch: pytest.MonkeyPatch) -> None:
    times = [(0.0,) * 8, (40.0, 0.0, 10.0, 30.0, 0.0, 0.0, 0.0, 20.0)]
    monkeypatch.setattr(load_facts, "core_times", lambda: times.pop(0))
    monkeypatch.setattr(load_facts.time, "process_time", lambda: 30.0 * (2 - len(times)))
    facts = LoadWatch().facts()
    assert (facts.stolen_share, facts.others_share) == pytest.approx((0.2, 0.2))
    assert min(facts.waited_s, facts.switches, facts.page_faults) >= 0


def test_no_time_has_no_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_facts, "core_times", lambda: (0.0,) * 8)
    facts = LoadWatch().facts()
    assert (facts.stolen_share, facts.others_share) == (0.0, 0.0)


@pytest.mark.parametrize(("text", "waited_ns"), [("5 17 3\n", 17), ("5\n", 0), ("a b\n", 0)])
def test_the_time_without_a_core_is_read(tmp_path: Path, text: str, waited_ns: int) -> None:
    path = tmp_path / "schedstat"
    path.write_text(text)
    queue = QueueTime(path)
    assert queue.waited_ns() == queue.waited_ns() == waited_ns
    queue.close()
    queue.close()
    assert queue.waited_ns() == QueueTime(tmp_path / "missing").waited_ns() == 0


def _stat(name: str, flags: int, priority: int, policy: int) -> str:
    fields = ["0"] * 50
    fields[0], fields[6], fields[37], fields[38] = "S", str(flags), str(priority), str(policy)
    return f"7 ({name}) {' '.join(fields)}\n"


def test_rivals_are_real_time_threads_of_other_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = (
        ("7/task/7", _stat("a (b) c", 0, 30, 1)),
        ("7/task/8", _stat("robin", 0, 10, 2)),
        ("7/task/9", _stat("weak", 0, 9, 1)),
        ("8/task/8", _stat("ordinary", 0, 0, 0)),
        ("9/task/9", _stat("irq/24", 0x00200040, 50, 1)),
        ("10/task/10", "broken"),
        (f"{os.getpid()}/task/1", _stat("self", 0, 30, 1)),
    )
    for place, text in threads:
        write(tmp_path, f"proc/{place}/stat", text)
    assert realtime_rivals(tmp_path, 10) == ("a (b) c (priority 30)", "robin (priority 10)")
    monkeypatch.setattr(load_facts, "ROOT", tmp_path)
    watch = LoadWatch()
    write(tmp_path, "proc/11/task/11/stat", _stat("later", 0, 99, 1))
    assert watch.facts().rivals == ("a (b) c (priority 30)", "later (priority 99)", "robin (priority 10)")

"""Answers questions of the bench: a number of calls a line in, the time of each in nanoseconds out, as JSON."""

import json
import sys
import time
from collections.abc import Callable

WARM_UP_CALLS = 200


def answer(call: Callable[[], object]) -> None:
    """Serve until the input ends.

    Args:
        call: what is timed.
    """
    for _ in range(WARM_UP_CALLS):
        call()
    clock = time.perf_counter_ns
    out = sys.__stdout__
    if out is None:
        raise SystemExit("no output to answer on")
    print("ready", file=out, flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            began = clock()
            call()
            times.append(clock() - began)
        print(json.dumps(times), file=out, flush=True)

"""Requests reach the loop in order, at their time, from lists, other threads and several sources at once."""

from __future__ import annotations

import math
import threading

import pytest

from controller.errors import ConfigError
from controller.operator import Asked, Inbox, Operators, Request, TimedRequest, TimedRequests
from controller.types import Clearance


def at(t_s: float, request: Request, who: Clearance = Clearance.OPERATOR) -> TimedRequest:
    return TimedRequest(t_s, Asked(request, who))


def names(asked: tuple[Asked, ...]) -> list[Request]:
    return [one.request for one in asked]


def test_a_list_is_handed_over_by_time_and_in_its_own_order_at_equal_times() -> None:
    listed = TimedRequests([at(2.0, Request.SKIP), at(0.0, Request.SOFTER), at(2.0, Request.PAUSE)])
    assert names(listed.poll(0.0).asked) == [Request.SOFTER]
    assert listed.poll(1.999).asked == ()
    assert names(listed.poll(2.0).asked) == [Request.SKIP, Request.PAUSE]
    assert listed.poll(1e9).asked == ()


def test_a_list_says_what_may_still_come() -> None:
    listed = TimedRequests([at(1.0, Request.RESUME), at(2.0, Request.CLEAR), at(3.0, Request.CLEAR, Clearance.SERVICE)])
    before = listed.poll(0.0)
    assert (before.may_clear, before.may_resume) == (Clearance.SERVICE, True)
    assert listed.poll(1.0).may_resume is False
    assert listed.poll(2.0).may_clear is Clearance.SERVICE
    assert listed.poll(3.0).may_clear is Clearance.NOBODY


@pytest.mark.parametrize("t_s", [-0.001, math.nan, math.inf])
def test_a_time_that_no_tick_has_is_refused(t_s: float) -> None:
    with pytest.raises(ConfigError, match="at least 0 s"):
        at(t_s, Request.STOP)


def test_an_inbox_loses_nothing_that_other_threads_put_in() -> None:
    inbox = Inbox()
    each = 2000
    threads = [threading.Thread(target=lambda: [inbox.ask(Request.SOFTER) for _ in range(each)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    found = 0
    while any(thread.is_alive() for thread in threads):
        found += len(inbox.poll(0.0).asked)
    for thread in threads:
        thread.join()
    assert found + len(inbox.poll(0.0).asked) == 4 * each
    assert inbox.poll(0.0).asked == ()
    assert inbox.poll(0.0).may_resume


def test_several_operators_are_heard_in_order_and_the_highest_rank_counts() -> None:
    inbox = Inbox(Clearance.OPERATOR_AT_ARM)
    inbox.ask(Request.STOP)
    both = Operators((TimedRequests([at(0.0, Request.SOFTER)]), inbox))
    found = both.poll(0.0)
    assert names(found.asked) == [Request.SOFTER, Request.STOP]
    assert found.may_clear is Clearance.OPERATOR_AT_ARM
    assert Operators(()).poll(0.0).may_clear is Clearance.NOBODY

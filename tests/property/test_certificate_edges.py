"""Where the gate stops or lowers a tick by a hair, the certificate does not pass it; by a hair less, it does."""

from __future__ import annotations

import pytest

from controller.types import ContactState
from tests.certificate_edges import Edge, bases, certificate_judge, edges, field_at, gate_judge

SURER = {"observer_n", "press_n", "observer_margin_n", "observer_base_n", "pressed_apart", "pulled_apart", "last_t_s"}
"""Numbers at which the gate counts for a while where the certificate hands over at once; and a last tick that is yet to
come, which no gate remembers."""
ARMS = ("servo7", "panda")


def _name(edge: Edge) -> str:
    """Return what is turned at an edge."""
    return str(edge.way[-1]) if edge.way[0] else field_at(edge.inside, int(edge.way[1])).name


@pytest.mark.parametrize("arm_name", ARMS)
@pytest.mark.parametrize("contact", [ContactState.FREE, ContactState.WORK])
def test_the_certificate_ends_where_the_gate_does(arm_name: str, contact: ContactState) -> None:
    is_certified, is_let_through = certificate_judge(arm_name), gate_judge(arm_name)
    base = next(one for one in bases(arm_name, is_let_through) if one.tick[0].contact is contact)
    found = list(edges(base, is_let_through))
    ways = {edge.way for edge in found}
    assert {way[0] for way in ways} == {0, 1, 2}
    assert len(found) > 150
    assert [edge.way for edge in found if is_let_through(edge.outside)] == []
    assert [edge.way for edge in found if is_certified(edge.outside)] == []
    assert {_name(edge) for edge in found if not is_certified(edge.inside)} <= SURER

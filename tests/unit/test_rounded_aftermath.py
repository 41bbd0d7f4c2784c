"""What is recorded of the seconds after the end has the digits of the columns, unless all of them are asked for."""

import dataclasses

import orjson
from hypothesis import given
from hypothesis import strategies as st

from controller.types import Truth
from tests.synthetic import step
from workbench.record.other_truth import AfterSample, rounded

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)


@given(NUMBERS, st.tuples(NUMBERS, NUMBERS, NUMBERS), st.floats(0.0, 1e4))
def test_numbers_of_the_aftermath_are_off_by_less_than_columns_are_and_times_by_nothing(
    number: float, vector: tuple[float, float, float], t_s: float
) -> None:
    sample = AfterSample(t_s, (dataclasses.replace(step(700).truth[0], press_n=number, force_w=vector),))
    recorded = rounded(sample)
    assert recorded.t_s == t_s
    (got,) = recorded.truth
    for before, after in zip((number, *vector), (got.press_n, *got.force_w), strict=True):
        assert abs(after - before) <= 6e-8 * abs(before)
    assert got.region == sample.truth[0].region
    assert len(orjson.dumps(recorded)) <= len(orjson.dumps(sample))
    assert {one.name for one in dataclasses.fields(Truth)} == {one.name for one in dataclasses.fields(got)}

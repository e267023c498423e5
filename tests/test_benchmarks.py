"""Every contender of the benchmark does the same work, and all of it."""

import math

import pytest

from benchmarks.__main__ import blocking
from benchmarks.contenders import KEPT, SENT, has_capacity

CASES = [
    pytest.param(contender, capacity, id=f"{kind} {name} at {capacity}")
    for kind, contenders in (("kept", KEPT), ("sent", SENT))
    for name, contender in contenders.items()
    for capacity in (0, 1, 8, math.inf)
    if has_capacity(name, capacity)
]


@pytest.mark.parametrize(("contender", "capacity"), CASES)
def test_a_contender_hands_back_the_result_of_every_job_once(contender, capacity):
    assert sorted(contender(range(50), capacity, 3)) == list(range(50))


def test_blocking_jobs_are_all_done():
    _, shares = blocking(20, 1)
    assert sum(shares) == 20

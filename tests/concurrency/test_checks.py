"""Arguments are validated before anything starts, whatever type of number they are."""

import functools
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from support import run_simulated

from patterns import basic
from patterns.concurrency import Channel, Context, Ticker, TokenBucket, now, sleep
from patterns.concurrency.checks import check_count, check_process, moment, nanoseconds

WHOLE = [np.int8, np.int32, np.int64, np.uint8, np.uint64, int, Fraction]
NUMBERS = [*WHOLE, np.float16, np.float32, np.float64, float]


@pytest.mark.parametrize("number", NUMBERS)
def test_any_real_number_is_a_number_of_seconds(number):
    assert nanoseconds(number(100), "seconds") == 100_000_000_000
    assert moment(number(100), "timeout") == 100_000_000_000


@pytest.mark.parametrize("number", NUMBERS)
def test_the_primitives_take_any_real_number_exactly(number):
    def body():
        sleep(number(3))
        ticker, bucket = Ticker(number(3)), TokenBucket(number(2), np.int8(1))
        context = Context(timeout=number(3))
        return now(), ticker.wait(), context.deadline, bucket.rate, bucket.burst

    assert run_simulated(body) == (3.0, 6.0, 6.0, 2, 1)


@pytest.mark.parametrize("count", [np.int8, np.int64, np.uint8, int])
def test_any_whole_number_is_a_count(count):
    def body():
        channel = Channel(count(2))
        report = basic.run(range(4), str, workers=count(2), buffer=count(1))
        return repr(channel), type(channel.capacity), len(report.succeeded)

    assert run_simulated(lambda: body()[1:]) == (int, 4)


@pytest.mark.parametrize("count", [-1, 1.0, "1", None, True, np.float64(1), np.bool_(True)])
def test_what_is_no_count_is_refused_with_the_rule_and_what_came(count):
    with pytest.raises(ValueError, match="workers") as caught:
        check_count("workers", count, 0)
    assert str(caught.value) == f"workers must be a whole number >= 0, got {count!r}"


@pytest.mark.parametrize("seconds", [math.nan, np.float64("nan"), "1", None, Decimal(1), 1j])
def test_what_is_no_number_of_seconds_is_refused_with_the_rule_and_what_came(seconds):
    with pytest.raises(ValueError, match="seconds") as caught:
        nanoseconds(seconds, "seconds")
    rule = f"seconds must be a number of seconds >= 0 and <= 1e12, got {seconds!r}"
    assert str(caught.value) == rule


def test_the_least_positive_time_is_a_nanosecond():
    assert nanoseconds(1e-12, "interval", positive=True) == 1


@pytest.mark.parametrize("seconds", [-1e-9, -1, -math.inf, np.int64(-1)])
def test_a_time_limit_below_zero_has_passed(seconds):
    assert moment(seconds, "timeout") == 0


# What a worker calls.


async def asynchronous(job):
    return job


async def generating(job):
    yield job


class Callable:
    async def __call__(self, job):
        return job

    async def method(self, job):
        return job


@pytest.mark.parametrize(
    ("process", "name"),
    [
        (asynchronous, "asynchronous"),
        (generating, "generating"),
        (functools.partial(asynchronous, 1), "asynchronous"),
        (Callable(), "Callable"),
        (Callable().method, "method"),
    ],
)
def test_an_async_function_is_refused_by_name(process, name):
    with pytest.raises(TypeError) as caught:
        check_process(process)
    assert str(caught.value) == (
        f"process must be a plain function, got the async function {name}: "
        "called by a worker it would return a coroutine and do nothing"
    )


@pytest.mark.parametrize("process", [None, 3, "process"])
def test_what_cannot_be_called_is_refused(process):
    with pytest.raises(TypeError, match=rf"^process must be a function, got {process!r}$"):
        check_process(process)


@pytest.mark.parametrize("process", [len, str, Callable, [].append, functools.partial(max, 1)])
def test_anything_else_that_can_be_called_is_a_process(process):
    check_process(process)

"""A pool is called with its arguments, known by its name, and refused before it runs."""

from functools import partial

import pytest

from lab.model.pool import bind, title
from patterns import basic, error_handling, pitfalls
from patterns.plain import basic as plain


def add(first, second=1):
    return first + second


@pytest.mark.parametrize(
    ("pool", "name"),
    [
        (basic.run, "basic"),
        (basic.demo, "basic"),
        (error_handling.demo, "error handling"),
        (partial(partial(basic.demo, workers=3), jobs=1), "basic"),
        (pitfalls.two_small_buffers, "two small buffers"),
        (plain.tasks, "tasks"),
        (lambda: None, "run"),
        (basic.Channel, "Channel"),
    ],
)
def test_a_pool_is_known_by_its_module_or_its_function(pool, name):
    assert title(pool) == name


def test_a_pool_is_called_with_its_arguments():
    assert bind(add, (1,), {"second": 2})() == 3


def test_a_pool_without_arguments_stays_the_function_it_is():
    assert bind(basic.demo) is basic.demo


@pytest.mark.parametrize(
    ("args", "options", "message"),
    [
        ((), {}, "add: missing a required argument: 'first'; it takes first, second"),
        ((1, 2, 3), {}, "add: too many positional arguments"),
        ((1,), {"secnd": 2}, "add: got an unexpected keyword argument 'secnd'"),  # codespell:ignore
    ],
)
def test_arguments_that_do_not_fit_are_refused(args, options, message):
    with pytest.raises(TypeError, match=message):
        bind(add, args, options)


def test_what_is_no_function_is_refused():
    with pytest.raises(ValueError, match="pool must be a function, got 3"):
        bind(3)


def test_a_function_that_does_not_tell_its_parameters_is_called_all_the_same():
    assert bind(max, (1, 2))() == 2

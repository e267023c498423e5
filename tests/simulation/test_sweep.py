"""One option is swept, and what comes of each of its values is laid side by side."""

import pytest

from lab import simulate, sweep
from lab.model.deadlock import Deadlock
from lab.tracing import makespan, queue_peak, utilisation
from patterns import basic, pitfalls


def test_there_is_a_run_for_each_value():
    runs = sweep(basic.demo, workers=[1, 2, 5])
    assert {workers: run.elapsed for workers, run in runs.items()} == {1: 10.0, 2: 5.0, 5: 2.0}


def test_the_other_options_stay_the_same():
    runs = sweep(basic.demo, jobs=4, seconds=0.5, workers=[1, 4])
    assert [run.elapsed for run in runs.values()] == [2.0, 0.5]
    assert runs[4].options == {"jobs": 4, "seconds": 0.5, "workers": 4}


def test_positional_arguments_are_passed_on():
    runs = sweep(basic.run, [1, 2], str, workers=[1, 2])
    assert [run.value.values for run in runs.values()] == [["1", "2"]] * 2


def test_each_run_is_what_simulating_gives():
    assert (
        sweep(basic.demo, seed=3, buffer=[0, 2])[2].trace
        == simulate(basic.demo, seed=3, buffer=2).trace
    )


def test_the_order_of_events_can_be_swept():
    runs = sweep(basic.demo, seed=[1, 2], workers=5)
    assert runs[1].trace != runs[2].trace


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"workers": [1, 2]}, ["1 worker", "2 workers"]),
        ({"buffer": [0, 2]}, ["buffer 0", "buffer 2"]),
        ({"timeout": [None, 0.5]}, ["timeout None", "timeout 0.5"]),
    ],
)
def test_runs_are_named_by_what_differs(options, names):
    runs = sweep(basic.demo, **options)
    assert list(runs.named()) == names
    assert [run.name for run in runs.values()] == names


def test_a_function_or_a_word_is_a_name_by_itself():
    def hasty(job):
        return job

    runs = sweep(basic.run, [1, 2], process=[hasty, str, lambda job: job, lambda job: -job])
    assert list(runs.named()) == ["hasty", "str", "run", "run (2)"]
    assert [row[0] for row in runs.table(makespan).rows] == ["hasty", "str", "run", "run (2)"]


def test_the_table_has_a_row_a_value_and_a_column_a_metric():
    table = sweep(basic.demo, workers=[1, 3]).table(makespan, busy=utilisation, peak=queue_peak)
    assert repr(table).splitlines() == [
        "workers  makespan  busy  peak",
        "1            10 s  100%     9",
        "3             4 s   83%     7",
    ]


def test_a_column_may_have_a_format_of_its_own():
    table = sweep(basic.demo, workers=[1]).table(makespan=(makespan, "{:.1f} seconds"))
    assert table.rows == (("1", "10.0 seconds"),)


def test_a_value_under_which_the_pool_deadlocks_keeps_the_deadlock():
    runs = sweep(pitfalls.two_small_buffers, buffer=[2, 10])
    assert isinstance(runs[2], Deadlock)
    assert runs[2].trace is not None
    assert runs.table(makespan, results=lambda run: len(run.value)).rows == (
        ("2", "deadlock at 2 s", "\N{EN DASH}"),
        ("10", "4 s", "10"),
    )


def test_what_the_pool_raises_comes_out():
    with pytest.raises(ValueError, match="workers must be a whole number >= 1, got 0"):
        sweep(basic.demo, workers=[1, 0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 3}, "one option must be a list, .* got none"),
        ({"workers": [1], "buffer": [2]}, "one option must be a list, .* got workers and buffer"),
        ({"workers": []}, r"workers must hold at least one value, got \[\]"),
    ],
)
def test_not_to_say_what_is_swept_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        sweep(basic.demo, **options)


def test_a_table_without_a_metric_is_refused():
    with pytest.raises(ValueError, match="a table must have at least one metric"):
        sweep(basic.demo, workers=[1]).table()

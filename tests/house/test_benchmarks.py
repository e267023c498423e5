"""Every contender of the benchmark does the same work, and all of it; tables say what was found."""

import math
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import ROOT

from benchmarks import greenlets
from benchmarks.__main__ import machine, page, targets
from benchmarks.baton import BatonRuntime
from benchmarks.contenders import BACK, CHANNEL, CONTENDERS
from benchmarks.figure import apart, picture
from benchmarks.measuring import (
    CAPACITIES,
    CREWS,
    cost_table,
    enough,
    faster_peers,
    present,
    summary_table,
    timed,
)
from benchmarks.memory import peak
from benchmarks.own import blocking, import_time
from benchmarks.table import Table, spread
from lab.simulation import RandomOrder
from lab.simulation.play import play
from lab.simulation.runtime import SimulatedRuntime
from patterns import basic

needs_gevent = pytest.mark.skipif(
    not greenlets.installed(), reason="gevent is only installed by make bench"
)
CASES = [
    pytest.param(contender, capacity, id=f"{name} at {capacity}")
    for name, contender in CONTENDERS.items()
    for capacity in (0, 1, 8, math.inf)
    if contender.offers(capacity) and name != greenlets.NAME
]


def figures(cost):
    """Return costs as measured, by `cost(name, capacity)`."""
    return {
        name: {c: [cost(name, c)] for c in CAPACITIES if contender.offers(c)}
        for name, contender in CONTENDERS.items()
    }


def by_crew(ratio):
    return {name: {crew: [ratio] for crew in CREWS} for name in CONTENDERS}


@pytest.mark.parametrize(("contender", "capacity"), CASES)
def test_a_contender_hands_back_the_result_of_every_job_once(contender, capacity):
    assert sorted(contender.run(range(50), capacity, 3, None, True)) == list(range(50))


@pytest.mark.parametrize(("contender", "capacity"), CASES)
def test_a_contender_that_naps_does_every_job_as_well(contender, capacity):
    assert sorted(contender.run(range(6), capacity, 3, 0.001, True)) == list(range(6))


@pytest.mark.parametrize(("contender", "capacity"), CASES)
def test_a_contender_keeps_no_result_if_it_is_not_to(contender, capacity):
    assert contender.run(range(10), capacity, 3, None, False) == []


@needs_gevent
@pytest.mark.parametrize("capacity", [0, 1, math.inf])
@pytest.mark.parametrize("nap", [None, 0.001])
def test_gevent_is_measured_in_a_process_of_its_own(capacity, nap):
    try:
        assert timed(CONTENDERS[greenlets.NAME], 20, capacity, 3, nap) > 0
    finally:
        greenlets.stop()


@pytest.mark.parametrize("name", BACK)
@pytest.mark.parametrize("capacity", [1, 8, math.inf])
def test_results_that_are_sent_back_are_all_there(name, capacity):
    assert sorted(BACK[name](range(50), capacity, 3)) == list(range(50))


def test_blocking_jobs_are_all_done():
    _, shares = blocking(20, 1)
    assert sum(shares) == 20


def test_a_peer_that_is_not_installed_is_left_out(monkeypatch):
    monkeypatch.setattr(greenlets, "installed", lambda: False)
    assert set(CONTENDERS) - set(present()) == {greenlets.NAME}


@pytest.mark.parametrize(("cost", "jobs"), [(1.0, 500), (1e-5, 10_000), (1e-9, 100_000)])
def test_as_many_jobs_are_run_as_take_about_the_time_there_is(cost, jobs):
    assert enough(lambda number: 3.0 + number * cost, 0.1, 500) == pytest.approx(jobs, rel=0.01)


def test_the_peak_of_memory_is_some_megabytes():
    assert 5 < peak() < 100_000


def test_importing_the_package_takes_some_time():
    assert 0 < import_time("patterns") < 10


def test_a_median_is_told_with_its_spread():
    assert spread([3.0, 1.0, 2.0]) == "2.00 (1.00 to 3.00)"
    assert (spread([1.5], 1), spread(None)) == ("1.5", "-")


def test_a_table_is_told_as_text_and_as_markdown():
    table = Table("Costs", ["", "1", "unbounded"], [["here", "2.00", "-"]], ["And a note."])
    assert table.text() == "Costs\n         1  unbounded\nhere  2.00          -\nAnd a note.\n"
    assert table.markdown() == (
        "**Costs**\n\n|  | 1 | unbounded |\n| --- | ---: | ---: |\n| here | 2.00 | - |\n"
        "\nAnd a note.\n"
    )


def test_a_contender_without_a_capacity_stands_in_the_last_column_only():
    table = cost_table("Costs", figures(lambda name, capacity: 1.0))
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["executor.map"] == ["-"] * 5 + ["1.00"]
    assert rows["queue.Queue"] == ["-", *["1.00"] * 5]


def test_a_peer_that_is_faster_is_named_with_the_reason():
    costs = figures(lambda name, capacity: 0.5 if (name, capacity) == ("queue.Queue", 8) else 1.0)
    assert faster_peers(costs) == [
        f"- queue.Queue, 2.0 times at 8: {CONTENDERS['queue.Queue'].note}."
    ]


def test_targets_are_met_or_not_by_the_fastest_bounded_peer():
    cost = {CHANNEL: 1.0, "executor.map": 20.0, "asyncio.Queue": 2.0, greenlets.NAME: 0.5}
    table = targets(
        figures(lambda name, capacity: cost.get(name, 30.0)), dict.fromkeys(CONTENDERS, 1.0)
    )
    assert [row[:3] + row[4:] for row in table.rows] == [
        ["executor.map", "1000", "20.00", "met"],
        ["fastest bounded peer in Python: asyncio.Queue", "1000", "2.00", "met"],
        ["fastest bounded peer: gevent.queue", "1000", "0.50", "NOT MET"],
        ["fastest bounded peer in Python: asyncio.Queue", "100", "2.00", "met"],
        ["fastest bounded peer: gevent.queue", "100", "0.50", "NOT MET"],
    ]


def test_the_picture_draws_every_contender_and_says_what_it_shows():
    costs, naps = figures(lambda name, capacity: 2.0), by_crew(1.25)
    drawn = picture(costs, naps, dict.fromkeys(CONTENDERS, 7.0), 1_000)
    by_capacity, many, memory = drawn.figure.axes
    for ax in (by_capacity, many):
        assert {text.get_text() for text in ax.texts} == set(CONTENDERS)
    assert [bar.get_width() for bar in memory.patches] == [7.0] * len(CONTENDERS)
    assert "Memory grown by 1,000 jobs, in MB: Channel (here) 7" in drawn.text


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.floats(1.0, 100.0), min_size=1, max_size=17))
def test_labels_are_moved_apart_and_stay_inside(values):
    places = apart(sorted(values), 1.0, 100.0)
    gaps = [math.log(b / a) for a, b in pairwise(places)]
    assert all(gap >= math.log(100) / 17 - 1e-9 for gap in gaps)
    assert places[-1] <= 100.0 + 1e-9


def test_the_page_says_where_it_was_measured_and_carries_the_picture_with_its_text():
    costs = figures(lambda name, capacity: 1.0)
    grown = dict.fromkeys(CONTENDERS, 1.0)
    tables = [summary_table(costs, by_crew(1.0), grown, 1_000)] * 5 + [targets(costs, grown)]
    told = page(tables, [], "what it shows")
    assert machine() in told
    assert "![what it shows](../images/bench.png)" in told
    assert "- nowhere" in told


def test_what_only_the_benchmark_needs_is_pinned():
    lines = (ROOT / "benchmarks" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert pins
    assert all(re.fullmatch(r"[\w-]+==[\w.]+", pin) for pin in pins)


@pytest.mark.parametrize("seed", range(20))
def test_threads_that_hand_on_a_baton_run_the_same_schedule_as_greenlets(seed):
    runs = [
        play(basic.demo, RandomOrder(seed), max_steps=10_000, kind=kind)
        for kind in (SimulatedRuntime, BatonRuntime)
    ]
    values = [(run.value, run.end, run.runtime.steps) for run in runs]
    assert values[0] == values[1]

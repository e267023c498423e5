"""Formulas drawn beside runs: what stands where, and what is said where a formula does not hold."""

from functools import partial
from statistics import fmean

import pytest
from matplotlib.collections import PathCollection, PolyCollection

from lab import simulate
from lab.plots import draw_envelope, draw_littles_law, draw_makespan_bounds, draw_waiting
from lab.teaching.comparing import run_pool
from lab.teaching.workload import sample_random_arrivals
from lab.tracing import waiting_times
from lab.tracing.theory import mmc_waiting_time
from patterns import basic, rate_limited
from patterns.concurrency import sleep

TEN = simulate(basic.demo)
BUCKET = partial(rate_limited.demo, limiter="bucket", workers=4, rate=4.0, burst=3)


def notes(picture):
    return " ".join(text.get_text() for text in picture.figure.texts)


def title(ax):
    return ax.get_title(loc="left")


def marks(ax, marker):
    """Return the points drawn with a marker: "o" or "X", told apart by their size."""
    size = {"o": 10, "X": 60}[marker]
    return [
        tuple(map(float, point))
        for collection in ax.collections
        if isinstance(collection, PathCollection) and collection.get_sizes()[0] == size
        for point in collection.get_offsets()
    ]


# Little's law.


def test_both_sides_of_littles_law_stand_in_the_title():
    above, _ = draw_littles_law(TEN).figure.axes
    # Three jobs end each second, the tenth in the fourth: 3*1 + 3*2 + 3*3 + 4 = 22 job-seconds.
    assert title(above) == "L = 5.5 jobs, λ·W = 2.5 jobs/s · 2.2 s = 5.5"


def test_the_area_is_that_under_the_jobs_in_the_system():
    above, _ = draw_littles_law(TEN).figure.axes
    [area] = [c for c in above.collections if isinstance(c, PolyCollection)]
    x, y = area.get_paths()[0].vertices.T
    assert (x.min(), x.max(), y.max()) == (0.0, 4.0, 10.0)
    assert above.lines[1].get_ydata() == [5.5, 5.5]


def test_the_two_sides_meet_at_the_end_and_not_before():
    _, below = draw_littles_law(TEN).figure.axes
    one, other = (line.get_ydata() for line in below.lines[:2])
    assert one[-1] == pytest.approx(other[-1])
    assert abs(one[300] - other[300]) > 1


# Graham's bound.


def orders(services, workers):
    """Run the same jobs in every rotation of their order."""
    return [
        simulate(basic.run, services[first:] + services[:first], sleep, workers=workers)
        for first in range(len(services))
    ]


def test_every_run_of_a_greedy_pool_lies_between_its_bounds():
    runs = {f"{n} workers": orders([1.0, 1.0, 1.0, 3.0], n) for n in (1, 2)}
    [ax] = draw_makespan_bounds(runs).figure.axes
    bands = next(c for c in ax.collections if isinstance(c, PolyCollection)).get_paths()
    limits = [(b.vertices[:, 1].min(), b.vertices[:, 1].max()) for b in bands]
    assert limits == [(6.0, 6.0), (3.0, 4.5)]
    dots = marks(ax, "o")
    assert [y for _, y in dots] == [6.0] * 4 + [3.0, 3.0, 4.0, 4.0]
    assert title(ax) == "Within Graham's bound: 8 of 8 runs"
    assert [label.get_text() for label in ax.get_xticklabels()] == list(runs)


def test_a_run_to_which_the_bound_does_not_apply_is_a_cross_beyond_it():
    held = simulate(BUCKET, jobs=8, seconds=0.1)
    picture = draw_makespan_bounds({"basic": [TEN], "rate limited": [held]})
    [ax] = picture.figure.axes
    [(place, makespan)] = marks(ax, "X")
    assert (place, makespan) == (1.0, pytest.approx(1.35))
    assert title(ax) == "Within Graham's bound: 1 of 2 runs; beyond it, so not greedy: 1 (x)"
    assert "not with a rate limit" in notes(picture)


# Erlang's formula.


def test_a_run_is_a_mark_at_its_load_and_its_wait():
    picture = draw_waiting(4, {"random": {0.5: [0.1, 0.2], 0.8: [0.7]}, "constant": {0.5: [0.05]}})
    [ax] = picture.figure.axes
    series = {c.get_label(): c.get_offsets().tolist() for c in ax.collections}
    assert series == {"random": [[0.5, 0.1], [0.5, 0.2], [0.8, 0.7]], "constant": [[0.5, 0.05]]}


def test_the_curve_is_erlangs_formula_up_to_the_top_of_the_chart():
    [ax] = draw_waiting(2, {"random": {0.5: [0.3]}}, service_seconds=2.0).figure.axes
    [curve] = ax.lines
    for load, wait in list(zip(*curve.get_data(), strict=True))[1:]:
        assert wait == pytest.approx(mmc_waiting_time(2, load * 2 / 2.0, 2.0))
    assert curve.get_ydata()[-1] <= ax.get_ylim()[1]


@pytest.mark.parametrize(("constant", "share"), [(False, 1.0), (True, 0.5)])
def test_simulated_arrivals_lie_about_the_curve_and_constant_services_below(constant, share):
    loads = (0.5, 0.7)
    options = {"workers": 2, "jobs": 2000, "sample": 2, "constant": constant}
    runs = [run_pool("basic", sample_random_arrivals(load, **options)) for load in loads]
    expected = [mmc_waiting_time(2, 2 * load, 1.0) * share for load in loads]
    assert [fmean(waiting_times(run)) for run in runs] == pytest.approx(expected, rel=0.25)


# The token bucket.


def test_a_bucket_keeps_below_its_envelope_in_every_window():
    picture = draw_envelope(simulate(BUCKET, jobs=8), 4.0, 3)
    above, below = picture.figure.axes
    assert above.lines[1].get_ydata().tolist() == [*range(9), 8]
    assert below.lines[1].get_xdata().tolist()[1:-1] == [0, 0, 0, 0.25, 0.5, 0.75, 1.0, 1.25]
    assert title(below) == "The most within any window: never above 3 + 4·t"
    assert picture.text.split(". ")[0].endswith("beside 3 + 4·t: never more")


def test_several_buckets_together_break_the_envelope_of_one():
    trace = simulate(BUCKET, jobs=12, scope="per worker")
    _, below = draw_envelope(trace, 4.0, 3).figure.axes
    assert title(below) == "Broken: 12 jobs within 0 s, 3 are allowed"
    assert marks(below, "X") == [(0.0, 12.0)]


def test_a_limit_that_is_met_to_the_nanosecond_is_not_broken():
    times = [0.0, 0.0, 0.0, *(0.1 * n for n in range(1, 50))]
    _, below = draw_envelope(TEN, 10.0, 3, times).figure.axes
    assert title(below).startswith("The most within any window: never above")


# All of them.


@pytest.mark.parametrize(
    ("picture", "source"),
    [
        (draw_littles_law(TEN), "Little 1961"),
        (draw_makespan_bounds({"basic": [TEN]}), "Graham 1966"),
        (draw_waiting(1, {"random": {0.5: [0.5]}}), "Erlang 1917"),
        (draw_envelope(TEN, 1.0, 10), "Cruz 1991"),
    ],
)
def test_every_picture_names_its_source_and_where_it_holds_in_the_figure_and_in_the_text(
    picture, source
):
    note = notes(picture)
    assert note.startswith(f"{source}. Holds ")
    assert picture.text.endswith(" ".join(note.split()))

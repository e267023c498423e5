"""Pictures, checked by their artists: what stands where, and what is said of it."""

import itertools
import re
import subprocess
import sys
from functools import partial

import matplotlib
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgb

from lab import Deadlock, simulate
from lab.plots import Picture, compare, draw, queue_depth, throughput, timeline
from lab.plots import worker_count as worker_count_chart
from lab.plots.palette import LOOKS
from lab.tracing import Outcome, Span, State, Trace, trace_from_spans
from patterns import basic, dynamic, pitfalls
from patterns.concurrency import sleep

TRACE = simulate(basic.run).trace
EMPTY = Trace("virtual", 0.0, (), (), ())
CHARTS = (timeline, throughput, queue_depth, worker_count_chart)


def failing():
    def process(job):
        sleep(0.5)
        if job % 4 == 0:
            raise ValueError(job)

    return simulate(partial(basic.run, process=process)).trace


def bars(ax):
    """Return the extents of all bars as (left, right, lane)."""
    extents = []
    for collection in ax.collections:
        if isinstance(collection, PolyCollection):
            for path in collection.get_paths():
                (left, top), (right, bottom) = path.vertices.min(0), path.vertices.max(0)
                extents.append((left, right, round((top + bottom) / 2)))
    return sorted(extents)


def luminance(colour):
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), channels, strict=True))


def test_every_job_is_a_bar_from_its_start_to_its_end_in_its_workers_lane():
    starts = [(0, 1), (1, 2), (2, 3)]
    assert bars(timeline(TRACE)) == sorted(
        [(a, b, lane) for a, b in starts for lane in range(3)] + [(3, 4, 0)]
    )


def test_the_first_worker_is_on_top():
    ax = timeline(TRACE)
    bottom, top = ax.get_ylim()
    assert top < bottom
    assert [t.get_text() for t in ax.get_yticklabels()] == ["worker-1", "worker-2", "worker-3"]


def test_the_jobs_are_named_in_their_bars():
    assert sorted(int(t.get_text()) for t in timeline(TRACE).texts) == list(range(1, 11))


def test_the_title_says_the_finding():
    assert timeline(TRACE).get_title(loc="left") == "10 jobs on 3 workers: 4 s, workers busy 83%"


def test_how_busy_workers_were_is_not_said_if_some_joined_later():
    pool = partial(dynamic.run, num_jobs=9, job_seconds=0.04, autoscaler=dynamic.Autoscaler())
    title = timeline(simulate(pool).trace).get_title(loc="left")
    assert title == "9 jobs on 3 workers: 0.16 s"


def test_numbers_are_left_out_where_most_bars_have_no_room_for_them():
    def process(job):
        sleep(20 if job == 1 else 0.01)

    assert not timeline(simulate(partial(basic.run, process=process)).trace).texts


@pytest.mark.parametrize("workers", [3, 8, 10, 12, 20])
def test_the_highest_count_can_be_read_from_its_axis(workers):
    ax = worker_count_chart(simulate(partial(basic.run, num_jobs=20, num_workers=workers)).trace)
    assert workers in ax.get_yticks()
    assert len(ax.get_yticks()) <= 5


def test_the_key_shows_only_the_looks_that_occur():
    texts = timeline(failing()).get_legend().get_texts()
    assert [t.get_text() for t in texts] == ["working", "failed"]


def test_the_time_axis_says_that_time_is_virtual():
    assert timeline(TRACE).get_xlabel() == "seconds (virtual)"


def test_the_time_axis_of_a_real_run_says_seconds():
    span = Span("w", State.WORKING, 0, 1, "1", Outcome.OK)
    assert timeline(trace_from_spans([span], clock="real", elapsed=1)).get_xlabel() == "seconds"


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_draws_on_the_axes_it_is_given_and_returns_them(chart):
    ax = timeline(EMPTY)
    assert chart(TRACE, ax=ax) is ax


@pytest.mark.parametrize("chart", CHARTS)
def test_an_empty_trace_can_be_drawn(chart):
    assert draw(EMPTY, chart).png()


def test_throughput_rises_to_the_number_of_jobs():
    [line] = throughput(TRACE).lines
    assert (line.get_xdata()[-1], line.get_ydata()[-1]) == (4.0, 10)


def test_failed_jobs_have_a_curve_of_their_own():
    ax = throughput(failing())
    assert [line.get_ydata()[-1] for line in ax.lines] == [10, 2]
    assert [t.get_text() for t in ax.texts] == ["of these failed"]


def test_the_capacity_is_drawn_where_the_queue_came_near_it():
    ax = queue_depth(TRACE)
    assert [t.get_text() for t in ax.texts] == ["capacity 10"]


def test_the_capacity_is_left_out_where_it_is_far_away():
    ax = queue_depth(simulate(partial(basic.run, buffer=1000)).trace)
    assert len(ax.texts) == 0


def test_compared_curves_are_labelled_where_they_end_and_differ_in_dashes():
    runs = {f"{n} workers": simulate(partial(basic.run, num_workers=n)).trace for n in (2, 5)}
    *_, ax = compare(runs).figure.axes
    assert [t.get_text() for t in ax.texts] == ["2 workers", "5 workers"]
    assert len({line.get_linestyle() for line in ax.lines}) == 2


def test_of_curves_that_coincide_one_is_shown_and_bears_both_names():
    *_, ax = compare({"one": TRACE, "two": TRACE}, throughput).figure.axes
    assert [t.get_text() for t in ax.texts] == ["one\n= two"]
    assert [line.get_visible() for line in ax.lines] == [True, False]


def test_many_curves_are_named_beside_the_chart_and_differ_without_colour():
    runs = {f"{n} workers": simulate(partial(basic.run, num_workers=n)).trace for n in range(1, 6)}
    *_, ax = compare(runs, throughput).figure.axes
    assert [t.get_text() for t in ax.get_legend().get_texts()] == list(runs)
    assert len({str(line._unscaled_dash_pattern) for line in ax.lines}) == 5
    assert len(ax.texts) == 0


def test_the_job_channel_is_called_the_queue_and_another_by_its_name():
    assert queue_depth(TRACE).get_ylabel() == "jobs queued"
    assert queue_depth(TRACE, name="results").get_ylabel() == "in results"


def test_compared_timelines_have_one_time_axis():
    runs = {f"{n} workers": simulate(partial(basic.run, num_workers=n)).trace for n in (2, 5)}
    assert {ax.get_xlim() for ax in compare(runs).figure.axes} == {(0.0, 5.0)}


def test_comparing_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one run, got none"):
        compare({})


def test_a_deadlock_at_time_zero_shows_who_is_blocked():
    with pytest.raises(Deadlock) as caught:
        simulate(partial(pitfalls.two_small_buffers, job_seconds=0))
    ax = timeline(caught.value.trace)
    assert [right - left for left, right, _ in bars(ax)] == pytest.approx([0.05] * 3)
    assert ax.get_xlim() == (0.0, 1.0)


def test_a_worker_who_leaves_at_once_has_an_empty_lane():
    ax = timeline(simulate(partial(basic.run, num_workers=12)).trace)
    assert len(ax.get_yticklabels()) == 12
    assert {lane for _, _, lane in bars(ax)} == set(range(10))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["working"]
    assert not [c for c in ax.collections if isinstance(c, LineCollection)]


def test_jobs_that_take_no_time_are_marked():
    trace = simulate(partial(basic.run, job_seconds=0)).trace
    marks = [c for c in timeline(trace).collections if isinstance(c, LineCollection)]
    assert sum(len(m.get_segments()) for m in marks) == 10


def test_many_spans_are_few_artists():
    spans = [
        Span(f"w{n % 8}", State.WORKING, n // 8, n // 8 + 1, str(n), Outcome.OK)
        for n in range(20_000)
    ]
    ax = timeline(trace_from_spans(spans, clock="virtual", elapsed=2500))
    assert len(ax.collections) + len(ax.texts) + len(ax.patches) == 1


def area(collection):
    """Return the areas of a collection's polygons, by the shoelace formula."""
    return [
        abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in itertools.pairwise(path.vertices))) / 2
        for path in collection.get_paths()
    ]


def test_where_bars_would_hide_one_another_a_lane_shows_shares_of_time():
    spans = [
        Span("w", state, n + start, n + end, job, outcome)
        for n in range(5_000)
        for state, start, end, job, outcome in [
            (State.WAITING, 0.0, 0.25, None, None),
            (State.WORKING, 0.25, 0.5, f"a{n}", Outcome.FAILED),
            (State.WORKING, 0.5, 1.0, f"b{n}", Outcome.OK),
        ]
    ]
    ax = timeline(trace_from_spans(spans, clock="virtual", elapsed=10_000))
    shares = {c.get_label(): area(c)[0] / (5_000 * 0.8) for c in ax.collections}
    expected = {"working": 0.5, "failed": 0.25, "waiting": 0.25}
    assert shares == pytest.approx(expected, rel=1e-3)
    assert ax.get_ylabel() == "shares of time"


def test_a_hundred_thousand_spans_are_a_few_polygons_for_each_lane():
    spans = [
        Span(f"w{n % 8}", State.WORKING, n // 8, n // 8 + 1, str(n), Outcome.OK)
        for n in range(100_000)
    ]
    ax = timeline(trace_from_spans(spans, clock="virtual", elapsed=12_500))
    assert [len(c.get_paths()) for c in ax.collections] == [8]


def test_a_thousand_lanes_name_only_some_workers():
    trace = simulate(partial(basic.run, num_jobs=1000, num_workers=1000)).trace
    assert len(timeline(trace).get_yticks()) <= 30


def test_the_same_run_gives_the_same_bytes():
    assert draw(TRACE, *CHARTS).png() == draw(simulate(basic.run).trace, *CHARTS).png()


def test_a_picture_in_a_notebook_carries_its_text_in_every_form():
    bundle = draw(TRACE)._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "image/png"}
    assert bundle["text/plain"].startswith("Against time: what each worker did when. 3 workers")
    assert f'alt="{bundle["text/plain"]}"' in bundle["text/html"]
    assert bundle["image/png"] in bundle["text/html"]


def test_the_alternative_text_is_escaped():
    picture = Picture(draw(TRACE).figure, 'a "b" <c>')
    assert 'alt="a &quot;b&quot; &lt;c&gt;"' in picture._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_saved_picture_is_the_same_every_time(tmp_path, suffix):
    paths = [tmp_path / f"{n}.{suffix}" for n in (1, 2)]
    for path in paths:
        draw(TRACE).save(path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_picture_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.png or \.svg, got .*run\.jpg"):
        draw(TRACE).save(tmp_path / "run.jpg")


def test_the_settings_of_matplotlib_stay_as_they_are():
    before = dict(matplotlib.rcParams)
    draw(TRACE, *CHARTS).png()
    assert dict(matplotlib.rcParams) == before


def test_pyplot_is_not_loaded():
    code = "import sys, lab.plots; print('matplotlib.pyplot' in sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert output.stdout == "False\n"


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(LOOKS, 2)))
def test_two_looks_differ_without_colour(one, other):
    a, b = LOOKS[one], LOOKS[other]
    assert a.hatch != b.hatch or abs(luminance(a.fill) - luminance(b.fill)) > 0.1


@pytest.mark.parametrize("name", LOOKS)
def test_text_can_be_read_on_its_fill(name):
    light, dark = sorted([luminance(LOOKS[name].fill), luminance(LOOKS[name].text)], reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_every_curve_colour_is_a_colour():
    from lab.plots.palette import CURVES

    assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour, _ in CURVES)

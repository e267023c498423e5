"""Laws that every picture keeps, whatever it shows."""

import io
import itertools
import subprocess
import sys
from functools import cache
from types import SimpleNamespace

import matplotlib
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from lab import simulate
from lab.model.exploration import Failure, ScheduleOutcome
from lab.model.run import Run
from lab.model.schedule import Schedule
from lab.model.trace import Job, Span, State, Trace, Turn
from lab.model.trace import Outcome as Ended
from lab.plots import (
    compare,
    draw,
    draw_counts,
    draw_diff,
    draw_envelope,
    draw_failure,
    draw_littles_law,
    draw_makespan_bounds,
    draw_outcomes,
    draw_turns,
    draw_waiting,
    missed_beats,
    queue_depth,
    throughput,
    timeline,
    tokens,
    worker_count,
)
from lab.plots.figure import DPI, WIDTH
from lab.plots.palette import legible
from lab.plots.picture import LEAST_WIDTH
from lab.tracing import trace_from_spans
from patterns import basic
from patterns.concurrency import Report

HOSTILE = [
    "5$ and 6$",
    "$\\frac{$",
    "one \ud800 alone",
    "two\nlines\tand \x00\x1b",
    "<b>&amp;\"'",
    "日本 🦜 \u202e",
    "",
    "{} %s {0}",
    "very long " * 50,
]


def of_jobs(names, workers, clock="virtual"):
    """Return a trace with one job of a second for each name, dealt out to the workers."""
    spans, outcomes = [], [Ended.OK, Ended.FAILED, Ended.CANCELLED]
    for number, name in enumerate(names):
        start, worker = number // len(workers), workers[number % len(workers)]
        spans.append(Span(worker, State.WORKING, start, start + 1, name, outcomes[number % 3]))
    return trace_from_spans(spans, clock=clock, elapsed=len(names) // len(workers) + 1)


def cut_off():
    """Return a trace that a deadlock ended at time zero."""
    spans = (Span("w", State.BLOCKED, 0.0, 0.0, "1", None, "results"),)
    return Trace("virtual", 0.0, ("w",), spans, (Job("1", Ended.CANCELLED, 0.0, 0.0),))


TRACES = {
    "ten jobs": simulate(basic.demo).trace,
    "nothing": Trace("virtual", 0.0, (), (), ()),
    "one job": of_jobs(["1"], ["w"], clock="real"),
    "a deadlock": cut_off(),
    "forty workers": of_jobs(
        [str(number) for number in range(40)], [f"worker-{number}" for number in range(40)]
    ),
    "hostile names": of_jobs(HOSTILE, HOSTILE[::-1]),
}


def beats(trace):
    seen = [
        SimpleNamespace(time=0.0, worker=w, missed=3, verdict="dead") for w in trace.workers[:400]
    ]
    return missed_beats(seen, 3)


def turns_of(trace):
    return [
        Turn(span.start, span.worker, "load", span.job or "", str(span.outcome), moved)
        for span in trace.spans[:12]
        for moved in (None, "main")
    ]


def failure_of(trace, passing=True):
    turns, message = tuple(turns_of(trace)), " ".join(job.id for job in trace.jobs[:20])
    well = (Schedule(), trace, turns) if passing else (None, None, ())
    return Failure("check", message, Schedule(), trace, turns, *well)


def report_of(trace):
    jobs = tuple(job.id for job in trace.jobs)
    return Report(jobs, jobs[:2], ())


def outcomes_of(trace):
    kinds = [None, "check", "deadlock", "unheard of"]
    ways = range(len(trace.jobs) + 1)
    return [ScheduleOutcome(Schedule(), None, kinds[n % len(kinds)], "") for n in ways]


def label(trace):
    return trace.workers[0] if trace.workers else "$"


def labels(trace):
    return list(dict.fromkeys(trace.workers))[:9] or ["one"]


CHARTS = {
    "timeline": lambda trace: timeline,
    "throughput": lambda trace: throughput,
    "queue_depth": lambda trace: queue_depth,
    "worker_count": lambda trace: worker_count,
    "tokens": lambda trace: tokens(2, 2),
    "missed_beats": beats,
}
PICTURES = {
    "draw": lambda t: draw(t, *(chart(t) for chart in CHARTS.values())),
    "draw, arrows": lambda t: draw(t, timeline, throughput, arrows=True),
    "draw, titled": lambda t: draw(t, throughput, title=label(t)),
    "compare": lambda t: compare(dict.fromkeys(labels(t)[:2], t), timeline, beats(t)),
    "compare, many": lambda t: compare(dict.fromkeys(labels(t), t), throughput, tokens(2, 2)),
    "draw_counts": lambda t: draw_counts(dict.fromkeys(labels(t), report_of(t)), label(t)),
    "draw_diff": lambda t: draw_diff(t, TRACES["ten jobs"], names=(label(t), "ten")),
    "draw_littles_law": draw_littles_law,
    "draw_makespan_bounds": lambda t: draw_makespan_bounds({name: [t] for name in labels(t)}),
    "draw_waiting": lambda t: draw_waiting(2, {label(t): {0.5: [0.1, 0.2]}, "none": {}}),
    "draw_envelope": lambda t: draw_envelope(t, 1.0, 2),
    "draw_outcomes": lambda t: draw_outcomes({label(t): outcomes_of(t)}, ring=1),
    "draw_failure": lambda t: draw_failure(failure_of(t)),
    "draw_failure, alone": lambda t: draw_failure(failure_of(t, passing=False)),
    "draw_turns": lambda t: draw_turns(
        turns_of(t), title=label(t), text="who did what", done=1, ready={label(t): "load"}, run=t
    ),
}


@cache
def drawn(picture, trace):
    """Draw a picture once for all the laws that only look at it."""
    return PICTURES[picture](TRACES[trace])


@pytest.fixture(scope="module", autouse=True)
def _drawn_for_this_module_only():
    yield
    drawn.cache_clear()
    written.cache_clear()


every_picture = pytest.mark.parametrize("picture", PICTURES)
every_chart = pytest.mark.parametrize("chart", CHARTS)
every_trace = pytest.mark.parametrize("trace", TRACES)


def out_of_view(axis):
    """Return the labels of ticks that lie beyond the end of an axis, and are not drawn."""
    low, high = sorted(axis.get_view_interval())
    beyond = [tick for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high]
    return {label for tick in beyond for label in (tick.label1, tick.label2)}


@cache
def written(picture, trace):
    """Return the texts that are drawn, as (text, extent in pixels)."""
    figure = drawn(picture, trace).figure
    figure.draw_without_rendering()
    axes = [axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)]
    hidden = set().union(*map(out_of_view, axes))
    texts = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text() not in ("", " ")]
    return [(t.get_text(), t.get_window_extent()) for t in texts if t not in hidden]


@every_picture
@every_trace
def test_nothing_is_refused_and_every_text_lies_on_the_page(picture, trace):
    width, height = drawn(picture, trace).figure.bbox.size
    assert width == 900
    outside = [
        (text, extent.extents.round())
        for text, extent in written(picture, trace)
        if extent.x0 < 0 or extent.y0 < 0 or extent.x1 > width or extent.y1 > height
    ]
    assert outside == []


@every_picture
@every_trace
def test_no_text_is_smaller_than_nine_pixels_where_a_page_is_narrow(picture, trace):
    texts = [t for t in drawn(picture, trace).figure.findobj(Text) if t.get_text().strip()]
    smallest = min(text.get_fontsize() for text in texts)
    assert smallest * DPI / 72 * LEAST_WIDTH / WIDTH >= 9


@every_picture
def test_every_text_beside_a_chart_stands_out_from_white(picture):
    texts = [t for t in drawn(picture, "ten jobs").figure.findobj(Text) if t.get_text().strip()]
    colours = {to_hex(text.get_color()) for text in texts} - {"#ffffff"}  # that is on bars
    assert {colour for colour in colours if legible(colour) != colour} == set()


@every_picture
def test_no_text_covers_another(picture):
    texts = sorted(written(picture, "ten jobs"), key=lambda one: one[1].extents.tolist())
    covered = [
        (one, other)
        for (one, here), (other, there) in itertools.combinations(texts, 2)
        if min(here.x1, there.x1) - max(here.x0, there.x0) > 2
        and min(here.y1, there.y1) - max(here.y0, there.y0) > 2
    ]
    assert covered == []


@pytest.mark.parametrize("picture", ["draw_failure", "draw_failure, alone"])
@pytest.mark.parametrize("trace", ["ten jobs", "hostile names", "forty workers"])
def test_a_ring_touches_no_text(picture, trace):
    figure = drawn(picture, trace).figure
    rings = [patch for ax in figure.axes for patch in ax.patches if patch.get_gid() == "ring"]
    assert rings
    half = rings[0].get_linewidth() / 2 * DPI / 72
    for extent in (ring.get_window_extent() for ring in rings):
        inside, outside = extent.padded(-half), extent.padded(half)
        touched = [
            text
            for text, there in written(picture, trace)
            if outside.overlaps(there)
            and not (inside.contains(*there.min) and inside.contains(*there.max))
        ]
        assert touched == []


@every_picture
def test_the_same_run_gives_the_same_bytes_and_leaves_the_settings_of_matplotlib_alone(picture):
    before = dict(matplotlib.rcParams)
    again = PICTURES[picture](TRACES["ten jobs"])
    assert again.png() == drawn(picture, "ten jobs").png()
    assert dict(matplotlib.rcParams) == before


@every_picture
@every_trace
def test_the_text_says_something_that_any_page_can_hold(picture, trace):
    text = drawn(picture, trace).text
    assert len(text.split()) > 1
    assert text.encode()


@every_chart
@pytest.mark.parametrize("trace", ["nothing", "hostile names"])
def test_a_chart_draws_on_the_axes_it_is_given_and_returns_them(chart, trace):
    figure = Figure()
    ax = figure.add_subplot()
    assert CHARTS[chart](TRACES[trace])(TRACES[trace], ax) is ax
    assert figure.axes == [ax]
    figure.savefig(io.BytesIO())


@every_chart
def test_a_run_is_drawn_as_its_trace_is(chart):
    trace = TRACES["one job"]
    run, chart = Run(None, trace, trace.elapsed, trace.clock), CHARTS[chart](trace)
    assert draw(run, chart).png() == draw(trace, chart).png()


@pytest.mark.parametrize(
    "nothing",
    [
        lambda: compare({}),
        lambda: draw_counts({}),
        lambda: draw_outcomes({}),
        lambda: draw_outcomes({"empty": ()}),
        lambda: draw_makespan_bounds({}),
        lambda: draw_waiting(1, {}),
    ],
)
def test_no_run_at_all_is_an_error(nothing):
    with pytest.raises(ValueError, match="must hold at least one"):
        nothing()


def test_pyplot_is_not_loaded():
    code = "import sys, lab.plots; print('matplotlib.pyplot' in sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert output.stdout == "False\n"

"""Charts with a lane for each worker, checked by their artists: what stands where."""

import itertools

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.quiver import Quiver

from lab import Deadlock, simulate
from lab.plots import draw, missed_beats, throughput, timeline
from lab.tracing import Outcome, Span, State, trace_from_spans
from patterns import basic, dynamic, heartbeat, pitfalls
from patterns.concurrency import sleep

RUN = simulate(basic.demo)


@pytest.fixture(scope="module")
def watched():
    """A heartbeat pool that gave two workers up, and what its supervisor saw."""
    history = []
    return simulate(heartbeat.demo, history=history), history


def bars(ax):
    """Return the extents of all bars as (left, right, lane)."""
    extents = []
    for collection in ax.collections:
        if isinstance(collection, PolyCollection) and not isinstance(collection, Quiver):
            for path in collection.get_paths():
                (left, top), (right, bottom) = path.vertices.min(0), path.vertices.max(0)
                extents.append((left, right, round((top + bottom) / 2)))
    return sorted(extents)


def test_every_job_is_a_bar_from_its_start_to_its_end_in_its_workers_lane():
    starts = [(0, 1), (1, 2), (2, 3)]
    assert bars(timeline(RUN)) == sorted(
        [(a, b, lane) for a, b in starts for lane in range(3)] + [(3, 4, 0)]
    )


def test_the_first_worker_is_on_top():
    ax = timeline(RUN)
    bottom, top = ax.get_ylim()
    assert top < bottom
    assert [t.get_text() for t in ax.get_yticklabels()] == ["worker-1", "worker-2", "worker-3"]


def test_the_jobs_are_named_in_their_bars():
    assert sorted(int(t.get_text()) for t in timeline(RUN).texts) == list(range(1, 11))


def test_the_title_says_the_finding():
    assert timeline(RUN).get_title(loc="left") == "10 jobs on 3 workers: 4 s, workers busy 83%"


def test_how_busy_workers_were_is_not_said_if_some_joined_later():
    run = simulate(dynamic.demo, jobs=9, seconds=0.04, min_workers=1, autoscale=True)
    assert timeline(run).get_title(loc="left") == "9 jobs on 3 workers: 0.18 s"


def numbers(job_seconds, jobs):
    run = simulate(basic.run, range(jobs), lambda job: sleep(job_seconds(job)))
    return [text.get_text() for text in timeline(run).texts]


def test_numbers_are_left_out_where_most_bars_have_no_room_for_them():
    assert numbers(lambda job: 0.1 if job == 1 else 0.05, 180) == []


def test_a_wide_bar_has_its_number_however_many_narrow_ones_there_are():
    assert numbers(lambda job: 2 if job == 1 else 0.02, 60) == ["1"]


def test_a_job_in_hand_at_a_deadlock_is_unfinished_and_all_who_wait_do_so_to_one_edge():
    with pytest.raises(Deadlock) as caught:
        simulate(pitfalls.two_small_buffers)
    ax = timeline(caught.value)
    assert key_of(ax) == ["working", "unfinished", "blocked"]
    last = {lane: right for _, right, lane in bars(ax)}
    assert set(last.values()) == {ax.get_xlim()[1]}
    assert "3 unfinished" in ax.get_title(loc="left")


def fail(job):
    sleep(1.0)
    raise ValueError(job)


def test_the_key_shows_only_the_looks_that_occur():
    texts = timeline(simulate(basic.run, [1], fail)).get_legend().get_texts()
    assert [t.get_text() for t in texts] == ["failed"]


def test_the_time_axis_says_that_time_is_virtual():
    assert timeline(RUN).get_xlabel() == "seconds (virtual)"


def test_the_time_axis_of_a_real_run_says_seconds():
    span = Span("w", State.WORKING, 0, 1, "1", Outcome.OK)
    assert timeline(trace_from_spans([span], clock="real", elapsed=1)).get_xlabel() == "seconds"


def test_a_deadlock_at_time_zero_shows_who_is_blocked():
    with pytest.raises(Deadlock) as caught:
        simulate(pitfalls.two_small_buffers, seconds=0)
    ax = timeline(caught.value)
    assert [right - left for left, right, _ in bars(ax)] == pytest.approx([0.05] * 3)
    assert ax.get_xlim() == (0.0, 1.0)


def test_a_worker_who_leaves_at_once_has_an_empty_lane():
    ax = timeline(simulate(basic.demo, workers=12))
    assert len(ax.get_yticklabels()) == 12
    assert {lane for _, _, lane in bars(ax)} == set(range(10))
    assert not [c for c in ax.collections if isinstance(c, LineCollection)]


def arrows_of(ax):
    """Return where the arrows of a timeline begin and end, as (time, lane, time, lane)."""
    [arrows] = [c for c in ax.collections if isinstance(c, Quiver)]
    ends = zip(arrows.X, arrows.Y, arrows.U, arrows.V, strict=True)
    return sorted((x, y, x + u, y + v) for x, y, u, v in ends)


def test_an_arrow_leads_from_the_task_that_woke_another_to_that_one():
    run = simulate(basic.demo, jobs=2, workers=1, buffer=2)
    ax = draw(run, arrows=True).figure.axes[0]
    assert [name.get_text() for name in ax.get_yticklabels()] == ["main", "task-2", "worker-1"]
    main, closer, edge = 0, 1, 2 - 0.4  # an arrow meets a worker's bar at its edge
    expected = [(1, edge, 1, main), (2, edge, 2, main), (2, edge, 2, closer), (2, closer, 2, main)]
    times = [(start, end) for start, _, end, _ in arrows_of(ax)]
    assert all(start == end for start, end in times)
    assert sorted((round(x), y, round(to), there) for x, y, to, there in arrows_of(ax)) == sorted(
        expected
    )
    assert {lane for _, _, lane in bars(ax)} == {2}


def test_arrows_of_one_instant_stand_beside_one_another_in_their_order():
    ax = draw(simulate(basic.demo, jobs=2, workers=1, buffer=2), arrows=True).figure.axes[0]
    places = [start for start, _, _, _ in arrows_of(ax)]
    pixel = 2 / ax.get_window_extent().width
    assert np.diff(places) / pixel == pytest.approx([1 / pixel, 6, 6])


def test_the_text_says_who_woke_whom_how_often():
    text = draw(simulate(basic.demo, jobs=2, workers=1, buffer=2), arrows=True).text
    woke = "worker-1 woke main 2 times, worker-1 woke task-2 once, task-2 woke main once"
    assert text.endswith(f"Arrows: {woke}.")


def test_there_are_no_arrows_unless_asked_for_and_none_where_nobody_recorded_them():
    assert not [c for c in timeline(RUN).collections if isinstance(c, Quiver)]
    span = Span("w", State.WORKING, 0, 1, "1", Outcome.OK)
    picture = draw(trace_from_spans([span], clock="real", elapsed=1), arrows=True)
    assert not [c for c in picture.figure.axes[0].collections if isinstance(c, Quiver)]
    assert "No arrows" in picture.text


def test_arrows_need_a_timeline():
    with pytest.raises(ValueError, match="arrows must not be True without the timeline"):
        draw(RUN, throughput, arrows=True)


def test_the_names_of_two_pools_workers_are_told_apart():
    spans = [
        Span(worker, State.WORKING, 0, 1, "1", Outcome.OK)
        for worker in ("worker-1", "worker-1 (2)")
    ]
    ax = draw(trace_from_spans(spans, clock="virtual", elapsed=1)).figure.axes[0]
    assert [name.get_text() for name in ax.get_yticklabels()] == ["worker-1", "worker-1 (2)"]


def key_of(ax):
    """Return the names that the key of a timeline explains."""
    return [text.get_text() for text in ax.get_legend().get_texts()] if ax.get_legend() else []


def test_where_all_is_work_there_is_nothing_to_explain():
    assert key_of(timeline(simulate(basic.demo))) == []


def test_the_key_leaves_out_what_is_too_short_to_be_seen():
    def waiting(seconds):
        spans = [
            Span("w", State.WAITING, 0, seconds),
            Span("w", State.WORKING, seconds, 1, "1", Outcome.OK),
        ]
        return key_of(timeline(trace_from_spans(spans, clock="real", elapsed=1)))

    assert waiting(0.001) == []
    assert waiting(0.1) == ["working", "waiting"]


def test_jobs_that_take_no_time_are_marked():
    run = simulate(basic.demo, seconds=0)
    marks = [c for c in timeline(run).collections if isinstance(c, LineCollection)]
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
    run = simulate(basic.demo, jobs=1000, workers=1000)
    assert len(timeline(run).get_yticks()) <= 30


def test_every_look_is_a_square_in_its_workers_lane(watched):
    run, history = watched
    ax = missed_beats(history, limit=3)(run)
    points = ax.collections[0].get_offsets()
    lanes = {"worker-1": 0, "worker-2": 1, "worker-3": 2, "worker-4": 3, "worker-5": 4}
    assert [tuple(point) for point in points] == [(h.time, lanes[h.worker]) for h in history]


def test_the_lanes_are_those_of_the_timeline_whoever_was_looked_at():
    history = []
    run = simulate(heartbeat.demo, jobs=2, workers=4, stuck=(), deadly=(), history=history)
    beats, lanes = missed_beats(history, limit=3)(run), timeline(run)
    names = [label.get_text() for label in beats.get_yticklabels()]
    assert names == [label.get_text() for label in lanes.get_yticklabels()]
    assert names == ["worker-1", "worker-2", "worker-3", "worker-4"]
    assert beats.get_ylim() == lanes.get_ylim()


def test_whoever_was_given_up_is_named_in_words(watched):
    run, history = watched
    ax = missed_beats(history, limit=3)(run)
    assert [text.get_text() for text in ax.texts] == ["stuck", "dead"]


def test_the_picture_says_what_the_squares_mean(watched):
    run, history = watched
    picture = draw(run, timeline, missed_beats(history, limit=3))
    told = "beats missed by each worker at each look (worker-1 stuck at 0.9 s, worker-2 dead at"
    assert told in picture.text

"""Charts of tokens and of missed beats, and the arithmetic under them."""

from functools import partial

import pytest

from lab import simulate
from lab.plots import compare, draw, missed_beats, timeline, tokens
from lab.tracing import books, token_levels, turns
from patterns import heartbeat, rate_limited
from patterns.concurrency import Context

BUCKET = partial(rate_limited.run, limiter="bucket", burst=3, num_jobs=6)


def test_a_turn_is_when_the_limiter_let_a_job_through():
    trace = simulate(partial(BUCKET, job_seconds=0.5)).trace
    assert turns(trace) == [0.0, 0.0, 0.0, 0.4, 0.8, 1.2]


def test_a_job_cancelled_in_line_had_no_turn():
    def cut():
        return BUCKET(context=Context(timeout=0.5))

    assert turns(simulate(cut).trace) == [0.0, 0.0, 0.0, 0.4]


def test_tokens_fall_by_one_at_each_turn_and_rise_at_the_rate():
    times, levels = token_levels(simulate(BUCKET).trace, rate=2.5, burst=3)
    assert list(zip(times, levels, strict=True))[:7] == [
        (0.0, 3.0),
        (0.0, 3),
        (0.0, 2),
        (0.0, 2.0),
        (0.0, 1.0),
        (0.0, 1.0),
        (0.0, 0.0),
    ]
    assert times[7:] == pytest.approx([0.4, 0.4, 0.8, 0.8, 1.2, 1.2, 1.2])
    assert levels[7:] == pytest.approx([1, 0, 1, 0, 1, 0, 0])


def test_a_bucket_at_rest_stays_full():
    times, levels = token_levels(simulate(partial(BUCKET, num_jobs=0)).trace, rate=1, burst=5)
    assert (set(levels), times) == ({5.0}, [0.0, 0.0])


def test_the_tokens_are_drawn_up_to_the_burst():
    ax = tokens(2.5, 3)(simulate(BUCKET).trace)
    curve = next(line for line in ax.lines if line.get_gid() == "curve")
    assert max(curve.get_ydata()) == 3
    assert [text.get_text() for text in ax.texts] == ["burst 3"]


def test_two_runs_with_the_same_bucket_can_be_compared():
    runs = {f"{n} jobs": simulate(partial(BUCKET, num_jobs=n)).trace for n in (6, 12)}
    picture = compare(runs, tokens(2.5, 3))
    assert "tokens in the bucket" in picture.text


def test_a_job_cancelled_at_the_moment_of_its_turn_had_none():
    def cut():
        context = Context()
        return BUCKET(context=context, burst=1, log=lambda line: context.cancel())

    trace = simulate(cut).trace
    assert (trace.elapsed, turns(trace)) == (0.0, [])


TOO_MANY = [0.0, 0.0, 0.0, 0.0, 1.0]  # two a second were allowed, and two saved up


def test_tokens_that_were_not_there_are_counted_below_zero():
    times, levels = token_levels(simulate(BUCKET).trace, 2, 2, TOO_MANY)
    assert min(zip(levels, times, strict=True)) == (-2, 0.0)
    assert dict(zip(times, levels, strict=True))[1.0] == -1


def test_tokens_that_were_not_there_are_drawn_and_hatched():
    ax = tokens(2, 2, TOO_MANY)(simulate(BUCKET).trace)
    [too_many] = ax.collections
    assert too_many.get_hatch() == "xx"
    assert ax.get_ylim()[0] < -2


def test_nothing_is_hatched_while_the_limit_holds():
    ax = tokens(2.5, 3)(simulate(BUCKET).trace)
    assert len(ax.collections) == 0
    assert ax.get_ylim()[0] == 0


def test_every_look_is_a_square_in_its_workers_lane():
    history = []
    trace = simulate(partial(heartbeat.run, history=history)).trace
    ax = missed_beats(history, limit=3)(trace)
    points = ax.collections[0].get_offsets()
    lanes = {"worker-1": 0, "worker-2": 1, "worker-3": 2, "worker-4": 3, "worker-5": 4}
    assert [tuple(point) for point in points] == [(h.time, lanes[h.worker]) for h in history]


def test_the_lanes_are_those_of_the_timeline_whoever_was_looked_at():
    history = []
    pool = partial(heartbeat.run, num_jobs=2, num_workers=4, stuck=(), deadly=(), history=history)
    trace = simulate(pool).trace
    beats, lanes = missed_beats(history, limit=3)(trace), timeline(trace)
    names = [label.get_text() for label in beats.get_yticklabels()]
    assert names == [label.get_text() for label in lanes.get_yticklabels()]
    assert names == ["worker-1", "worker-2", "worker-3", "worker-4"]
    assert beats.get_ylim() == lanes.get_ylim()


def test_whoever_was_given_up_is_told_in_words():
    history = []
    trace = simulate(partial(heartbeat.run, history=history)).trace
    ax = missed_beats(history, limit=3)(trace)
    assert [text.get_text() for text in ax.texts] == ["stuck", "dead"]


def test_the_picture_says_what_the_squares_mean():
    history = []
    trace = simulate(partial(heartbeat.run, history=history)).trace
    picture = draw(trace, timeline, missed_beats(history, limit=3))
    told = "beats missed by each worker at each look (worker-1 stuck at 0.9 s, worker-2 dead at"
    assert told in picture.text


def test_a_job_settled_by_the_supervisor_has_failed_in_the_trace_too():
    run = simulate(heartbeat.run)
    assert [job.id for job in run.trace.jobs if job.error] == ["4", "8"]
    assert books(run.trace).failed == len(run.value.failed) == 2


def test_a_job_that_takes_no_time_is_drawn_when_its_turn_came():
    trace = simulate(partial(rate_limited.run, num_jobs=1)).trace
    worked = [span for span in trace.spans if span.state.value == "working"]
    assert [(span.start, span.end) for span in worked] == [(0.4, 0.4)]

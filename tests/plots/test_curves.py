"""Charts of a number against time, checked by their artists."""

import pytest

from lab import simulate
from lab.model.trace import Counter, Trace
from lab.plots import compare, draw, queue_depth, throughput, tokens, worker_count
from patterns import basic, rate_limited
from patterns.concurrency import sleep

RUN = simulate(basic.demo)
BUCKET = simulate(rate_limited.demo, jobs=6, limiter="bucket", rate=2.5, burst=3)
TOO_MANY = [0.0, 0.0, 0.0, 0.0, 1.0]  # two a second were allowed, and two saved up


def process(job):
    sleep(0.5)
    if job % 4 == 0:
        raise ValueError(job)


FAILING = simulate(basic.run, range(1, 11), process)


def test_throughput_rises_to_the_number_of_jobs():
    [line] = throughput(RUN).lines
    assert (line.get_xdata()[-1], line.get_ydata()[-1]) == (4.0, 10)


def test_jobs_done_are_those_that_succeeded_and_failed_ones_have_a_curve_of_their_own():
    ax = throughput(FAILING)
    assert [line.get_ydata()[-1] for line in ax.lines] == [8, 2]
    assert [t.get_text() for t in ax.texts] == ["succeeded", "failed"]


def test_compared_runs_keep_successes_and_failures_apart_too():
    *_, ax = compare({"failing": FAILING, "sound": RUN}, throughput).figure.axes
    curves = [line.get_ydata()[-1] for line in ax.lines if line.get_gid() == "curve"]
    failed = [line for line in ax.lines if line.get_gid() == "failed"]
    assert (curves, [line.get_ydata()[-1] for line in failed]) == ([8, 10], [2])
    assert ax.get_ylabel() == "jobs done\n(thin: failed)"


def of_depths(*samples):
    times, depths = zip(*samples, strict=True)
    return Trace("virtual", 4.0, ("w",), (), (), (Counter("jobs", times, depths),), "jobs")


def test_a_gap_that_is_filled_at_once_is_left_out_of_the_queue():
    ax = queue_depth(of_depths((0.0, 0), (0.0, 3), (1.0, 2), (1.0, 3), (2.0, 2)))
    curve, peaks = ax.lines
    points = list(zip(curve.get_xdata(), curve.get_ydata(), strict=True))
    assert points == [(0.0, 3), (1.0, 3), (2.0, 2), (4.0, 2)]
    assert len(peaks.get_xdata()) == 0


def test_a_job_that_is_taken_at_once_is_a_thin_line():
    ax = queue_depth(of_depths((0.0, 0), (1.0, 1), (1.0, 0), (2.0, 1), (3.0, 0)))
    curve, peaks = ax.lines
    assert list(zip(peaks.get_xdata(), peaks.get_ydata(), strict=True))[:2] == [(1.0, 0), (1.0, 1)]
    assert peaks.get_linewidth() < curve.get_linewidth()


@pytest.mark.parametrize(
    ("chart", "run", "says"),
    [
        (throughput, RUN, "Jobs done: 10, half of them by 2 s, the last at 4 s."),
        (throughput, FAILING, "half of them by 1 s, the last at 2 s; 2 failed."),
        (queue_depth, RUN, "Jobs queued: at most 7, at 0 s; 0 at the end."),
        (worker_count, RUN, "Workers: at most 3; the number falls once before the end."),
        (tokens(2.5, 3), BUCKET, "Tokens in the bucket of 3: lowest 0, at 0 s."),
        (tokens(2, 2, TOO_MANY), BUCKET, "lowest -2, at 0 s: below 0, so more jobs went through"),
    ],
)
def test_the_alternative_text_says_what_a_curve_shows(chart, run, says):
    assert says in draw(run, chart).text


def test_the_capacity_is_drawn_where_the_queue_came_near_it():
    ax = queue_depth(RUN)
    assert [t.get_text() for t in ax.texts] == ["capacity 10"]


def test_the_capacity_is_left_out_where_it_is_far_away():
    ax = queue_depth(simulate(basic.demo, buffer=1000))
    assert len(ax.texts) == 0


def test_the_job_channel_is_called_the_queue_and_another_by_its_name():
    assert queue_depth(RUN).get_ylabel() == "jobs queued"
    assert queue_depth(RUN, name="results").get_ylabel() == "in results"


@pytest.mark.parametrize("workers", [3, 8, 10, 12, 20])
def test_the_highest_count_can_be_read_from_its_axis(workers):
    ax = worker_count(simulate(basic.demo, jobs=20, workers=workers))
    assert workers in ax.get_yticks()
    assert len(ax.get_yticks()) <= 5


def test_the_tokens_are_drawn_up_to_the_burst():
    ax = tokens(2.5, 3)(BUCKET)
    curve = next(line for line in ax.lines if line.get_gid() == "curve")
    assert max(curve.get_ydata()) == 3
    assert [text.get_text() for text in ax.texts] == ["burst 3"]


def test_tokens_that_were_not_there_are_drawn_and_hatched():
    ax = tokens(2, 2, TOO_MANY)(BUCKET)
    [too_many] = ax.collections
    assert too_many.get_hatch() == "xx"
    assert ax.get_ylim()[0] < -2


def test_nothing_is_hatched_while_the_limit_holds():
    ax = tokens(2.5, 3)(BUCKET)
    assert len(ax.collections) == 0
    assert ax.get_ylim()[0] == 0


def test_an_unknown_channel_is_an_error():
    with pytest.raises(ValueError, match="nowhere"):
        queue_depth(RUN, name="nowhere")

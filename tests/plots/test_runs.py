"""Pictures of runs: what they are called, and what they share."""

import pytest

from lab import Deadlock, measure, simulate, sweep
from lab.plots import compare, draw, missed_beats, throughput, timeline, tokens
from patterns import basic, pitfalls, rate_limited

RUN = simulate(basic.demo)


def test_compared_curves_are_labelled_where_they_end_and_differ_in_dashes():
    runs = {f"{n} workers": simulate(basic.demo, workers=n) for n in (2, 5)}
    *_, ax = compare(runs).figure.axes
    assert [t.get_text() for t in ax.texts] == ["2 workers", "5 workers"]
    assert len({line.get_linestyle() for line in ax.lines}) == 2


def test_of_curves_that_coincide_one_is_shown_and_bears_both_names():
    *_, ax = compare({"one": RUN, "two": RUN}, throughput).figure.axes
    assert [t.get_text() for t in ax.texts] == ["one\n= two"]
    assert [line.get_visible() for line in ax.lines] == [True, False]


def test_many_curves_are_named_beside_the_chart_and_differ_without_colour():
    runs = {f"{n} workers": simulate(basic.demo, workers=n) for n in range(1, 6)}
    *_, ax = compare(runs, throughput).figure.axes
    assert [t.get_text() for t in ax.get_legend().get_texts()] == list(runs)
    assert len({str(line._unscaled_dash_pattern) for line in ax.lines}) == 5
    assert len(ax.texts) == 0


def test_compared_timelines_have_one_time_axis():
    runs = {f"{n} workers": simulate(basic.demo, workers=n) for n in (2, 5)}
    assert {ax.get_xlim() for ax in compare(runs).figure.axes} == {(0.0, 5.0)}


def test_a_run_is_called_by_its_name():
    picture = draw(RUN, throughput)
    title = "basic: 10 jobs on 3 workers: 4 s, workers busy 83%"
    assert picture.figure.axes[0].get_title(loc="left") == title
    assert picture.text.startswith("basic. 3 workers, 10 jobs, 4 s; busy")


def test_a_trace_has_no_name():
    [ax] = draw(RUN.trace).figure.axes
    assert ax.get_title(loc="left") == "10 jobs on 3 workers: 4 s, workers busy 83%"


def test_a_title_of_ones_own_stands_there_instead_and_in_the_text():
    picture = draw(RUN, title="Ten jobs")
    assert picture.figure.axes[0].get_title(loc="left") == "Ten jobs"
    assert picture.text.startswith("Ten jobs. 3 workers, 10 jobs")


def test_a_run_alone_is_drawn_as_a_timeline():
    assert draw(RUN).png() == draw(RUN, timeline).png()


def labels(picture):
    *_, ax = picture.figure.axes
    return [text.get_text() for text in ax.texts]


def test_a_sweep_says_what_its_runs_are_called():
    assert labels(compare(sweep(basic.demo, workers=[2, 5]))) == ["2 workers", "5 workers"]


def test_a_mapping_has_labels_and_a_list_of_runs_their_names():
    other = simulate(basic.demo, workers=5)
    assert labels(compare({3: RUN, 5: other}, throughput)) == ["3", "5"]
    assert labels(compare([RUN, other], throughput)) == ["basic", "basic (2)"]
    assert labels(compare([RUN.trace, other.trace], throughput)) == ["run 1", "run 2"]


def test_a_deadlock_is_drawn_and_compared_as_a_run_is():
    runs = sweep(pitfalls.two_small_buffers, buffer=[1, 20])
    deadlock = runs[1]
    assert isinstance(deadlock, Deadlock)
    assert draw(deadlock).text.startswith("3 workers, ")
    assert len(compare(runs, timeline).figure.axes) == 2


def test_of_many_timelines_those_that_are_alike_are_drawn_once_under_all_their_names():
    runs = dict.fromkeys(("one", "two", "three"), RUN) | {"five": simulate(basic.demo, workers=5)}
    titles = [ax.get_title(loc="left") for ax in compare(runs, timeline).figure.axes]
    assert [title.partition(":")[0] for title in titles] == ["one = two = three", "five"]


def test_two_runs_with_the_same_bucket_can_be_compared():
    runs = sweep(rate_limited.demo, jobs=[6, 12], limiter="bucket", burst=3)
    assert "Tokens in the bucket of 3" in compare(runs, tokens(2.5, 3)).text


def test_a_chart_that_cannot_hold_several_runs_has_a_row_for_each():
    runs = {"one": RUN, "two": RUN}
    titles = [ax.get_title(loc="left") for ax in compare(runs, missed_beats([], 3)).figure.axes]
    assert [title.partition(":")[0] for title in titles] == ["one", "two"]


def test_a_function_of_ones_own_is_a_chart():
    def jobs_left(trace, *, ax):
        ax.plot([0, 4], [10, 0])

    picture = draw(RUN, timeline, jobs_left)
    assert len(picture.figure.axes[1].lines) == 1
    assert "Against time: jobs left. 3 workers" in picture.text


@pytest.mark.parametrize("other", [[RUN], {"basic": RUN}, 3, None])
def test_only_one_run_can_be_drawn(other):
    with pytest.raises(TypeError, match="a Run or a Trace is needed"):
        draw(other)


def test_a_simulated_run_and_a_measured_one_have_one_axis():
    picture = compare([RUN, measure(basic.demo, jobs=1, seconds=0.01)], throughput)
    assert picture.figure.axes[-1].get_xlabel() == "seconds (real or virtual)"

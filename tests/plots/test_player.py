"""What the player is told of a run, and what a notebook and a file hold of it."""

import json
import subprocess
import sys

import pytest
from nbformat import v4
from support import ROOT

from lab import Deadlock, explore, measure, play, simulate
from lab.model.trace import Turn
from lab.plots import draw
from lab.plots.failure import draw_failure
from lab.plots.palette import LOOKS
from lab.plots.player.data import run_data, turns_data
from lab.tracing import counts, trace_from_spans
from patterns import basic, dynamic, error_handling, heartbeat, pitfalls, rate_limited
from tools.execute_notebooks import normalised

RUN = simulate(basic.demo, buffer=3)
DEMOS = [basic.demo, dynamic.demo, heartbeat.demo, rate_limited.demo, error_handling.demo]


@pytest.fixture(scope="module")
def failure():
    found = explore(
        pitfalls.check_then_act, callers=3, check=lambda run: run.value <= 2, schedules=50
    )
    return found.failure


@pytest.fixture(scope="module")
def deadlock():
    with pytest.raises(Deadlock) as caught:
        simulate(pitfalls.two_small_buffers)
    return caught.value


@pytest.mark.parametrize("demo", DEMOS)
def test_every_span_and_job_of_a_run_is_told_with_its_times(demo):
    trace = simulate(demo).trace
    data = run_data(trace)
    spans, jobs = data["spans"], data["jobs"]
    told = zip(spans["worker"], spans["start"], spans["end"], spans["job"], strict=True)
    assert sorted(
        (trace.workers[worker], start, end, jobs["id"][job] if job >= 0 else "")
        for worker, start, end, job in told
    ) == sorted((span.worker, span.start, span.end, span.job or "") for span in trace.spans)
    columns = (jobs[name] for name in ("id", "outcome", "submitted", "started", "finished"))
    assert list(zip(*columns, strict=True)) == [
        (job.id, str(job.outcome), job.submitted, job.started, job.finished) for job in trace.jobs
    ]


@pytest.mark.parametrize("demo", DEMOS)
def test_the_outcomes_told_add_up_to_the_counts_of_the_run(demo):
    trace = simulate(demo).trace
    outcomes = run_data(trace)["jobs"]["outcome"]
    number = counts(trace)
    assert len(outcomes) == number.submitted
    assert outcomes.count("ok") == number.succeeded
    assert outcomes.count("failed") == number.failed


@pytest.mark.parametrize("demo", DEMOS)
def test_a_queue_is_as_deep_as_there_are_jobs_submitted_and_not_started(demo):
    data = run_data(simulate(demo).trace)
    [queue] = [queue for queue in data["queues"] if queue["forJobs"]]
    ways = list(zip(data["jobs"]["submitted"], data["jobs"]["started"], strict=True))
    for time, depth in zip(queue["times"], queue["values"], strict=True):
        assert depth == sum(
            submitted is not None and submitted <= time and (started is None or started > time)
            for submitted, started in ways
        )


def test_spans_come_by_worker_and_then_by_time():
    spans = run_data(simulate(heartbeat.demo).trace)["spans"]
    order = list(zip(spans["worker"], spans["start"], spans["end"], strict=True))
    assert order == sorted(order)


def test_a_queue_has_one_depth_a_time_and_its_capacity():
    [queue] = [queue for queue in run_data(RUN.trace)["queues"] if queue["forJobs"]]
    assert queue["capacity"] == 3
    assert queue["times"] == [0.0, 1.0, 2.0, 3.0]
    assert queue["values"] == [3, 3, 1, 0]


def test_who_closes_a_queue_and_when_is_told():
    queues = {queue["name"]: queue for queue in run_data(RUN.trace)["queues"]}
    told = {name: (queue["closed"], queue["closedBySender"]) for name, queue in queues.items()}
    assert told == {"jobs": (2.0, True), "results": (4.0, False)}
    assert queues["jobs"]["closedBy"] != queues["results"]["closedBy"]


def test_a_queue_that_nobody_closes_is_not_closed(deadlock):
    queues = play(deadlock).data["run"]["queues"]
    assert [queue["closed"] for queue in queues] == [None, None]


def test_a_look_is_told_with_its_colours():
    data = run_data(simulate(heartbeat.demo).trace)
    looks = [data["looks"][look]["name"] for look in data["spans"]["look"]]
    assert looks.count("failed") == 2
    assert {"fill", "ink", "hatch", "text"} < set(data["looks"][0])


def test_what_a_worker_waits_for_and_why_a_job_failed_are_told_by_place():
    data = run_data(simulate(rate_limited.demo).trace)
    assert set(data["spans"]["waits"].values()) == {"the shared limit"}
    jobs = run_data(simulate(heartbeat.demo).trace)["jobs"]
    assert [jobs["id"][int(place)] for place in jobs["error"]] == ["4", "8"]


def test_a_deadlocked_run_holds_its_jobs_to_the_end(deadlock):
    data = play(deadlock).data["run"]
    assert data["stuck"]
    assert data["jobs"]["outcome"] == ["ok"] * 2 + ["unfinished"] * 3 + ["never started"] * 2
    assert data["jobs"]["finished"] == [1.0, 1.0] + [None] * 5
    assert data["ending"][0].startswith("Deadlock at 2.0 s")


def test_a_job_in_hand_at_a_deadlock_looks_as_it_does_in_the_still_picture(deadlock):
    data = play(deadlock).data["run"]
    looks = {data["looks"][look]["name"] for look in data["spans"]["look"]}
    assert looks == {"working", "unfinished", "blocked"}
    key = draw(deadlock).figure.axes[0].get_legend().get_texts()
    assert [text.get_text() for text in key] == [each for each in LOOKS if each in looks]


def test_a_job_in_hand_at_a_deadlock_at_time_zero_is_unfinished_too():
    with pytest.raises(Deadlock) as caught:
        simulate(pitfalls.two_small_buffers, seconds=0)
    assert "unfinished" in play(caught.value).data["run"]["jobs"]["outcome"]


def test_a_run_says_what_it_left_behind():
    run = simulate(pitfalls.reader_leaves)
    assert [line.split(":")[0] for line in play(run).data["run"]["ending"]] == (
        ["Left behind"] * len(run.leaks)
    )
    assert run.leaks


def test_who_acts_on_what_is_no_longer_so_is_told():
    turns = [
        Turn(0, "a", "load", "n", "0"),
        Turn(0, "b", "load", "n", "0"),
        Turn(0, "b", "add", "n", "1"),
        Turn(0, "a", "add", "n", "2"),
    ]
    assert [turn["stale"] for turn in turns_data(turns)] == [
        None,
        None,
        None,
        {"saw": "0", "at": 1, "now": "1", "again": False},
    ]


def test_a_number_that_has_changed_and_is_what_it_was_again_is_told():
    turns = [
        Turn(0, "slow", "load", "n", "0"),
        Turn(0, "quick", "compare_and_swap", "n", "0 to 1"),
        Turn(0, "quick", "compare_and_swap", "n", "1 to 0"),
        Turn(0, "slow", "compare_and_swap", "n", "0 to 1"),
    ]
    last = turns_data(turns)[-1]
    assert last["stale"] == {"saw": "0", "at": 1, "now": "1", "again": True}
    assert last["value"] == "1"


def test_a_swap_that_comes_too_late_changes_nothing():
    turns = [
        Turn(0, "a", "load", "n", "0"),
        Turn(0, "b", "add", "n", "1"),
        Turn(0, "a", "compare_and_swap", "n", "not 0 any more"),
    ]
    last = turns_data(turns)[-1]
    assert last["value"] is None
    assert last["stale"] == {"saw": "0", "at": 1, "now": "1", "again": False}


def test_who_acts_on_what_it_changed_itself_is_not_stale():
    turns = [Turn(0, "a", "add", "n", "1"), Turn(0, "a", "add", "n", "2")]
    assert [turn["stale"] for turn in turns_data(turns)] == [None, None]


def test_a_failure_is_told_turn_by_turn_beside_one_that_goes_well(failure):
    wrong, well = play(failure).data["panels"]
    decisive = wrong["turns"][wrong["decides"]]
    assert wrong["turns"][wrong["decides"] - 1]["insteadOf"] == "caller-1"
    assert f"Decisive: {decisive['task']} {decisive['text']};" in repr(play(failure))
    assert wrong["end"] == f"Goes wrong: {failure.message}."
    assert len(well["turns"]) < len(wrong["turns"])
    assert well["decides"] is None


def test_a_turn_of_a_replay_names_those_who_could_have_gone(failure):
    turns = play(failure).data["panels"][0]["turns"]
    assert turns[1]["others"] == ["caller-2", "caller-3"]
    assert all(turn["task"] not in turn["others"] for turn in turns)


def test_a_replayed_run_is_told_turn_by_turn(failure):
    run = simulate(pitfalls.check_then_act, callers=3, schedule=failure.schedule)
    [panel] = play(run).data["panels"]
    assert panel["turns"] == play(failure).data["panels"][0]["turns"]


def test_a_run_on_real_threads_can_be_played():
    data = play(measure(basic.demo, jobs=3, seconds=0)).data["run"]
    assert data["clock"] == "real"
    assert data["jobs"]["outcome"] == ["ok"] * 3


def test_a_trace_without_anything_can_be_played():
    data = play(trace_from_spans([], clock="virtual", elapsed=0.0)).data
    assert data["run"]["end"] == 0.0
    assert data["run"]["jobs"]["id"] == []


def test_what_is_not_a_run_is_refused():
    with pytest.raises(TypeError, match="a Run or a Trace is needed, got 3"):
        play(3)


def test_a_title_replaces_the_finding():
    assert play(RUN).data["title"] == "basic: 10 jobs on 3 workers: 4 s, workers busy 83%"
    assert play(RUN, title="Ten jobs").data["title"] == "Ten jobs"


def test_a_notebook_holds_the_picture_that_draw_would_have_given():
    bundle = play(RUN)._repr_mimebundle_()
    for kind, shown in draw(RUN)._repr_mimebundle_().items():
        assert bundle[kind] == shown
    assert repr(play(RUN)) == bundle["text/plain"]


def test_a_stored_notebook_holds_the_picture_and_its_text_alone():
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
    shown = v4.new_output("display_data", play(RUN)._repr_mimebundle_() | view)
    cell = v4.new_code_cell("play(run)", outputs=[shown])
    [stored] = normalised(v4.new_notebook(cells=[cell])).cells
    assert set(stored.outputs[0].data) == set(draw(RUN)._repr_mimebundle_())


def test_a_failure_has_its_picture_too(failure):
    assert play(failure).picture.text == draw_failure(failure).text


def test_a_notebook_shows_the_widget_besides(failure):
    pytest.importorskip("anywidget")
    player = play(failure)
    view = player._repr_mimebundle_()["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"]
    again = player._repr_mimebundle_()["application/vnd.jupyter.widget-view+json"]
    assert again == view


def test_a_saved_page_holds_all_that_it_needs(tmp_path):
    path = tmp_path / "basic.html"
    play(RUN).save(path)
    page = path.read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    assert f"<noscript>{draw(RUN).html()}</noscript>" in page


def test_no_name_in_a_run_can_end_the_script_of_a_saved_page():
    run = simulate(basic.run, ["</script><b>", "\ud800"], str)
    page = play(run).html()
    data = page.split('id="data">')[1].split("</script>")[0]
    assert json.loads(data)["run"]["jobs"]["id"] == ["</script><b>", "\ud800"]


def test_a_page_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"path must end in \.html, got .*run\.png"):
        play(RUN).save(tmp_path / "run.png")


def test_making_a_player_loads_no_widgets():
    code = (
        "import sys; from lab import play, simulate; from patterns import basic; "
        "play(simulate(basic.demo)).html(); "
        "print(*{'anywidget', 'ipywidgets', 'traitlets'} & set(sys.modules))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    assert output.strip() == ""

"""A schedule is a value: short JSON that replays exactly, or says that it does not fit."""

import json
from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import python

from lab import Schedule, ScheduleDiverged, explore, simulate
from lab.simulation import PriorityOrder, RandomOrder, RunToBlock
from lab.simulation.play import play
from lab.simulation.replay import RecordingOrder, Replay
from patterns import basic, dynamic, pitfalls
from patterns.concurrency import Cancelled, Channel, Context, TaskGroup


def noted(pool, order):
    """Run `pool` and return its schedule and what came of it."""
    noting = RecordingOrder(order)
    played = play(pool, noting, record=True, max_steps=100_000)
    return noting.schedule, played


def race():
    return pitfalls.check_then_act(callers=3)


def test_the_base_run_has_no_moves():
    assert noted(basic.demo, RunToBlock())[0].moves == ()


def test_any_other_run_is_told_by_its_moves_away_from_it():
    schedule, _ = noted(basic.demo, RandomOrder(1))
    assert 0 < len(schedule.moves) < schedule.decisions


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10**6), depth=st.integers(0, 3), pool=st.sampled_from(["basic", "race"]))
def test_a_replay_repeats_the_run_to_the_last_span(seed, depth, pool):
    pool = race if pool == "race" else partial(basic.demo, jobs=5, buffer=1)
    order = PriorityOrder(seed, depth, 60) if depth else RandomOrder(seed)
    schedule, played = noted(pool, order)
    again = simulate(pool, schedule=Schedule.from_json(schedule.to_json()))
    assert again.value == played.value
    assert again.trace == played.trace()


def test_a_schedule_is_one_short_line_of_json():
    failure = explore(race, check=lambda run: run.value <= 2, schedules=50).failure
    text = failure.schedule.to_json()
    assert "\n" not in text
    assert len(text) < 200
    assert Schedule.from_json(text) == failure.schedule


def test_a_schedule_names_who_goes_first_and_with_what():
    failure = explore(race, check=lambda run: run.value <= 2, schedules=50).failure
    [move] = json.loads(failure.schedule.to_json())["moves"]
    assert move[1:3] == ["caller-2", "start"]
    assert str(failure.schedule) == f"at decision {move[0]} caller-2 goes first"


SCRIPT = """
from patterns import pitfalls
from lab import Schedule, simulate
from lab.tracing import to_json
run = simulate(lambda: pitfalls.check_then_act(callers=3), schedule=Schedule.from_json({text!r}))
print(run.value, [str(turn) for turn in run.turns])
"""


def test_another_process_with_another_hash_seed_replays_it_alike():
    failure = explore(race, check=lambda run: run.value <= 2, schedules=50).failure
    text = failure.schedule.to_json()
    told = {python(SCRIPT.format(text=text), hash_seed=seed) for seed in ("0", "1", "77")}
    assert told == {f"3 {[str(turn) for turn in failure.turns]}\n"}


def test_code_that_does_something_else_at_a_move_is_told_so():
    schedule, _ = noted(race, RandomOrder(3))
    with pytest.raises(ScheduleDiverged) as caught:
        simulate(partial(pitfalls.check_then_act, callers=4), schedule=schedule)
    assert "it expected" in str(caught.value)
    assert caught.value.expected != caught.value.found


def test_code_that_differs_only_after_the_last_move_is_told_so():
    schedule, _ = noted(basic.demo, RunToBlock())
    with pytest.raises(ScheduleDiverged, match="expected an end after"):
        simulate(partial(basic.demo, jobs=11), schedule=schedule)


def test_code_that_runs_longer_in_virtual_time_only_still_fits():
    schedule, _ = noted(partial(basic.demo, jobs=4, workers=2), RandomOrder(5))
    slower = partial(basic.demo, jobs=4, workers=2, seconds=7.0)
    assert simulate(slower, schedule=schedule).elapsed == 14.0


def test_two_tasks_of_one_name_are_told_apart():
    def main():
        with TaskGroup() as group:
            channel = []
            for number in range(3):
                group.spawn(channel.append, number, name="twin")
        return channel

    for seed in range(20):
        schedule, played = noted(main, RandomOrder(seed))
        assert simulate(main, schedule=schedule).value == played.value


def test_a_replay_that_fails_fails_alike():
    failure = explore(pitfalls.two_small_buffers, schedules=3).failure
    with pytest.raises(Exception, match="Deadlock at 2") as caught:
        simulate(pitfalls.two_small_buffers, schedule=failure.schedule)
    assert caught.value.trace == failure.trace


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"base": "round robin", "moves": [], "end": [0, ""]}',
        '{"base": 3}',
        '{"base": "run to block", "moves": [], "end": [0, "", "many"]}',
        '{"base": "run to block", "moves": [[1, 2]], "end": [0, ""]}',
    ],
)
def test_other_json_is_refused(text):
    with pytest.raises(ValueError, match="this is not the JSON of a schedule"):
        Schedule.from_json(text)


def test_the_json_of_a_schedule_is_not_taken_for_a_schedule():
    with pytest.raises(ValueError, match="schedule must be a Schedule, got"):
        simulate(basic.demo, schedule=Schedule().to_json())


def test_a_seed_and_a_schedule_cannot_both_decide():
    with pytest.raises(ValueError, match="give a seed, an order or a schedule, got seed=1 and"):
        simulate(basic.demo, seed=1, schedule=Schedule())


def test_the_turns_of_a_replay_tell_waits_values_and_ends():
    def main():
        return basic.demo(jobs=1, workers=1)

    schedule, _ = noted(main, RunToBlock())
    turns = [(turn.task, str(turn)) for turn in simulate(main, schedule=schedule).turns]
    assert ("worker-1", "receive jobs: 1") in turns
    assert ("worker-1", "sleep: until 1 s") in turns
    assert ("main", "receive results: waits") in turns
    assert ("main", "receive results: job 1") in turns
    assert turns[-1] == ("main", "end")


def test_the_turns_of_a_replay_tell_who_heard_a_cancel():
    def main():
        context, jobs = Context(), Channel(0, "jobs")
        context.cancel("enough")
        with suppress(Cancelled):
            jobs.receive(context)

    turns = [str(turn) for turn in simulate(main, schedule=noted(main, RunToBlock())[0]).turns]
    assert turns[1:3] == ["cancel the context", "receive jobs: raised Cancelled"]


def test_a_replay_is_used_for_one_run():
    schedule, _ = noted(basic.demo, RandomOrder(2))
    replay = Replay(schedule)
    play(basic.demo, replay, max_steps=10_000)
    replay.check_end()


@pytest.mark.parametrize("seed", range(10))
def test_the_dynamic_pool_replays_alike(seed):
    pool = partial(dynamic.demo, jobs=8, max_workers=4, add_every=2)
    schedule, played = noted(pool, RandomOrder(seed))
    assert simulate(pool, schedule=schedule).value == played.value

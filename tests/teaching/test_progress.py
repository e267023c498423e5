"""Progress: what was reached is kept in one small file, and the game goes on without it."""

import json
import os

import pytest

from lab.teaching.levels import LEVELS
from lab.teaching.progress import PROGRESS_FILE, Progress, Standing

FIRST = LEVELS[0]
BROKEN = Standing(2, ("the check failed: it returned 2",))


@pytest.fixture
def path(tmp_path):
    return tmp_path / PROGRESS_FILE


def broken_game(more=0):
    """Break the first level with two decisions, or some more."""
    game = FIRST.game()
    game.play("caller-1", "caller-2", *["caller-1"] * more)
    game.run_on()
    return game


def test_what_was_reached_is_there_again_the_next_time(path):
    assert Progress(path).of(FIRST) == Standing()
    assert Progress(path).record(FIRST, broken_game())
    assert Progress(path).of(FIRST) == BROKEN


def test_nothing_is_written_before_there_is_something_to_keep(path):
    progress = Progress(path)
    progress.of(FIRST)
    progress.record(FIRST, FIRST.game())
    assert not path.exists()


def test_the_shortest_game_counts_whichever_comes_first(path):
    progress = Progress(path)
    progress.record(FIRST, broken_game(more=1))
    assert progress.of(FIRST).fewest == 3
    progress.record(FIRST, broken_game())
    assert not progress.record(FIRST, broken_game(more=1))
    assert progress.of(FIRST) == BROKEN


def test_failures_found_while_saving_count_too_though_the_goal_is_not_reached(path):
    saving = LEVELS[1]
    game = saving.game()
    game.run_on()
    progress = Progress(path)
    progress.record(saving, game)
    assert progress.of(saving) == Standing(None, ("the check failed: it returned []",))


def test_two_notebooks_that_play_at_the_same_time_lose_nothing(path):
    one, other = Progress(path), Progress(path)
    one.record(FIRST, broken_game())
    game = LEVELS[1].game()
    game.run_on()
    other.record(LEVELS[1], game)
    assert Progress(path).of(FIRST) == BROKEN


def test_resetting_forgets_everything_and_removes_the_file(path):
    progress = Progress(path)
    progress.record(FIRST, broken_game())
    progress.reset()
    assert progress.of(FIRST) == Progress(path).of(FIRST) == Standing()
    assert not path.exists()
    progress.reset()
    assert progress.problem is None


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "[" * 10_000, '{"levels": 3}', '{"levels": {"Room for one": 3}}', "\x00"],
)
def test_a_file_that_is_not_ours_counts_as_none_and_is_written_anew(path, text):
    path.write_text(text)
    progress = Progress(path)
    assert progress.of(FIRST) == Standing()
    progress.record(FIRST, broken_game())
    assert Progress(path).of(FIRST) == BROKEN


def test_an_entry_that_is_not_right_counts_for_what_is_right_in_it(path):
    entry = {"fewest": -1, "failures": [3, "the check failed: it returned 2"]}
    path.write_text(json.dumps({"levels": {FIRST.title: entry}}))
    assert Progress(path).of(FIRST) == Standing(None, BROKEN.failures)


def test_bytes_that_are_no_text_count_as_no_progress(path):
    path.write_bytes(b"\xff\xfe\xff")
    assert Progress(path).of(FIRST) == Standing()


def test_where_nothing_can_be_written_the_game_goes_on_and_says_why(tmp_path):
    progress = Progress(tmp_path / "missing" / PROGRESS_FILE)
    assert progress.record(FIRST, broken_game())
    assert progress.of(FIRST) == BROKEN
    assert progress.problem.startswith("your progress is not kept: ")
    assert progress.problem.endswith("No such file or directory")


def test_what_cannot_be_read_is_told_too(path):
    path.mkdir()
    assert Progress(path).problem.startswith("your progress is not kept: ")


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(path, monkeypatch):
    progress = Progress(path)
    progress.record(FIRST, broken_game(more=1))
    before = path.read_text()

    def fails(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fails)
    progress.record(FIRST, broken_game())
    assert path.read_text() == before
    assert list(path.parent.iterdir()) == [path]
    assert progress.problem.endswith("No space left on device")


def test_without_a_file_progress_lasts_as_long_as_the_object(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    progress = Progress(None)
    progress.record(FIRST, broken_game())
    progress.reset()
    progress.record(FIRST, broken_game())
    assert progress.of(FIRST) == BROKEN
    assert list(tmp_path.iterdir()) == []

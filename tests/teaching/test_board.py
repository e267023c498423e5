"""The board of the game: what the picture shows, and what can be pressed."""

import re
from html import unescape

import pytest
from matplotlib.patches import Rectangle

from lab import Game
from lab.plots.picture import Picture
from lab.teaching.board import board, draw_game, play_levels
from lab.teaching.levels import LEVELS, Level
from lab.teaching.progress import Progress
from patterns import basic
from patterns.concurrency import AtomicInt, TaskGroup, sleep

LOOK_FIRST = ["caller-1", "caller-2"]  # both look, then both add


def race():
    """Look at a number, then add to it; BROKEN, for between the two somebody else may look."""
    number = AtomicInt(0, "workers")

    def add_worker():
        if number.load() < 1:
            number.add(1)

    with TaskGroup() as group:
        group.spawn(add_worker, name="caller-1")
        group.spawn(add_worker, name="caller-2")
    return number.load()


def at_most_one(run):
    return run.value <= 1


def new_game():
    return Game(race, check=at_most_one)


def dashed(picture):
    boxes = [box for box in picture.figure.axes[0].patches if isinstance(box, Rectangle)]
    return [(box.get_x(), box.get_y()) for box in boxes if box.get_linestyle() == (0, (4, 3))]


def test_the_picture_shows_who_can_go_next_below_what_was_done():
    game = new_game()
    one_row = dashed(draw_game(game))
    game.play("caller-1")
    two_rows = dashed(draw_game(game))
    assert [x for x, _ in one_row] == [x for x, _ in two_rows] == [1.02, 2.02]
    [above] = {y for _, y in one_row}
    [below] = {y for _, y in two_rows}
    assert below > above


def test_the_columns_do_not_move_during_the_game():
    game, columns = new_game(), []
    for task in LOOK_FIRST:
        [ax] = draw_game(game).figure.axes
        columns.append([label.get_text() for label in ax.get_xticklabels()])
        game.play(task)
    assert columns == [["main", "caller-1", "caller-2"]] * 2


def test_the_picture_says_in_words_what_was_done_and_who_can_go_next():
    game = new_game()
    game.play("caller-2")
    assert repr(draw_game(game)) == (
        "who goes next?\n  caller-1: load workers\n  caller-2: add workers\n"
        "main wait for its tasks; caller-2 load workers: 0"
    )


class Player:
    """A player who sees the widget only."""

    def __init__(self, widget):
        self.tasks, controls, self.said, self.late, self.turns = widget.children
        self.run_on, self.undo, self.restart = controls.children

    def buttons(self):
        return {button.description: not button.disabled for button in self.tasks.children}

    def press(self, *tasks):
        for task in tasks:
            [button] = [b for b in self.tasks.children if b.description.partition(":")[0] == task]
            assert not button.disabled
            button.click()

    def hears(self):
        return words(self.said.value + self.late.value)

    def sees(self):
        return [words(row) for row in self.turns.value.split("<tr>")[1:]]


def words(html):
    return unescape(" | ".join(text.strip() for text in re.split("<[^>]*>", html) if text.strip()))


def new_player():
    return Player(board(new_game()))


def test_the_board_has_a_button_for_each_task_that_can_go_next():
    assert new_player().buttons() == {
        "caller-1: load workers": True,
        "caller-2: load workers": True,
    }


def test_pressing_a_button_makes_the_move_and_shows_it_at_once():
    game = new_game()
    player = Player(board(game))
    player.press("caller-2")
    assert game.position == new_game().play("caller-2")
    assert player.sees() == [
        "turn | by | main | caller-1 | caller-2",
        "1 | itself | wait for its tasks",
        "2 | you | load workers: 0",
        "next | load workers? | add workers?",
    ]
    assert list(player.buttons()) == ["caller-1: load workers", "caller-2: add workers"]


def test_the_board_says_what_went_by_itself_and_who_can_go_next():
    player = new_player()
    assert player.hears() == (
        "by itself: main wait for its tasks | "
        "who goes next? caller-1: load workers; caller-2: load workers"
    )
    player.press("caller-1", "caller-1")
    assert player.hears() == (
        "by itself: caller-2 load workers: 1; main load workers: 1 | "
        "✓ it is over, and all went well (2 decisions)"
    )


def test_many_turns_that_go_by_themselves_are_counted_and_the_first_are_named():
    player = Player(board(Game(basic.demo, jobs=1, workers=1)))
    player.run_on.click()
    [by_itself] = re.findall("by itself: (.*?) [|]", player.hears())
    assert re.fullmatch(r".*; .*; .*; and \d+ more turns", by_itself)


def test_a_screen_reader_is_told_what_a_move_did_but_not_at_the_start():
    player = new_player()
    assert "aria-live" not in player.said.value
    player.press("caller-1")
    assert 'role="alert" aria-live="assertive"' in player.said.value


def test_the_turn_after_which_nothing_could_be_saved_is_framed_and_named():
    player = new_player()
    player.press(*LOOK_FIRST)
    assert "too late" not in player.turns.value
    player.press("caller-1")
    late = "3 | you | too late ▶ | load workers: 0"
    assert [row for row in player.sees() if "too late" in row] == [late]
    assert player.turns.value.count("3px solid") == 1
    assert player.hears().endswith(
        "after caller-2 load workers: 0, no order could go well any more"
    )


def test_what_came_of_a_move_is_shown_before_the_guilty_turn_is_looked_for(monkeypatch):
    player = new_player()
    player.press(*LOOK_FIRST)
    shown = []
    monkeypatch.setattr(Game, "guilty", property(lambda game: shown.append(player.hears())))
    player.press("caller-1")
    assert ["you broke it" in heard for heard in shown] == [True]


def test_the_guilty_turn_is_no_longer_named_when_the_move_is_taken_back():
    player = new_player()
    player.press(*LOOK_FIRST, "caller-1")
    player.undo.click()
    assert "no order could go well" not in player.hears()
    assert "too late" not in player.turns.value


def test_running_on_leaves_the_rest_to_the_pool_and_can_be_taken_back():
    player = new_player()
    player.press(*LOOK_FIRST)
    before = player.turns.value
    player.run_on.click()
    assert "✗ you broke it: the check failed: it returned 2 (2 decisions)" in player.hears()
    assert player.run_on.disabled
    player.undo.click()
    assert player.turns.value == before


def test_of_very_many_turns_the_last_ones_are_shown():
    def counts():
        number = AtomicInt(0, "number")
        for _ in range(1_000):
            number.add(1)

    first, *others = Player(board(Game(counts))).sees()[1:]
    assert first == "… 800 turns before"
    assert others[-1] == "1000 | itself | add number: 1000"
    assert len(others) == 200


def test_what_tasks_are_called_is_text_and_no_html():
    def pool():
        number = AtomicInt(0, "<b>")
        with TaskGroup() as group:
            for name in ("<i>", "&amp;"):
                group.spawn(number.load, name=name)

    player = Player(board(Game(pool)))
    assert "<i>" not in player.turns.value + player.said.value
    assert player.sees()[0] == "turn | by | main | <i> | &amp;"


def test_a_task_that_cannot_go_next_keeps_its_button_and_cannot_be_pressed():
    player = new_player()
    player.press(*LOOK_FIRST, "caller-1")
    assert player.buttons() == {"caller-1": False, "caller-2": False}


def test_the_board_takes_moves_back_and_starts_again():
    game = new_game()
    player = Player(board(game))
    assert (player.undo.disabled, player.restart.disabled) == (True, True)
    start = player.turns.value
    player.press(*LOOK_FIRST)
    player.undo.click()
    assert game.position == new_game().play("caller-1")
    player.press("caller-2")
    player.restart.click()
    assert player.turns.value == start
    assert (player.undo.disabled, player.restart.disabled) == (True, True)


def test_a_button_stays_the_same_one_so_that_it_keeps_the_keyboards_focus():
    player = new_player()
    before = player.tasks.children
    player.press("caller-1")
    assert player.tasks.children == before


def test_a_move_draws_no_picture_as_that_would_take_longest(monkeypatch):
    player = new_player()
    monkeypatch.setattr(Picture, "png", None)
    player.press(*LOOK_FIRST)
    player.run_on.click()


def test_a_task_that_comes_later_gets_its_button_behind_the_others():
    def pool():
        number = AtomicInt(0, "number")

        def begin():
            number.add(1)
            group.spawn(number.load, name="late")
            sleep(0)
            number.load()

        with TaskGroup() as group:
            group.spawn(begin, name="early-1")
            group.spawn(begin, name="early-2")

    player = Player(board(Game(pool)))
    assert [name.partition(":")[0] for name in player.buttons()] == ["early-1", "early-2"]
    player.press("early-1")
    assert [name.partition(":")[0] for name in player.buttons()] == ["early-1", "early-2", "late"]


class LevelPlayer(Player):
    """A player of levels who sees the widget only."""

    def __init__(self, *own, progress=None):
        widget = play_levels(*own, progress=Progress(None) if progress is None else progress)
        self.levels, self.task, a_board, self.standing, self.forget = widget.children
        super().__init__(a_board)

    def choose(self, number):
        self.levels.children[number - 1].click()

    def lit(self):
        return [button.description for button in self.levels.children]

    def stands(self):
        return words(self.standing.value)


def test_levels_begin_with_the_first_and_say_what_to_do():
    player = LevelPlayer()
    assert player.lit() == [f"{number}" for number in range(1, len(LEVELS) + 1)]
    assert words(player.task.value) == f"1. {LEVELS[0].title}: {LEVELS[0].task}"
    assert player.stands() == "not yet broken; par is 2 | found 0 of 1 distinct failure ○"


def test_a_level_that_is_broken_is_lit_and_says_with_how_many_decisions():
    player = LevelPlayer()
    player.press(*LOOK_FIRST, "caller-1")
    player.run_on.click()
    assert "✓ you broke it: the check failed: it returned 2" in player.hears()
    assert player.lit()[:2] == ["1 ✓", "2"]
    assert player.stands() == (
        "✓ broken with 3 decisions; par is 2 | ✓ found 1 of 1 distinct failure ● | "
        "● the check failed: it returned 2"
    )


def test_a_level_left_alone_that_was_to_be_saved_is_told_as_lost():
    player = LevelPlayer()
    player.choose(2)
    player.run_on.click()
    assert "✗ it went wrong: the check failed: it returned [] (0 decisions)" in player.hears()
    assert player.stands().startswith("not yet saved; par is 1 | ✓ found 1 of 1")
    player.undo.click()
    player.press("worker-1")
    player.run_on.click()
    assert "✓ you saved it (1 decision, par is 1)" in player.hears()


def test_a_level_that_was_to_be_broken_and_goes_well_is_told_so():
    player = LevelPlayer()
    player.run_on.click()
    assert "✗ not broken: it is over, and all went well (0 decisions)" in player.hears()
    assert player.lit()[0] == "1"


def test_a_screen_reader_is_told_what_to_do_in_a_level_that_was_chosen():
    player = LevelPlayer()
    assert "aria-live" not in player.task.value
    player.choose(2)
    assert "aria-live" in player.task.value


def test_levels_of_ones_own_come_behind_the_others():
    player = LevelPlayer(Level("Mine", race, at_most_one))
    player.choose(len(LEVELS) + 1)
    assert words(player.task.value).startswith(f"{len(LEVELS) + 1}. Mine: Find an order in which")
    player.press(*LOOK_FIRST)
    player.run_on.click()
    assert player.lit()[-1] == f"{len(LEVELS) + 1} ✓"


def test_two_levels_of_one_title_are_refused_as_progress_is_kept_by_title():
    with pytest.raises(ValueError, match="title of its own, got 'Room for one' twice"):
        play_levels(Level("Room for one", race))


def test_what_was_reached_before_is_lit_and_the_first_open_level_is_chosen(tmp_path):
    path = tmp_path / "progress.json"
    player = LevelPlayer(progress=Progress(path))
    player.press(*LOOK_FIRST)
    player.run_on.click()
    again = LevelPlayer(progress=Progress(path))
    assert again.lit()[0] == "1 ✓"
    assert words(again.task.value).startswith("2. ")


def test_progress_is_forgotten_at_the_second_click(tmp_path):
    path = tmp_path / "progress.json"
    player = LevelPlayer(progress=Progress(path))
    player.press(*LOOK_FIRST)
    player.run_on.click()
    player.forget.click()
    assert (player.forget.description, path.exists()) == ("really forget all of it?", True)
    player.forget.click()
    assert (player.forget.description, path.exists()) == ("forget my progress", False)
    assert player.lit()[0] == "1"


def test_where_progress_cannot_be_kept_the_board_says_so_and_goes_on(tmp_path):
    player = LevelPlayer(progress=Progress(tmp_path / "missing" / "progress.json"))
    player.press(*LOOK_FIRST)
    player.run_on.click()
    assert player.lit()[0] == "1 ✓"
    assert "✗ your progress is not kept: " in player.stands()

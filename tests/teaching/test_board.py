"""The board of the game: what the picture shows, and what can be pressed."""

from matplotlib.patches import Rectangle

from lab import Game
from lab.teaching.board import board, draw_game
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
    assert [y for _, y in two_rows] == [y + 1 for _, y in one_row]


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

    def __init__(self, game):
        tasks, back, self.picture = board(game).children
        self.tasks, (self.undo, self.restart) = tasks, back.children

    def buttons(self):
        return {button.description: not button.disabled for button in self.tasks.children}

    def press(self, task):
        [button] = [b for b in self.tasks.children if b.description.partition(":")[0] == task]
        assert not button.disabled
        button.click()


def test_the_board_has_a_button_for_each_task_that_can_go_next():
    assert Player(new_game()).buttons() == {
        "caller-1: load workers": True,
        "caller-2: load workers": True,
    }


def test_pressing_a_button_makes_the_move_and_shows_it_at_once():
    game = new_game()
    player = Player(game)
    before = player.picture.value
    player.press("caller-2")
    assert game.position == new_game().play("caller-2")
    assert player.picture.value != before
    assert draw_game(game).text.partition("\n")[0] in player.picture.value
    assert list(player.buttons()) == ["caller-1: load workers", "caller-2: add workers"]


def test_the_board_is_no_wider_than_its_cell():
    assert '<img style="max-width: 100%" alt=' in Player(new_game()).picture.value


def test_a_task_that_cannot_go_next_keeps_its_button_and_cannot_be_pressed():
    player = Player(new_game())
    for task in (*LOOK_FIRST, "caller-1"):
        player.press(task)
    assert player.buttons() == {"caller-1": False, "caller-2": False}
    assert "you broke it" in player.picture.value


def test_the_board_takes_moves_back_and_starts_again():
    game = new_game()
    player = Player(game)
    assert (player.undo.disabled, player.restart.disabled) == (True, True)
    start = player.picture.value
    player.press("caller-1")
    player.press("caller-2")
    player.undo.click()
    assert game.position == new_game().play("caller-1")
    player.press("caller-2")
    player.restart.click()
    assert player.picture.value == start
    assert (player.undo.disabled, player.restart.disabled) == (True, True)


def test_a_button_stays_the_same_one_so_that_it_keeps_the_keyboards_focus():
    player = Player(new_game())
    before = player.tasks.children
    player.press("caller-1")
    assert player.tasks.children == before


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

    player = Player(Game(pool))
    assert [name.partition(":")[0] for name in player.buttons()] == ["early-1", "early-2"]
    player.press("early-1")
    assert [name.partition(":")[0] for name in player.buttons()] == ["early-1", "early-2", "late"]

"""An exercise as an object: what it says when it is asked, and in which order."""

import json

import pytest

from lab.model.table import Table
from lab.teaching import grading
from lab.teaching.expect import expect_number
from lab.teaching.grading import NotYet
from lab.teaching.problem import Asked, Question, Said, Task
from lab.teaching.trying import Demand, Trial, ends
from patterns.concurrency import Channel, Context, TaskGroup, sleep

pytestmark = pytest.mark.untraced


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    monkeypatch.setattr(grading, "APART", False)
    monkeypatch.setattr(grading, "MAX_STEPS", 500)


def _squares(run, jobs):
    if run.value != [job * job for job in jobs]:
        raise NotYet(f"it returned {run.value}")


def _in_time(run, jobs):
    if run.elapsed > len(jobs):
        raise NotYet(f"it takes {run.elapsed:g} s")


def task(**options):
    described = {
        "kind": "build",
        "title": "Squares",
        "minutes": 5,
        "goal": "You can square.",
        "text": "Return the squares.",
        "answer": "squares",
        "hints": ["Think of a list.", "Square each."],
        "parameters": "jobs",
        "trials": lambda: [
            Trial("with 2 jobs", lambda pool: pool([1, 2]), [1, 2], schedules=6),
            Trial(
                "with 3 jobs", lambda pool: pool([1, 2, 3]), [1, 2, 3], schedules=4, statements=True
            ),
        ],
        "demands": [
            ends(2),
            Demand("all squares come out", 3, _squares, needed=True),
            Demand("it takes a second a job", 1, _in_time),
        ],
        "praise": "all squares came out",
    }
    return Task("basic/repair", **{**described, **options})


def made(random):
    number = random.randrange(10**6)

    def judge(answer):
        if expect_number(answer) != number:
            raise NotYet("that is another number")
        return "that is the number"

    return Asked("Which number?", judge, numbers=number, shown=lambda: "the number, shown")


def question():
    return Question(
        "basic/predict",
        kind="predict",
        title="A number",
        minutes=1,
        goal="You can count.",
        text="Count.",
        answer="number",
        make=made,
        hints=["Count.", "Count again."],
    )


def right(jobs):
    return [job * job for job in jobs]


def slow(jobs):
    sleep(10)
    return right(jobs)


def deadlocking(jobs):
    Channel(0, "results").send(1)


def in_the_order_of_workers(jobs):
    results = Channel(9, "results")
    with TaskGroup() as group:
        for job in jobs:
            group.spawn(results.send, job * job)
    results.close()
    return list(results)


def racing(jobs):
    found, at = [None] * len(jobs), [0]

    def work(job):
        here = at[0]
        found[here] = job * job
        at[0] = here + 1

    with TaskGroup() as group:
        for job in jobs:
            group.spawn(work, job)
    return sorted(square for square in found if square is not None)


def endless(jobs):
    while True:
        sleep(0)


def test_a_right_answer_gets_praise_and_all_points():
    feedback = task().check(right)
    assert repr(feedback) == "Right: all squares came out (6 of 6 points)"


def test_a_deadlock_gets_no_points_and_says_who_waits():
    feedback = task().check(deadlocking)
    assert feedback.marks.points == 0
    assert feedback.sentence.startswith("with 2 jobs it deadlocks at 0 s: main is sending to")


def test_what_is_not_needed_may_fail_and_the_rest_gets_its_points():
    feedback = task().check(slow)
    assert (feedback.passed, feedback.marks.points) == (False, 5)
    assert [mark.why for mark in feedback.marks] == ["", "", "with 2 jobs it takes 10 s"]


def test_an_answer_that_is_wrong_in_some_orders_says_in_how_many():
    feedback = task().check(in_the_order_of_workers)
    assert feedback.marks.points == 0
    assert "of 6 orders of events " in feedback.sentence
    assert feedback.fault is not None
    assert feedback.fault.seed is not None


def test_a_race_on_a_plain_variable_shows_statement_by_statement():
    feedback = task().check(racing)
    assert not feedback.passed
    assert feedback.sentence.startswith("with 3 jobs, run statement by statement, it returned [")


@pytest.mark.parametrize("answer", [in_the_order_of_workers, racing])
def test_what_goes_wrong_in_an_order_is_played_turn_by_turn_beside_what_goes_well(answer):
    exercise = task()
    exercise.check(answer)
    shown = json.loads(exercise.explain().json())
    assert [panel["name"].partition(":")[0] for panel in shown["panels"]] == [
        "goes wrong",
        "goes well",
    ]


def test_an_exception_that_is_no_error_is_played_like_one():
    def cut_short(jobs):
        with Context(timeout=1) as context:
            context.sleep(2)

    exercise = task()
    exercise.check(cut_short)
    assert "DeadlineExceeded" in repr(exercise.explain())


def test_a_deadlock_in_the_exact_order_is_played_in_time():
    exercise = task()
    exercise.check(deadlocking)
    assert json.loads(exercise.explain().json())["run"]["stuck"]


def test_an_endless_answer_is_stopped_and_is_not_shown():
    exercise = task()
    feedback = exercise.check(endless)
    assert feedback.sentence.startswith("with 2 jobs it does not end: ")
    assert "What has no end cannot be shown" in repr(exercise.explain())


@pytest.mark.parametrize("nothing", [None, ...])
def test_nothing_written_yet_is_said_and_gets_no_points(nothing):
    feedback = task().check(nothing)
    assert (feedback.sentence, feedback.marks.points, feedback.marks.most) == (grading.EMPTY, 0, 6)


def test_what_is_not_a_function_of_the_parameters_is_said():
    assert task().check(3).sentence == "it must be a function of (jobs), and is an int"
    assert "and takes ()" in task().check(lambda: 1).sentence


def test_points_say_what_was_not_checked_yet_and_then_why_not_all():
    exercise = task()
    assert {mark.why for mark in exercise.points} == {"not checked yet"}
    assert (exercise.points.points, exercise.points.most) == (0, 6)
    exercise.check(slow)
    assert exercise.points[2].why == "with 2 jobs it takes 10 s"


def test_a_task_shows_its_demands_as_a_table():
    shown = task().table()
    assert isinstance(shown, Table)
    assert "all squares come out" in str(shown)


def test_hints_come_one_by_one_and_the_last_again_with_the_way_to_the_solution():
    exercise = task()
    assert repr(exercise.hint()) == "Hint 1 of 2: Think of a list."
    assert repr(exercise.hint()) == "Hint 2 of 2: Square each."
    for _ in range(2):
        assert repr(exercise.hint()) == (
            "That was the last hint: Square each. What is left is `repair.solution()`."
        )


def test_the_solution_is_shown_when_asked_again():
    exercise = task()
    asked = exercise.solution()
    assert isinstance(asked, Said)
    assert repr(asked).startswith("There are 2 hints left. Do you want to see a solution now?")
    assert "def my_pool" in exercise.solution().text


def test_who_is_sure_sees_the_solution_at_once():
    assert "def my_pool" in task().solution(sure=True).text


def test_explaining_comes_after_a_check():
    assert "There is nothing to explain yet" in repr(task().explain())


def test_a_right_answer_needs_no_explanation():
    exercise = task()
    exercise.check(right)
    assert repr(exercise.explain()) == "Right: all squares came out (6 of 6 points)"


def test_grading_tries_other_orders_than_the_check():
    seen = []

    class Noting(Task):
        def judged(self, answer, *, schedules=None, first_seed=0):
            seen.append((schedules, first_seed))
            return super().judged(answer, schedules=2, first_seed=first_seed)

    exercise = Noting("basic/repair", **task_options())
    assert exercise.grade(right) == 6.0
    assert exercise.grade(slow) == 5.0
    assert seen == [(40, 1_000)] * 2


def task_options():
    names = ("kind", "title", "minutes", "goal", "text", "answer", "hints", "parameters")
    exercise = task()
    described = {name: getattr(exercise, name) for name in names}
    return described | {
        "trials": lambda: [Trial("with 2 jobs", lambda pool: pool([1, 2]), [1, 2])],
        "demands": [ends(2), Demand("all", 3, _squares, needed=True), Demand("time", 1, _in_time)],
        "praise": "all squares came out",
    }


def test_what_is_done_after_grading_may_refuse_the_answer():
    def refuse():
        raise NotYet("it changes the code that grades it")

    feedback = task().graded(right, schedules=1, afterwards=refuse)
    assert feedback.sentence == "it changes the code that grades it"
    assert (feedback.marks.points, feedback.marks.most) == (0, 6)


def test_numbers_are_a_students_own_whatever_the_case():
    ada = question().of("Ada")
    assert ada.numbers == question().of(" ada ").numbers
    assert len({question().of(name).numbers for name in ("ada", "alan", "grace", "tim")}) == 4
    assert ada.check(ada.numbers).passed
    assert not question().of("alan").check(ada.numbers).passed


@pytest.mark.parametrize("student", ["", "  ", None, 7])
def test_a_student_without_a_name_is_refused(student):
    with pytest.raises(ValueError, match="student must be a name or number in quotes, got"):
        question().of(student)


def test_a_question_shows_why_only_once_it_is_answered():
    exercise = question()
    exercise.check(-1)
    assert "that is another number" in repr(exercise.explain())
    exercise.check(exercise.numbers)
    assert exercise.explain() == "the number, shown"


def test_a_question_says_whose_it_is():
    assert repr(question().of("ada")) == "For ada: Which number?"
    assert "Which number?" in question().of("ada")._repr_html_()

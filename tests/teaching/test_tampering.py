"""Code that changes what grades it is noticed, whatever it changes; what others do is not."""

import sys
from types import ModuleType

import pytest

from lab.teaching.tampering import Snapshot

CODE = """
from functools import cached_property

LIMITS = [1, 2]
seconds = 20


def wrapped(function):
    def wrapper(*args):
        return function(*args)

    return wrapper


@wrapped
def judge(answer, most=10):
    return most


class Task:
    points = property(lambda self: 1)

    def judged(self, answer, *, schedules=40):
        return 0

    @staticmethod
    def made():
        return 1

    @cached_property
    def asked(self):
        return 1
"""
HIDDEN = "graded_things.judge.__closure__[0].cell_contents"


@pytest.fixture
def graded_things(monkeypatch):
    module = ModuleType("graded_things")
    exec(CODE, vars(module))
    monkeypatch.setitem(sys.modules, "graded_things", module)
    return module


@pytest.mark.parametrize(
    "change",
    [
        "graded_things.judge = lambda answer: 10",
        "graded_things.seconds = 0",
        "graded_things.LIMITS.clear()",
        "graded_things.LIMITS[0] = 7",
        "graded_things.any = lambda each: False",
        "del graded_things.seconds",
        "graded_things.Task = object",
        "graded_things.Task.judged = lambda *_, **__: 10",
        "graded_things.Task.__getattribute__ = lambda *_: 10",
        "graded_things.Task.points = property(lambda self: 10)",
        "graded_things.Task.judged.__code__ = (lambda self, answer, *, schedules: 10).__code__",
        "graded_things.Task.judged.__kwdefaults__['schedules'] = 0",
        "graded_things.Task.made.__code__ = (lambda: 10).__code__",
        "vars(graded_things.Task)['points'].fget.__code__ = (lambda self: 10).__code__",
        "vars(graded_things.Task)['asked'].func.__code__ = (lambda self: 10).__code__",
        f"{HIDDEN}.__code__ = (lambda answer, most: 10).__code__",
        f"{HIDDEN}.__defaults__ = (100,)",
    ],
)
def test_a_change_is_noticed(graded_things, change):
    before = Snapshot(("graded_things",), ())
    assert before.change() == ""
    exec(change, {"graded_things": graded_things})
    assert before.change().startswith("graded_things.")


def test_what_a_function_is_called_with_and_keeps_is_no_change(graded_things):
    before = Snapshot(("graded_things",), ())
    task = graded_things.Task()
    assert (task.asked, task.points, task.made(), graded_things.judge(1)) == (1, 1, 1, 10)
    task.own = 7
    assert before.change() == ""


def test_a_module_that_is_imported_later_is_no_change(graded_things):
    before = Snapshot(("graded_things",), ())
    graded_things.part = ModuleType("graded_things.part")
    assert before.change() == ""


def test_a_built_in_function_that_is_exchanged_is_noticed(monkeypatch):
    before = Snapshot(())
    assert before.change() == ""
    with monkeypatch.context() as patch:
        patch.setattr("builtins.any", lambda each: False)
        changed = before.change()
    assert changed == "builtins.any"
    assert before.change() == ""

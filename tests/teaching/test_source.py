"""Code is shown as it is in its module, without docstrings and hints unless they are asked for."""

import importlib
import pkgutil
import sys
from dataclasses import dataclass
from textwrap import dedent
from types import ModuleType

import pytest

import patterns
from lab import show_code, simulate
from lab.teaching.lean import lean

MODULES = [
    name
    for _, name, is_package in pkgutil.walk_packages(patterns.__path__, "patterns.")
    if not is_package and not name.endswith("__main__")
]


def plain(number):
    return number + 1


def documented(number):
    """Say it in one line.

    And in more.
    """

    def inner():
        """Not shown either."""
        # A comment is.
        return number

    return inner()


class Documented:
    """A class."""

    value = "not a docstring"

    def method(self):
        """Return the value."""
        return self.value


@dataclass
class Record:
    """A record."""

    name: str
    size: int = 0


def empty():
    """Do nothing."""


def hinted(number: int, *names: str, factor: float = 2.0, **rest: object) -> dict[str, float]:
    total: float = number * factor
    return dict.fromkeys(names, total)


def without_hints(source):
    return lean(dedent(source).strip())


def test_several_functions_come_one_after_the_other():
    assert str(show_code(plain, empty)) == (
        'def plain(number):\n    return number + 1\n\n\ndef empty():\n    """Do nothing."""'
    )


def test_docstrings_are_left_out():
    assert str(show_code(documented)) == (
        "def documented(number):\n"
        "    def inner():\n"
        "        # A comment is.\n"
        "        return number\n"
        "\n"
        "    return inner()"
    )


def test_docstrings_are_shown_to_those_who_ask():
    assert '"""Say it in one line.' in str(show_code(documented, docstrings=True))


def test_docstrings_of_a_class_and_its_methods_are_left_out():
    assert str(show_code(Documented)) == (
        "class Documented:\n"
        '    value = "not a docstring"\n'
        "\n"
        "    def method(self):\n"
        "        return self.value"
    )


def test_a_method_keeps_its_indentation():
    assert str(show_code(Documented.method)) == "    def method(self):\n        return self.value"


def test_a_docstring_stays_where_there_is_nothing_else():
    assert str(show_code(empty)) == str(show_code(empty, docstrings=True))


def test_hints_are_left_out():
    assert str(show_code(hinted)) == (
        "def hinted(number, *names, factor=2.0, **rest):\n"
        "    total = number * factor\n"
        "    return dict.fromkeys(names, total)"
    )


def test_hints_are_shown_to_those_who_ask():
    assert "number: int, *names: str" in str(show_code(hinted, types=True))


def test_the_fields_of_a_record_keep_their_hints_which_make_them_fields():
    shown = "@dataclass\nclass Record:\n    name: str\n    size: int = 0"
    assert str(show_code(Record)) == shown


def test_a_signature_that_has_become_short_stands_on_one_line():
    source = """
        def add(
            first: int,
            second: int = 1,
        ) -> int:
            return first + second
    """
    assert without_hints(source).startswith("def add(first, second=1):\n")


def test_a_comment_in_a_signature_keeps_its_place():
    source = """
        def add(
            first: int,  # comes first
            second: int,
        ) -> int:
            return first + second
    """
    assert "    first,  # comes first\n    second,\n):" in without_hints(source)


def test_what_only_type_checkers_read_is_left_out_with_its_imports():
    source = """
        from __future__ import annotations

        import math
        from collections.abc import Callable, Iterable
        from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, overload

        if TYPE_CHECKING:
            from decimal import Decimal

        T = TypeVar("T")
        Work = Callable[[T], T]


        class Sized(Protocol):
            def __len__(self) -> int: ...


        class Box(Generic[T]):
            def __init__(self, items: Iterable[T]) -> None:
                self.items = list[T](items) if isinstance(items, Iterable) else Box[T]([])

            @overload
            def get(self, n: int) -> T: ...

            def get(self, n):  # type: ignore[no-untyped-def]
                return self.items[math.floor(n)]


        class Crate(Box[str]):
            pass
    """
    assert (
        without_hints(source)
        == dedent("""
        import math
        from collections.abc import Iterable


        class Box:
            def __init__(self, items):
                self.items = list(items) if isinstance(items, Iterable) else Box([])

            def get(self, n):
                return self.items[math.floor(n)]


        class Crate(Box):
            pass
    """).strip()
    )


def test_a_hint_without_a_value_is_left_out_of_loops_too():
    source = """
        async def worker(jobs):
            async for job in jobs:
                result: Result[J, R]
                try:
                    result = Succeeded(job)
                except ValueError as error:
                    result = Failed(job, error)
    """
    assert "Result[" not in without_hints(source)


def test_a_protocol_that_is_asked_for_is_shown():
    assert without_hints("class Sized(Protocol):\n    def __len__(self) -> int: ...") == (
        "class Sized(Protocol):\n    def __len__(self): ..."
    )


def test_an_element_of_a_table_is_still_called():
    source = "def call(kind, job):\n    return HANDLERS[kind](job)"
    assert without_hints(source) == source


@pytest.mark.parametrize("name", MODULES)
def test_every_module_of_the_patterns_is_shown_as_code_that_compiles(name):
    shown = str(show_code(importlib.import_module(name)))
    compile(shown, name, "exec")
    assert "->" not in shown
    assert "TypeVar" not in shown


@pytest.mark.parametrize("name", ["basic", "reusable", "error_handling", "dynamic", "heartbeat"])
def test_what_is_shown_of_a_pattern_does_what_the_pattern_does(name, monkeypatch):
    original = importlib.import_module(f"patterns.{name}")
    shown = ModuleType(f"patterns.{name}")
    shown.__package__ = "patterns"
    monkeypatch.setitem(sys.modules, shown.__name__, shown)
    exec(str(show_code(original)), vars(shown))
    lean_run, run = simulate(shown.demo), simulate(original.demo)
    assert (lean_run.elapsed, str(lean_run.value)) == (run.elapsed, str(run.value))


def test_what_has_no_source_is_refused():
    with pytest.raises(TypeError):
        show_code(len)

"""Code is shown as it is in its module, with or without its docstrings."""

import pytest

from lab import show_code
from patterns import basic


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


def empty():
    """Do nothing."""


def test_several_functions_come_one_after_the_other():
    assert str(show_code(plain, empty)) == (
        'def plain(number):\n    return number + 1\n\n\ndef empty():\n    """Do nothing."""'
    )


def test_docstrings_can_be_left_out():
    assert str(show_code(documented, docstrings=False)) == (
        "def documented(number):\n"
        "    def inner():\n"
        "        # A comment is.\n"
        "        return number\n"
        "\n"
        "    return inner()"
    )


def test_docstrings_of_a_class_and_its_methods_are_left_out():
    assert str(show_code(Documented, docstrings=False)) == (
        "class Documented:\n"
        '    value = "not a docstring"\n'
        "\n"
        "    def method(self):\n"
        "        return self.value"
    )


def test_a_method_keeps_its_indentation():
    shown = str(show_code(Documented.method, docstrings=False))
    assert shown == "    def method(self):\n        return self.value"


def test_a_docstring_stays_where_there_is_nothing_else():
    assert str(show_code(empty, docstrings=False)) == str(show_code(empty))


def test_a_module_without_docstrings_is_the_same_code():
    shown = str(show_code(basic, docstrings=False))
    assert '"""' not in shown
    compile(shown, "basic", "exec")


def test_what_has_no_source_is_refused():
    with pytest.raises(TypeError):
        show_code(len)

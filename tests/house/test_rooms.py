"""Imports go one way, nobody reads another module's private parts, and the picture says so."""

import sys

import pytest
from support import ROOT

from tools.rooms import ALLOWED, cycles, needs, picture, private_reads, read, rooms, wrong_imports

MODULES = read()
STANDARD = set(sys.stdlib_module_names)


def planted(tmp_path, **sources):
    """Read modules made up for a test; `lab__model__run` is lab/model/run.py."""
    for name, source in sources.items():
        path = tmp_path.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        for folder in path.relative_to(tmp_path).parents:
            if folder.name:
                (tmp_path / folder / "__init__.py").touch()
    return read(tmp_path)


def test_every_module_is_in_a_room():
    assert set(rooms(MODULES)) == set(ALLOWED)
    assert len(MODULES) > 80


def test_imports_go_with_the_arrows():
    assert wrong_imports(MODULES) == []


def test_no_modules_import_each_other_not_even_for_the_type_checker():
    assert cycles(MODULES) == []


def test_no_module_reads_the_private_parts_of_another():
    assert private_reads(MODULES) == []


@pytest.mark.parametrize("name", ["concurrency", "patterns", "pitfalls", "model", "tracing"])
def test_a_room_runs_wherever_python_does(name):
    assert needs(MODULES, name) <= STANDARD


def test_plain_needs_anyio_and_observing_nothing():
    assert needs(MODULES, "plain") - STANDARD == {"anyio"}
    assert needs(MODULES, "observing") - STANDARD == set()


def test_only_plots_and_what_is_above_draws():
    assert {name for name in ALLOWED if "matplotlib" in needs(MODULES, name)} == {
        "plots",
        "teaching",
        "lab",
    }


def test_the_picture_is_the_one_that_the_imports_make():
    stored = (ROOT / "images" / "rooms.svg").read_text(encoding="utf-8")
    assert stored == picture(MODULES), "python -m tools.rooms > images/rooms.svg"


@pytest.mark.parametrize(
    ("name", "source", "complaint"),
    [
        ("lab__model__run", "import lab.tracing.build", "lab.model.run imports lab.tracing.build"),
        (
            "lab__tracing__build",
            "def f():\n    from lab.plots import draw",
            "lab.tracing.build imports lab.plots.draw",
        ),
        (
            "lab__plots__draw",
            "if TYPE_CHECKING:\n    from patterns.basic import run",
            "lab.plots.draw imports patterns.basic",
        ),
        (
            "lab__simulation__run",
            "import importlib\nimportlib.import_module('lab.observing.observe')",
            "lab.simulation.run imports lab.observing.observe",
        ),
        ("lab__model__table", "from lab import command", "lab.model.table imports lab.command"),
        ("patterns__generic", "from .basic import run", "patterns.generic imports patterns.basic"),
        (
            "patterns__plain__basic",
            "from .. import reusable",
            "patterns.plain.basic imports patterns.reusable",
        ),
        (
            "patterns__concurrency__channel",
            "from ..basic import run",
            "patterns.concurrency.channel imports patterns.basic",
        ),
    ],
)
def test_an_import_against_the_arrows_is_found(tmp_path, name, source, complaint):
    others = {
        "lab__tracing__build": "",
        "lab__plots__draw": "",
        "lab__observing__observe": "",
        "lab__command": "",
        "patterns__basic": "",
        "patterns__reusable": "",
    }
    assert wrong_imports(planted(tmp_path, **others | {name: source})) == [complaint]


def test_modules_that_import_each_other_are_found_with_all_that_take_part(tmp_path):
    modules = planted(
        tmp_path,
        lab__model__a="from lab.model.b import B",
        lab__model__b="if TYPE_CHECKING:\n    from lab.model.c import C",
        lab__model__c="def f():\n    import lab.model.a",
        lab__model__d="from lab.model import a",
    )
    assert cycles(modules) == ["lab.model.a, lab.model.b, lab.model.c"]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("def f(pool):\n    return pool._queue", "line 2: pool._queue"),
        ("def f(pool):\n    pool.queue._items = []", "line 2: pool.queue._items"),
        ("def f(pool):\n    return getattr(pool, '_queue')", "line 2: pool._queue"),
        ("from lab.model.run import _helper", "line 1: imports _helper"),
    ],
)
def test_a_foreign_private_attribute_is_found(tmp_path, source, complaint):
    assert private_reads(planted(tmp_path, lab__model__x=source)) == [f"lab.model.x, {complaint}"]


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n    def f(self):\n        return self._a",
        "class A:\n    def f(self):\n        return super()._f()",
        "class A:\n    def __init__(self):\n        self._a = 1\ndef f(a):\n    return a._a",
        "class A:\n    _a: int = 1\ndef f(a):\n    return a._a",
        "def f(a):\n    return a._repr_html_(), a.__dict__",
        "def f(named_tuple):\n    return named_tuple._replace(a=1)",
        "import sys\nsys._getframe()",
    ],
)
def test_own_private_attributes_and_pythons_own_are_not(tmp_path, source):
    assert private_reads(planted(tmp_path, lab__model__x=source)) == []

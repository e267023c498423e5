"""What a browser lacks is said in a sentence, and everything else stays an error."""

import linecache

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from lab.observing.in_browser import Skipping, skip_in
from patterns.concurrency.threads import NoThreads


def no_threads():
    raise NoThreads("a browser has no threads: use simulate")


def told_of(skipping, source, **names):
    """Run a cell that raises; return what is said of it."""
    linecache.cache["<cell>"] = (len(source), None, source.splitlines(keepends=True), "<cell>")
    try:
        exec(compile(source, "<cell>", "exec"), {"__name__": "__main__", **names})
    except Exception as error:
        return skipping.sentence(error)
    pytest.fail("it did not raise")


def together(*errors):
    raise ExceptionGroup("two", errors)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (NoThreads("a browser has no threads"), "Skipped: a browser has no threads."),
        (
            RuntimeError("can't start new thread"),
            "Skipped: it needs threads, which a browser does not have: "
            "run this cell on a computer of your own, or on Binder.",
        ),
        (
            ModuleNotFoundError("No module", name="_multiprocessing"),
            "Skipped: it needs processes, which a browser does not have: "
            "run this cell on a computer of your own, or on Binder.",
        ),
        (ExceptionGroup("one", [NoThreads("no threads")]), "Skipped: no threads."),
        (ExceptionGroup("two", [NoThreads("no threads"), ValueError(1)]), None),
        (RuntimeError("something else"), None),
        (ModuleNotFoundError("No module", name="numpy"), None),
        (NameError("name 'x' is not defined", name="x"), None),
    ],
)
def test_only_what_a_browser_lacks_is_a_reason_to_skip_a_cell(error, sentence):
    assert Skipping().sentence(error) == sentence


@pytest.mark.parametrize(
    "made",
    ["x = no_threads()", "no_threads()\nx, y = 1, 2", "no_threads()\ndef x(): pass",
     "no_threads()\nimport math as x", "no_threads()\nfor x in (): pass"],
)  # fmt: skip
def test_a_cell_that_needs_what_a_skipped_one_would_have_made_is_skipped_too(made):
    skipping = Skipping()
    told_of(skipping, made, no_threads=no_threads)
    said = told_of(skipping, "print(x)")
    assert said == "Skipped: x would have been made by a cell that was skipped."


def test_a_name_that_nobody_would_have_made_stays_an_error():
    skipping = Skipping()
    told_of(skipping, "x = no_threads()", no_threads=no_threads)
    assert told_of(skipping, "print(typo)") is None


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    made = InteractiveShell(config=Config(HistoryManager={"enabled": False}))
    skip_in(made)
    made.user_ns["no_threads"] = no_threads
    return made


def test_a_notebook_prints_the_sentence_and_no_traceback(shell, capsys):
    for cell in ("real = no_threads()", "real"):
        shell.run_cell(cell)
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "Skipped: a browser has no threads: use simulate.",
        "Skipped: real would have been made by a cell that was skipped.",
    ]
    assert said.err == ""


def test_a_notebook_shows_the_traceback_of_any_other_error(shell, capsys):
    shell.run_cell("1 / 0")
    said = "".join(capsys.readouterr())
    assert "ZeroDivisionError" in said
    assert "division by zero" in said

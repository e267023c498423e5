"""Whatever an answer does, the check of it ends in time, and this process is as it was before."""

import json
import os
import signal
import subprocess
import sys
import threading
import warnings

import pytest
from answering import answering
from support import ROOT

from lab.exploring.processes import can_copy
from lab.teaching import apart as apart_module
from lab.teaching import grading
from lab.teaching.apart import CopyEnded, apart
from lab.teaching.expect import expect_same
from lab.teaching.grading import NotYet, run_once

pytestmark = [
    pytest.mark.untraced,
    pytest.mark.skipif(not can_copy(), reason="this system cannot copy a process"),
]

PATIENCE, ALL_PATIENCE = grading.PATIENCE, grading.LONG_PATIENCE
DOWN = "it brings the whole process down"
LATE = "it is not done after 0.3 s: it loops for ever, does far too much, or the computer is busy"


@answering
def check(answer):
    """Stand for any check: the answer must return [1, 2]."""
    expect_same(run_once(answer).value, [1, 2])
    return "all is well"


@pytest.fixture(autouse=True)
def _little_memory(monkeypatch):
    monkeypatch.setattr(apart_module, "MEMORY", 2**26)


@pytest.fixture
def _little_patience(monkeypatch):
    monkeypatch.setattr(grading, "LONG_PATIENCE", 0.3)


def says(answer):
    feedback = check(answer)
    assert not feedback.passed
    return feedback.sentence


def test_there_is_patience_for_less_than_ten_seconds():
    assert PATIENCE < ALL_PATIENCE < 10


def loops_in_c():
    any(iter(int, 1))


class NeverEqual:
    def __eq__(self, other):
        while True:
            pass

    __hash__ = None


class NeverNamed:
    def __repr__(self):
        any(iter(int, 1))


def waits_for_another_process():
    subprocess.run(["sleep", "1000"], check=True)


def closes_everything():
    os.closerange(0, 200)
    loops_in_c()


@pytest.mark.usefixtures("_little_patience")
@pytest.mark.parametrize(
    "answer",
    [
        loops_in_c,
        closes_everything,
        lambda: [NeverEqual()],
        lambda: [NeverNamed()],
        waits_for_another_process,
    ],
)
def test_what_hears_no_signal_is_ended_with_all_that_it_has_started(answer):
    assert says(answer) == LATE


@pytest.mark.skipif(sys.platform != "linux", reason="this system limits no memory")
def test_memory_without_end_is_refused():
    def answer():
        held = [0]
        while True:
            held *= 2

    assert says(answer).startswith("it takes more than 512 MB of memory")


@pytest.mark.skipif(sys.platform != "linux", reason="this system limits no memory")
def test_a_result_whose_name_needs_too_much_memory_is_refused():
    class Huge:
        def __repr__(self):
            return "x" * 10**10

    assert says(lambda: [Huge()]).startswith("it takes more than 512 MB of memory")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda: os._exit(0), "it ends the whole process, as os._exit does"),
        (
            lambda: os.kill(os.getpid(), 9),
            f"{DOWN} ({signal.strsignal(9)}): does it take all the memory?",
        ),
        (lambda: os.kill(os.getpid(), 15), f"{DOWN} ({signal.strsignal(15)})"),
    ],
)
def test_what_ends_the_process_ends_the_copy_only(answer, sentence):
    assert says(answer) == sentence


def test_an_answer_that_copies_the_process_is_answered_once():
    def answer():
        os.fork()
        return [1]

    assert says(answer) == "it lost results: 2"


def test_an_interrupt_that_an_answer_raises_is_its_own():
    def answer():
        raise KeyboardInterrupt

    assert says(answer) == "it raised KeyboardInterrupt"


def test_nobody_is_asked_for_input():
    assert says(lambda: [input()]).startswith("it raised EOFError: there is nobody to ask")


def test_nothing_is_shown_of_what_it_writes(capfd):
    def answer():
        os.write(1, b"out")
        os.write(2, b"err")
        return [1, 2]

    assert check(answer).passed
    assert capfd.readouterr() == ("", "")


def test_an_answer_changes_nothing_here():
    seen = []

    def answer():
        seen.append(1)
        os.environ["SEEN"] = "1"
        return [1, 2]

    assert check(answer).passed
    assert (seen, "SEEN" in os.environ) == ([], False)


def test_a_check_in_another_thread_warns_of_nothing():
    answers = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        thread = threading.Thread(target=lambda: answers.append(check(lambda: [1, 2])))
        thread.start()
        thread.join()
    assert answers[0].passed


@pytest.mark.usefixtures("_little_patience")
def test_no_pipe_and_no_process_is_left(monkeypatch):
    fork, copies = os.fork, []
    monkeypatch.setattr(os, "fork", lambda: copies.append(fork()) or copies[-1])
    before = len(os.listdir("/dev/fd"))
    for answer in (loops_in_c, lambda: [1, 2], lambda: os._exit(3)):
        check(answer)
    assert len(os.listdir("/dev/fd")) == before
    assert len(copies) == 3
    for copy in copies:
        with pytest.raises(ChildProcessError):
            os.waitpid(copy, os.WNOHANG)


def test_a_check_is_done_here_where_there_is_no_room_for_another_process(monkeypatch):
    def refuse():
        raise BlockingIOError("no more processes")

    here = []
    monkeypatch.setattr(os, "fork", refuse)
    assert check(lambda: here.append(1) or [1, 2]).passed
    assert here == [1]


def test_a_check_is_done_here_where_no_process_can_be_copied(monkeypatch):
    here = []
    monkeypatch.setattr(grading, "APART", False)
    assert check(lambda: here.append(1) or [1, 2]).passed
    assert here == [1]


def test_text_of_any_length_and_kind_comes_back():
    text = "ä\ud800€" * 100_000
    assert apart(lambda: text, 5) == text


def test_a_sentence_of_any_length_comes_back_short():
    @answering
    def verbose():
        raise NotYet("x" * 10**6)

    assert len(verbose().sentence) < 1000


def test_an_answer_that_raises_is_an_end_without_an_answer():
    with pytest.raises(CopyEnded, match="it ends the whole process"):
        apart(lambda: str(1 / 0), 5)


INTERRUPTED = """
import json, os, signal, sys, threading, time, warnings
from lab.teaching.grading import checked
from lab.teaching.marks import Feedback
from lab.teaching.trying import Trial, ends, tried
from patterns.concurrency import sleep

def check(answer):
    trials = [Trial("", lambda answer: answer())]
    checked(lambda: Feedback(True, tried(answer, trials, [ends(1)]).sentence))

def state():
    return (
        signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGALRM), sys.stdout, sys.stderr,
        signal.getitimer(signal.ITIMER_REAL), threading.Thread.start, time.sleep,
        list(warnings.filters), threading.active_count(), len(os.listdir("/dev/fd")),
    )

check(lambda: sleep(1))
before, interrupts, left = state(), 0, []
for moment in range(30):
    ending = threading.Timer(0.0007 * moment, os.kill, (os.getpid(), signal.SIGINT))
    try:
        ending.start()
        check(lambda: sleep(1))
        ending.join()
        time.sleep(5)
    except KeyboardInterrupt:
        interrupts += 1
    ending.join()
    if state() != before:
        left.append(moment)
children = True
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    children = False
print(json.dumps([interrupts, left, children]))
"""


def test_ctrl_c_at_any_moment_of_a_check_ends_it_and_leaves_nothing():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert json.loads(done.stdout) == [30, [], False], done.stderr

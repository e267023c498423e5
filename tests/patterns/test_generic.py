"""The generic pool: typed through and through, and no failure goes unheard."""

import re
import subprocess
import sys
from collections import Counter
from functools import partial
from itertools import islice
from pathlib import Path

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab import measure, simulate
from lab.tracing import books, ideal_makespan, makespan
from patterns import generic
from patterns.concurrency import Cancelled, Closed, Context, TaskGroup, sleep
from patterns.generic import Pool

ROOT = Path(__file__).resolve().parents[2]


def through(pool, jobs, context=None):
    """Put `jobs` through `pool`, submitting and collecting at once; return the results."""
    with pool.start(context), TaskGroup() as submitter:
        submitter.spawn(generic.submit, jobs, pool)
        return list(pool.results())


# What it does.


def test_the_five_words_come_out_as_their_lengths():
    assert simulate(generic.run).value.values == [5, 5, 3, 3, 3]


def test_five_words_of_a_second_on_three_workers_take_two_seconds():
    run = simulate(partial(generic.run, job_seconds=1))
    assert run.elapsed == makespan(run.trace) == ideal_makespan(run.trace) == 2.0


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 5, 6])
def test_the_makespan_is_the_number_of_rounds(workers):
    run = simulate(partial(generic.run, job_seconds=1, num_workers=workers))
    assert run.elapsed == -(-5 // workers)


def test_no_more_jobs_are_in_work_than_there_are_workers():
    in_work, peak = 0, 0

    def process(job):
        nonlocal in_work, peak
        in_work += 1
        peak = max(peak, in_work)
        sleep(0.1)
        in_work -= 1

    simulate(lambda: through(Pool(4, process), range(50)), seed=1)
    assert peak == 4


@pytest.mark.parametrize("buffer", [0, 1, 3])
def test_the_submitter_is_never_further_ahead_than_the_buffer_and_the_workers(buffer):
    offered, done, ahead = 0, 0, 0

    def jobs():
        nonlocal offered, ahead
        for job in range(20):
            offered += 1
            ahead = max(ahead, offered - done)
            yield job

    def process(job):
        nonlocal done
        sleep(1)
        done += 1

    simulate(lambda: through(Pool(2, process, buffer=buffer), jobs()))
    assert ahead == buffer + 2 + 1  # waiting, in work, and the one that is being offered


def test_jobs_and_results_may_be_of_any_type():
    def process(job):
        name, *numbers = job
        return {name: sum(numbers)}

    jobs = [["a", 1, 2], ["b"], ["a", 1, 2]]
    assert simulate(lambda: through(Pool(2, process), jobs)).value == [{"a": 3}, {"b": 0}, {"a": 3}]


def test_none_is_a_result_like_any_other():
    assert simulate(lambda: through(Pool(2, lambda job: None), "abc")).value == [None] * 3


def test_a_pool_may_be_used_inside_another():
    def total(words):
        return sum(through(Pool(2, len), words))

    texts = [["hello", "world"], ["foo"], []]
    for seed in (None, 1, 2, 3):
        run = simulate(lambda: sorted(through(Pool(2, total), texts)), seed=seed)
        assert (run.value, run.leaks) == ([0, 3, 10], ())


def test_the_results_end_when_the_pool_is_closed_and_all_is_done():
    def main():
        pool = Pool(2, len, buffer=5)
        with pool.start():
            for word in generic.WORDS:
                pool.submit(word)
            pool.close()
            return list(pool.results()), list(pool.results())

    assert simulate(main).value == ([5, 5, 3, 3, 3], [])


def test_what_nobody_collected_is_done_all_the_same_when_the_block_is_left():
    def main():
        pool = Pool(2, len, buffer=1)
        with pool.start():
            for word in ("a", "bb", "ccc"):
                pool.submit(word)
        return pool.report

    assert sorted(simulate(main).value.values) == [1, 2, 3]


# Failures.


def fails_on(*bad, error=ValueError):
    def process(job):
        sleep(1)
        if job in bad:
            raise error(f"{job} is bad")
        return job

    return process


def test_an_exception_reaches_the_caller_as_it_was_raised_with_the_job_in_a_note():
    with pytest.raises(ValueError, match="3 is bad") as caught:
        simulate(lambda: through(Pool(2, fails_on(3)), range(10)))
    assert str(caught.value) == "3 is bad"
    assert caught.value.__notes__ == ["while processing job 3"]


def test_the_first_failure_ends_the_run_and_the_report_names_the_rest():
    def main():
        pool = Pool(2, fails_on(3))
        with pytest.raises(ValueError, match="3 is bad"):
            through(pool, range(10))
        return pool.report

    run = simulate(main)
    assert (run.elapsed, run.leaks) == (2.0, ())
    report = run.value
    assert (report.succeeded, report.failed) == ([0, 1, 2], [3])
    assert report.cancelled == [4, 5]  # both workers had gone on to the next
    assert set(report.never_started) <= {6, 7, 8, 9}


@pytest.mark.parametrize("wanted", [0, 1])
def test_a_failure_comes_out_though_nobody_collects_any_more(wanted):
    def main():
        pool = Pool(2, fails_on(3), buffer=10)
        with pool.start():
            for job in range(5):
                pool.submit(job)
            list(islice(pool.results(), wanted))

    with pytest.raises(ValueError, match="3 is bad"):
        simulate(main)


def test_the_blocks_own_exception_is_not_replaced_by_a_failure():
    def main():
        pool = Pool(2, fails_on(1))
        with pool.start():
            pool.submit(1)
            sleep(5)
            raise KeyError("of the block")

    with pytest.raises(KeyError, match="of the block"):
        simulate(main)


def test_stop_iteration_does_not_pass_for_the_end_of_the_results():
    with pytest.raises(RuntimeError) as caught:
        simulate(lambda: through(Pool(1, lambda job: next(iter([]))), [1]))
    assert isinstance(caught.value.__cause__, StopIteration)
    assert caught.value.__cause__.__notes__ == ["while processing job 1"]


@pytest.mark.parametrize("error", [ValueError, StopIteration])
def test_a_run_that_fails_reports_the_failure_as_its_jobs_error(error):
    run = simulate(partial(generic.run, process=fails_on("foo", error=error), num_workers=1))
    report = run.value
    assert (report.succeeded, report.failed) == (["hello", "world"], ["foo"])
    assert (report.cancelled, report.never_started) == (["bar"], ["baz"])
    assert [type(result.error) for result in report.results if result.job == "foo"] == [error]


def test_an_exception_of_the_log_comes_out_of_run():
    def log(line):
        raise KeyError(line)

    with pytest.raises(KeyError, match="length: 5"):
        simulate(partial(generic.run, log=log))


def test_what_no_exception_handler_should_catch_comes_out_in_a_group():
    def process(word):
        raise SystemExit(3)

    with pytest.raises(BaseExceptionGroup) as caught:
        simulate(partial(generic.run, process=process))
    assert caught.value.subgroup(SystemExit)


def test_a_bad_job_does_not_hide_in_a_report_full_of_equal_jobs():
    calls = []

    def process(word):
        calls.append(word)
        sleep(1)
        if len(calls) == 3:
            raise ValueError(word)
        return len(word)

    report = simulate(partial(generic.run, words=["a"] * 5, num_workers=1, process=process)).value
    accounts = [report.succeeded, report.failed, report.cancelled, report.never_started]
    assert [len(jobs) for jobs in accounts] == [2, 1, 1, 1]


# Cancellation.


def test_a_deadline_ends_the_run_and_every_word_is_accounted_for():
    def main():
        with Context(timeout=1.5) as context:
            return generic.run(job_seconds=1, context=context)

    run = simulate(main)
    assert (run.elapsed, run.leaks) == (1.5, ())
    assert run.value.succeeded == ["hello", "world", "foo"]
    assert run.value.cancelled == ["bar", "baz"]


def test_nothing_is_started_under_a_context_that_is_cancelled_already():
    def main():
        context = Context()
        context.cancel("too late")
        return generic.run(context=context)

    assert simulate(main).value.never_started == list(generic.WORDS)


def test_the_pools_users_are_woken_by_its_cancellation():
    def main():
        pool = Pool(1, fails_on(), buffer=0)
        with Context(timeout=2.5) as context, pytest.raises(Cancelled):
            through(pool, range(10), context)
        return pool.report

    run = simulate(main)
    assert run.elapsed == 2.5
    assert (run.value.succeeded, run.value.cancelled) == ([0, 1], [2])


# What it refuses.


def test_a_closed_pool_takes_no_job():
    def main():
        pool = Pool(1, len)
        with pool.start():
            pool.close()
            with pytest.raises(Closed):
                pool.submit("late")
        return pool.report

    assert simulate(main).value.never_started == ["late"]


def test_a_pool_that_was_not_started_is_not_waited_for():
    pool = Pool(1, len)
    with pytest.raises(RuntimeError, match="inside its block"):
        pool.submit("early")
    with pytest.raises(RuntimeError, match="inside its block"):
        list(pool.results())


def test_a_pool_is_started_once():
    def main():
        pool = Pool(1, len)
        with pool.start():
            pass
        with pytest.raises(RuntimeError, match="started once"), pool.start():
            pass

    simulate(main)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Pool(0, len), "workers must be a whole number >= 1, got 0"),
        (lambda: Pool(1.5, len), "workers must be a whole number >= 1, got 1.5"),
        (lambda: Pool(1, len, buffer=-1), "buffer must be a whole number >= 0, got -1"),
        (lambda: generic.run(num_workers=0), "num_workers must be a whole number >= 1, got 0"),
        (
            lambda: generic.run(job_seconds=-1),
            "job_seconds must be a number of seconds >= 0 and <= 1e12, got -1",
        ),
    ],
)
def test_a_bad_number_is_refused_with_the_rule_and_the_value(make, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        make()
    assert str(caught.value) == message


# Laws.


class LeaveError(Exception):
    pass


LEAVING = ("never", "by leaving the block", "by an exception", "by cancelling")


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    num_jobs=st.integers(0, 12),
    workers=st.integers(1, 4),
    buffer=st.none() | st.integers(0, 3),
    durations=st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.5]), min_size=12, max_size=12),
    failing=st.sets(st.integers(0, 11), max_size=3),
    timeout=st.none() | st.sampled_from([0.0, 0.1, 0.15, 0.3, 0.7, 1.0]),
    leaving=st.sampled_from(LEAVING),
    wanted=st.integers(0, 6),
    seed=st.none() | st.integers(0, 10**6),
)
def test_the_books_balance_whatever_fails_whenever_it_ends_and_whoever_leaves(
    num_jobs, workers, buffer, durations, failing, timeout, leaving, wanted, seed
):
    def process(job):
        sleep(durations[job])
        if job in failing:
            raise ValueError(job)
        return -job

    def collect(pool, collected):
        collected += islice(pool.results(), None if leaving == "never" else wanted)

    def use(pool, context, collected):
        if leaving == "by leaving the block":
            with pool.start(context):
                generic.submit(range(num_jobs), pool)
                collect(pool, collected)
            return
        with pool.start(context), TaskGroup() as submitter:
            submitter.spawn(generic.submit, range(num_jobs), pool)
            collect(pool, collected)
            if leaving == "by cancelling":
                context.cancel("seen enough")
            if leaving == "by an exception":
                raise LeaveError

    def main():
        room = num_jobs if leaving == "by leaving the block" else buffer
        pool, collected, raised = Pool(workers, process, buffer=room), [], None
        try:
            use(pool, Context(timeout=timeout), collected)
        except (Cancelled, ValueError, LeaveError) as error:
            raised = error
        return pool.report, collected, raised

    run = simulate(main, seed=seed)
    report, collected, raised = run.value
    assert (run.leaks, run.crashes) == ((), ())

    accounts = report.succeeded + report.failed + report.cancelled + report.never_started
    assert Counter(accounts) == Counter(report.submitted)
    assert report.submitted == tuple(range(len(report.submitted)))
    assert Counter(report.values) == Counter(-job for job in report.succeeded)
    assert set(report.failed) <= failing
    told = books(run.trace)
    assert told.balanced
    assert (told.succeeded, told.failed) == (len(report.succeeded), len(report.failed))

    assert not Counter(collected) - Counter(report.values)
    if raised is None:
        assert sorted(report.succeeded) == list(range(num_jobs))
    if isinstance(raised, ValueError):
        assert raised.args[0] in report.failed
    if raised is None and leaving == "never":
        assert collected == report.values


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    words=st.lists(st.text("ab", max_size=3), max_size=8),
    num_workers=st.integers(1, 4),
    timeout=st.none() | st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0]),
    bad=st.text("ab", max_size=3),
    seed=st.none() | st.integers(0, 10**6),
)
def test_a_run_names_what_became_of_every_word(words, num_workers, timeout, bad, seed):
    def process(word):
        if word == bad:
            raise ValueError(word)
        return len(word)

    def main():
        context = Context(timeout=timeout)
        return generic.run(
            words=words, num_workers=num_workers, job_seconds=1, process=process, context=context
        )

    run = simulate(main, seed=seed)
    report = run.value
    assert run.leaks == ()
    accounts = report.succeeded + report.failed + report.cancelled + report.never_started
    assert Counter(accounts) == Counter(words)
    assert set(report.failed) <= {bad}
    if timeout is None:
        assert bool(report.failed) == (bad in words)


def test_the_same_code_on_real_threads_gives_the_same_results():
    report = measure(partial(generic.run, job_seconds=0.002)).value
    assert sorted(report.values) == sorted(simulate(generic.run).value.values)


def test_a_failure_on_real_threads_reaches_the_caller_and_leaves_no_thread():
    def process(job):
        if job == 7:
            raise ValueError("7 is bad")
        return job

    pool = Pool(3, process, buffer=1)
    with pytest.raises(ValueError, match="7 is bad"):
        measure(lambda: through(pool, range(100)))
    report = pool.report
    accounts = report.succeeded + report.failed + report.cancelled + report.never_started
    assert sorted(accounts) == sorted(report.submitted)


# Types: what mypy says of programs that use the pool.

IMPORTS = """
from concurrent.futures import ThreadPoolExecutor

from patterns.generic import Pool, submit
from patterns.plain import generic as plain
from patterns.reusable import WorkerPool
"""

MORE = """
def words(text: str) -> list[str]:
    return text.split()

def shout(text: str) -> None:
    print(text.upper())

async def count(text: str) -> int:
    return len(text)

reveal_type(Pool(3, shout).results())  # mypy: Revealed type is "typing.Iterator[None]"
given: Pool[str, int] = Pool(3, words)  # mypy: incompatible type "Callable[[str], list[str]]"
Pool(3, 5)  # mypy: incompatible type "int"; expected "Callable[[Never], Never]"
Pool("3", words)  # mypy: Argument 1 to "Pool" has incompatible type "str"; expected "int"

splitting = Pool(3, words)
submit(["a", "b"], splitting)
submit([1, 2], splitting)  # mypy: error: Cannot infer value of type parameter "T" of "submit"
with splitting.start() as started:
    reveal_type(started)  # mypy: Revealed type is "patterns.generic.Pool[str, list[str]]"
reveal_type(splitting.report.values)  # mypy: Revealed type is "list[list[str] | None]"
submit(splitting.results(), Pool(2, len))
submit(splitting.results(), Pool(2, words))  # mypy: Cannot infer value of type parameter

executor = ThreadPoolExecutor()
reveal_type(executor.map(words, [42]))  # mypy: Revealed type is "typing.Iterator[list[str]]"
executor.submit(words, 42)  # mypy: Argument 2 to "submit" of "Executor" has incompatible type "int"
reveal_type(plain.executor(["a"], words, workers=3))  # mypy: Revealed type is "list[list[str]]"
plain.executor([42], words, workers=3)  # mypy: expected "Callable[[int], list[str]]"
reveal_type(plain.tasks(["a"], count, workers=3))  # mypy: list[int]]"
coroutine = plain.tasks([42], count, workers=3)  # mypy: expected "Callable[[int], Awaitable[int]]"
"""


def shown_in_the_notebook():
    """Return the programs of the notebook that say what mypy says of them."""
    cells = nbformat.read(ROOT / "notebooks" / "03_generic.ipynb", as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    blocks = re.findall("^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [block for block in blocks if "# mypy: " in block]


PROGRAM = "\n".join([IMPORTS, *shown_in_the_notebook(), MORE]).splitlines()


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """Return what mypy says of PROGRAM, by line number."""
    file = tmp_path_factory.mktemp("types") / "program.py"
    file.write_text("\n".join(PROGRAM))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-pretty", "--no-error-summary", file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    said = {}
    for line in done.stdout.splitlines():
        _, number, message = line.split(":", 2)
        said.setdefault(int(number), []).append(message.strip())
    return said


def test_the_notebook_shows_two_programs_and_what_the_type_checker_says_of_them():
    assert [block.count("# mypy: ") for block in shown_in_the_notebook()] == [4, 2]


@pytest.mark.parametrize(
    "number",
    [number for number, line in enumerate(PROGRAM, start=1) if line],
    ids=lambda number: PROGRAM[number - 1].partition("  #")[0],
)
def test_the_type_checker_says(checked, number):
    expected = PROGRAM[number - 1].partition("# mypy: ")[2]
    said = "; ".join(checked.get(number, ()))
    if expected:
        assert expected in said
    else:
        assert said == ""

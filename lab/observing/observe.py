"""Run a pool written in plain Python and record what happens, though it knows nothing of that."""

from __future__ import annotations

import asyncio
import contextvars
import ctypes
import inspect
import math
import os
import pickle
import re
import tempfile
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sized
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import wraps
from itertools import accumulate, count
from pathlib import Path
from typing import Any

from lab.model.deadlock import Stuck
from lab.model.pool import title
from lab.model.run import Run
from lab.model.trace import Clock, Counter, Job, Outcome, Trace
from lab.observing.virtual_loop import VirtualLoop, unfinished
from lab.tracing.by_hand import trace_from_jobs
from lab.tracing.labels import job_labels
from patterns.concurrency import Cancelled
from patterns.concurrency.runtime import current_runtime
from patterns.concurrency.threads import ThreadRuntime

__all__ = ["observe"]

Process = Callable[[Any], Any]

_NUMBERED = re.compile(r"worker-\d+")
_GRACE = 1.0  # seconds


def observe(
    pool: Callable[..., Any],
    jobs: Iterable[Any],
    process: Process,
    /,
    *,
    real: bool | None = None,
    **options: Any,
) -> Run[Any]:
    """Call `pool(jobs, process, **options)` and record what becomes of each job.

    A job is submitted when the pool takes it from `jobs`, starts when `process` is called with it,
    and ends with that call: cancelled if it is cut short, failed if it raises. Its worker is the
    task, thread or process that makes the call. Where each of these makes one call only, as with a
    task for every job, the lanes are slots instead: a job gets the first that is free. What a pool
    does between two jobs is not known, and is drawn as waiting. If `jobs` has a length, those that
    the pool did not take are listed as never started.

    Args:
        pool: a function, or an async function, which may use asyncio and anyio.
        jobs: the jobs; a job processed twice is listed twice.
        process: what the pool is to do with a job; async if the pool awaits it, picklable if the
            pool uses processes.
        real: None runs async pools on a virtual clock and all others on the real one; True runs
            async pools on the real one too.
        options: passed on to `pool`.

    What `pool` raises comes out; its attribute `trace` tells what happened until then. Raises
    Deadlock if every task of an async pool in virtual time waits for another; ValueError for
    `real=False` with a pool that has no virtual time; RuntimeError inside a simulation.
    """
    if not isinstance(current_runtime(), ThreadRuntime):
        raise RuntimeError("observe has clocks of its own: it cannot be called in a simulation")
    is_async = inspect.iscoroutinefunction(pool)
    if real is False and not is_async:
        raise ValueError("real must not be False for a pool without async: threads take real time")
    if is_async and not real:
        return _in_virtual_time(pool, jobs, process, options)
    with tempfile.TemporaryDirectory() as folder:
        log = _Log(jobs, time.perf_counter_ns, folder)
        with _trace_on_errors(log, "real"):
            if is_async:
                value, leaks = _in_a_loop(asyncio.new_event_loop, log, pool, process, options)
            else:
                value, leaks = _in_this_thread(log, pool, process, options)
        trace = log.trace("real")
    leaked = tuple(leaks)
    return Run(value, trace, trace.elapsed, "real", leaked, name=title(pool), options=options)


def _in_virtual_time(
    pool: Callable[..., Any], jobs: Iterable[Any], process: Process, options: dict[str, Any]
) -> Run[Any]:
    loop = VirtualLoop()
    log = _Log(jobs, lambda: loop.nanoseconds)
    with _trace_on_errors(log, "virtual"):
        value, leaks = _in_a_loop(lambda: loop, log, pool, process, options)
    trace = log.trace("virtual")
    leaked = tuple(leaks)
    return Run(value, trace, trace.elapsed, "virtual", leaked, name=title(pool), options=options)


@contextmanager
def _trace_on_errors(log: _Log, clock: Clock) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        log.end()
        with suppress(AttributeError):  # few exceptions have no room for it
            error.trace = log.trace(clock)  # type: ignore[attr-defined]
        raise


def _in_this_thread(
    log: _Log, pool: Callable[..., Any], process: Process, options: dict[str, Any]
) -> tuple[Any, list[Stuck]]:
    before = set(threading.enumerate())
    log.begin()
    value = pool(log, log.watch(process), **options)
    log.end()
    left = [thread for thread in threading.enumerate() if thread not in before]
    return value, [Stuck(thread.name, "running", "still running", "") for thread in left]


def _in_a_loop(
    make_loop: Callable[[], asyncio.AbstractEventLoop],
    log: _Log,
    pool: Callable[..., Any],
    process: Process,
    options: dict[str, Any],
) -> tuple[Any, list[Stuck]]:
    """Run an async pool in a thread of its own, since a loop may be running in this one."""
    leaks: list[Stuck] = []
    mains: list[asyncio.Task[Any]] = []

    async def main() -> Any:
        own = asyncio.current_task()
        assert own is not None
        own.set_name("main")
        mains.append(own)
        log.begin()
        try:
            return await pool(log, log.watch(process), **options)
        finally:
            log.end()
            for _ in range(10):  # who only has to notice that it is over may do so
                await asyncio.sleep(0)
            leaks.extend(task for task in unfinished(own.get_loop()) if task.task != "main")

    def run() -> Any:
        with asyncio.Runner(loop_factory=make_loop) as runner:
            try:
                return runner.run(main())
            finally:
                log.end()

    def interrupt() -> None:
        for task in mains:
            task.get_loop().call_soon_threadsafe(task.cancel)

    return _in_a_thread(run, interrupt), leaks


def _in_a_thread(run: Callable[[], Any], interrupt: Callable[[], object]) -> Any:
    """Run it in another thread; a KeyboardInterrupt here ends it there, by force after 1 s."""
    outcome: list[Any] = []
    error: list[BaseException] = []
    over = threading.Event()

    def target() -> None:
        try:
            outcome.append(run())
        except BaseException as raised:
            error.append(raised)
        finally:
            over.set()

    context = contextvars.copy_context()  # by which a notebook finds the cell that prints
    thread = threading.Thread(target=context.run, args=(target,), daemon=True)
    try:
        thread.start()
        over.wait()
    except KeyboardInterrupt:
        with suppress(RuntimeError):  # the loop has just been closed
            interrupt()
        while not _is_over(over):  # a task computes: raise where it is
            number = ctypes.c_ulong(thread.ident or 0)
            kind = ctypes.py_object(asyncio.CancelledError)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(number, kind)
        raise
    finally:
        thread.join()
    if error:
        raise error[0]
    return outcome[0]


def _is_over(over: threading.Event) -> bool:
    try:
        return over.wait(_GRACE)
    except KeyboardInterrupt:  # somebody cannot wait
        return over.is_set()


@dataclass(slots=True)
class _Call:
    """One call of `process`."""

    job: Any
    worker: Any  # task, thread, or process id
    start: int
    number: float  # orders what happens in the same nanosecond
    end: int | None = None
    outcome: Outcome = Outcome.CANCELLED
    error: str | None = None

    def ended(self, end: int, error: BaseException | None) -> None:
        self.end = end
        if error is None:
            self.outcome = Outcome.OK
            return
        self.error = repr(error)
        if isinstance(error, Exception) and not isinstance(error, Cancelled):
            self.outcome = Outcome.FAILED


@dataclass(slots=True)
class _Submission:
    """One job taken from the jobs; `time` is None if it was left there."""

    job: Any
    time: int | None
    number: float
    call: _Call | None = None


class _Log:
    """The jobs that the pool gets to see, and what is known of them."""

    def __init__(self, jobs: Iterable[Any], now: Callable[[], int], folder: str = "") -> None:
        self._jobs = jobs
        self._source = iter(jobs)
        self._now = now
        self._folder = folder
        self._numbers = count()
        self._begin = now()
        self._end: int | None = None
        self._submissions: list[_Submission] = []
        self._calls: list[_Call] = []

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        job = next(self._source)
        self._submissions.append(_Submission(job, self._now(), next(self._numbers)))
        return job

    def __len__(self) -> int:
        return len(self._jobs)  # type: ignore[arg-type]

    def begin(self) -> None:
        """Set the clock to 0."""
        self._begin = self._now()

    def end(self) -> None:
        """Stop the clock; what happens from now on is not recorded."""
        if self._end is None:
            self._end = self._now()

    def watch(self, process: Process) -> Process:
        """Return `process` such that its calls are recorded."""
        if not inspect.iscoroutinefunction(process):
            return _Watched(self, process, self._folder)

        @wraps(process)
        async def watched(job: Any) -> Any:
            with self.call(job):
                return await process(job)

        return watched

    def start(self, job: Any) -> _Call:
        """Record the start of a call."""
        call = _Call(job, _worker(), self._now(), next(self._numbers))
        if self._end is None:
            self._calls.append(call)
        return call

    def stop(self, call: _Call, error: BaseException | None) -> None:
        """Record its end."""
        if self._end is None:
            call.ended(self._now(), error)

    @contextmanager
    def call(self, job: Any, started: _Call | None = None) -> Iterator[None]:
        """Record what happens to a call."""
        call = started or self.start(job)
        try:
            yield
        except BaseException as error:
            self.stop(call, error)
            raise
        self.stop(call, None)

    def trace(self, clock: Clock) -> Trace:
        """Make a trace of what has been recorded."""
        end = self._now() if self._end is None else self._end
        calls = sorted([*self._calls, *_calls_elsewhere(self._folder)], key=_by_time)
        submissions = self._matched(calls)
        names = _lanes(calls, end)
        labels = job_labels(submission.job for submission in submissions)
        jobs = [
            self._job(submission, label, names, end)
            for submission, label in zip(submissions, labels, strict=True)
        ]
        elapsed = (end - self._begin) / 1e9
        trace = trace_from_jobs(
            jobs, clock=clock, elapsed=elapsed, waiting=self._depth(submissions)
        )
        return replace(trace, workers=tuple(sorted(trace.workers, key=_number)))

    def _matched(self, calls: list[_Call]) -> list[_Submission]:
        """Find for each call the submission of its job; what comes from a process is a copy."""
        submissions = list(self._submissions)
        if isinstance(self._jobs, Sized):
            submissions += [_Submission(job, None, math.inf) for job in self._source]
        unmatched = deque(submissions)
        for call in calls:
            for place, submission in enumerate(unmatched):
                if _same(submission.job, call.job):
                    submission.call = call
                    del unmatched[place]
                    break
            else:
                submissions.append(_Submission(call.job, None, math.inf, call))
        return submissions

    def _job(self, submission: _Submission, label: str, names: dict[int, str], end: int) -> Job:
        submitted = None if submission.time is None else self._at(submission.time)
        call = submission.call
        if call is None:
            return Job(label, Outcome.NEVER_STARTED, submitted)
        return Job(
            id=label,
            outcome=call.outcome,
            submitted=submitted,
            started=self._at(call.start),
            finished=self._at(end if call.end is None else call.end),
            worker=names[id(call)],
            error=call.error,
        )

    def _depth(self, submissions: list[_Submission]) -> Counter:
        changes: list[tuple[int, float, int]] = []
        for submission in submissions:
            if submission.time is not None:
                changes.append((submission.time, submission.number, 1))
                if submission.call is not None:
                    changes.append((submission.call.start, submission.call.number, -1))
        changes.sort()
        times = (self._at(time) for time, _, _ in changes)
        values = accumulate((change for *_, change in changes), initial=0)
        return Counter("jobs", (0.0, *times), tuple(values))

    def _at(self, time: int) -> float:
        return (time - self._begin) / 1e9


class _Watched:
    """A process function whose calls are recorded: here, or, sent to a process, in a file."""

    def __init__(self, log: _Log, process: Process, folder: str) -> None:
        self._log = log
        self._process = process
        self._folder = folder

    def __call__(self, job: Any) -> Any:
        call = self._log.start(job)
        with self._log.call(job, call):
            value = self._process(job)
        return self._finish(call, value) if inspect.isawaitable(value) else value

    async def _finish(self, call: _Call, value: Awaitable[Any]) -> Any:
        with self._log.call(call.job, call):
            return await value

    def __reduce__(self) -> tuple[Any, ...]:
        return _Elsewhere, (self._process, self._folder)


@dataclass
class _Elsewhere:
    """The same in another process, which writes down what happens there.

    The clock is the system's, so that its times can be compared with those of other processes.
    """

    process: Process
    folder: str

    def __call__(self, job: Any) -> Any:
        call = _Call(job, os.getpid(), time.perf_counter_ns(), math.inf)
        self._write(call)
        try:
            value = self.process(job)
        except BaseException as error:
            call.ended(time.perf_counter_ns(), error)
            raise
        else:
            call.ended(time.perf_counter_ns(), None)
            return value
        finally:
            self._write(call)

    def _write(self, call: _Call) -> None:
        with open(Path(self.folder, str(call.worker)), "ab") as file:
            file.write(pickle.dumps(call))


def _calls_elsewhere(folder: str) -> list[_Call]:
    """Read what processes wrote; each call stands there once or, if it has ended, twice."""
    calls: dict[tuple[int, int], _Call] = {}
    for path in Path(folder).iterdir() if folder else ():
        with path.open("rb") as file, suppress(EOFError, pickle.UnpicklingError):
            while True:
                call = pickle.load(file)
                calls[call.worker, call.start] = call
    return list(calls.values())


def _worker() -> object:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return task or threading.current_thread()


def _lanes(calls: list[_Call], end: int) -> dict[int, str]:
    """Name the worker of each call, by the call's identity."""
    own: dict[object, list[_Call]] = {}
    for call in calls:
        own.setdefault(call.worker, []).append(call)
    given = {worker: _name(worker) for worker in own}
    if all(_NUMBERED.fullmatch(n) for n in given.values()) and len({*given.values()}) == len(given):
        return {id(call): given[call.worker] for call in calls}
    if all(len(one) == 1 for one in own.values()):
        return _slots(calls, end)
    numbers = {worker: f"worker-{n}" for n, worker in enumerate(own, start=1)}
    return {id(call): numbers[call.worker] for call in calls}


def _slots(calls: list[_Call], end: int) -> dict[int, str]:
    names: dict[int, str] = {}
    free: list[int] = []  # when each slot is
    for call in calls:
        slot = next((n for n, time in enumerate(free) if time <= call.start), len(free))
        free[slot : slot + 1] = [end if call.end is None else call.end]
        names[id(call)] = f"worker-{slot + 1}"
    return names


def _name(worker: object) -> str:
    if isinstance(worker, asyncio.Task):
        return worker.get_name()
    return worker.name if isinstance(worker, threading.Thread) else str(worker)


def _number(name: str) -> int:
    return int(name.removeprefix("worker-"))


def _by_time(call: _Call) -> tuple[int, float]:
    return call.start, call.number


def _same(job: Any, other: Any) -> bool:
    try:
        return job is other or bool(job == other)
    except Exception:  # arrays, for example, do not tell
        return False

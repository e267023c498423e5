"""Make the slides of a lecture, `build/slides/index.html`: a question, its answer, a run to watch.

`python -m tools.slides`, or `make slides`. It is one page, which loads nothing: it plays without a
network and without a kernel. Whatever a slide says of its run is worked out from that run.
"""

from __future__ import annotations

import argparse
import html
import linecache
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from lab import explore, play, simulate, sweep
from lab.model.exploration import Exploration
from lab.model.run import Run
from lab.plots.player import SCRIPT, Player, inside_script
from lab.teaching.comparing import run_pools, sample_workload
from lab.teaching.markup import sentence
from lab.teaching.wording import plural
from lab.tracing import counts, last_submission, makespan, utilisation, workers_peak
from patterns import basic, dynamic, error_handling, generic, heartbeat, pitfalls, rate_limited
from patterns.concurrency import Channel, TaskGroup, sleep

__all__ = ["SLIDES", "Slide", "main", "page"]

ROOT: Final = Path(__file__).resolve().parents[1]
INDEX: Final = ROOT / "build" / "slides" / "index.html"
_PAGE: Final = Path(__file__).with_name("slides.html")


@dataclass(frozen=True)
class Slide:
    """One moment of the lecture.

    Attributes:
        lesson: the name of its notebook, without the suffix.
        heading: what the room is asked.
        sentence: what one sees when it is played.
        player: the run, or the failing schedule.
    """

    lesson: str
    heading: str
    sentence: str
    player: Player


def rounds() -> Slide:
    """Show what a pool is, and that equal jobs are done in rounds."""
    jobs, workers = 10, 3
    run = simulate(basic.demo, jobs=jobs, workers=workers)
    full, left = divmod(jobs, workers)
    return Slide(
        "00_start_here",
        f"{jobs} jobs of 1 s, {workers} workers: how long?",
        f"{run.elapsed:g} s: {plural(full, 'full round')}, and one more for {plural(left, 'job')}.",
        play(run),
    )


def too_many_workers() -> Slide:
    """Show that one more worker helps only if it saves a round."""
    jobs, workers = 10, 6
    runs = sweep(basic.demo, jobs=jobs, workers=[*range(1, workers + 1)])
    run = runs[workers]
    fewest = min(n for n in runs if makespan(runs[n]) == makespan(run))
    return Slide(
        "01_basic",
        f"{jobs} jobs again, now {workers} workers: how long?",
        f"{makespan(run):g} s, as with {fewest} workers: one more helps only if it saves a round "
        f"(here they are busy for {utilisation(run):.0%} of the time).",
        play(run),
    )


def backpressure() -> Slide:
    """Show whom a small buffer makes wait."""
    jobs = 12
    small, large = (simulate(basic.demo, jobs=jobs, buffer=buffer) for buffer in (1, jobs))
    assert small.elapsed == large.elapsed
    return Slide(
        "01_basic",
        "Room for one job in the queue: who has to wait?",
        f"The submitter: it is done at {last_submission(small):g} s, with room for all at "
        f"{last_submission(large):g} s. The workers need {small.elapsed:g} s either way.",
        play(small),
    )


def two_small_buffers() -> Slide:
    """Show a deadlock."""
    found = explore(pitfalls.two_small_buffers, schedules=50)
    return Slide(
        "01_basic",
        "Submit everything, then collect. Small buffers: what happens?",
        f"{found.failures} of {found.schedules} schedules deadlock: the workers wait for a reader, "
        "and the reader waits until a worker takes a job.",
        _failure(found),
    )


def deadline() -> Slide:
    """Show what a cancel leaves of the work."""
    run = simulate(basic.demo, timeout=2.5)
    report = run.value
    return Slide(
        "02_reusable",
        "The time is up after 2.5 s: what becomes of each job?",
        f"{len(report.succeeded)} succeeded, {len(report.cancelled)} were in work and are "
        f"cancelled, {len(report.never_started)} never started: none is lost.",
        play(run),
    )


def order_of_results() -> Slide:
    """Show that results come as they are done."""

    def length(word: str) -> int:
        sleep(len(word))
        return len(word)

    words = ["elephant", "ox", "horse", "wolf", "rabbit"]
    run = simulate(generic.run, words, length)
    order = ", ".join(result.job for result in run.value.results)
    return Slide(
        "03_generic",
        "A word takes 1 s a letter: in which order do results come?",
        f"{order}: as they are done. Pair a result with the job it carries, never by its place.",
        play(run),
    )


def failed_jobs() -> Slide:
    """Show that a failed job costs no worker."""
    run = simulate(error_handling.demo)
    did = counts(run)
    return Slide(
        "04_error_handling",
        "A job raises an exception: what does its worker do next?",
        f"It takes the next job. Of {did.submitted} jobs {did.failed} failed and {did.succeeded} "
        "succeeded: an error is a result like any other.",
        play(run),
    )


def stop_drops_queue() -> Slide:
    """Show the stop of the article's dynamic pool, which drops what was promised."""
    jobs, workers = 6, 2
    size: dict[str, Any] = {"jobs": jobs, "workers": workers}
    arrived: list[int] = []

    def all_there(run: Run[list[int]]) -> bool:
        arrived.append(len(run.value))
        return len(run.value) == jobs

    found = explore(pitfalls.stop_drops_queue, check=all_there, schedules=50, **size)
    here = _value(pitfalls.stop_drops_queue, found, **size)
    return Slide(
        "05_dynamic",
        f"Close, then cancel {workers} workers: how many of {jobs} results come?",
        f"{max(arrived)} at most, in this order of events {len(here)}, and nobody hears of the "
        "rest: cancelling wins over closing.",
        _failure(found),
    )


def check_then_act() -> Slide:
    """Show the race of the article's dynamic pool."""
    pool = pitfalls.check_then_act
    size: dict[str, Any] = {"callers": 2, "max_workers": 1}
    found = explore(pool, check=lambda run: run.value <= 1, how="every", **size)
    return Slide(
        "05_dynamic",
        "Room for one. Two callers look, then add: how many now?",
        f"{_value(pool, found, **size)}, in {found.failures} of all {found.schedules} distinct "
        "schedules: looking and adding must be one step.",
        _failure(found),
    )


def autoscaler() -> Slide:
    """Show workers that come with a wave and leave after it."""
    wave, calm, least = 16, 16, 1

    def jobs() -> Iterator[int]:
        yield from range(wave)
        for job in range(wave, wave + calm):
            sleep(0.3)
            yield job

    def pool() -> object:
        return dynamic.run(jobs(), lambda job: sleep(0.25), min_workers=least, max_workers=4)

    run = simulate(pool)
    left = sorted(end for end in _ends(run).values() if end < last_submission(run))
    assert len(left) == workers_peak(run) - least, left
    *early, last = (f"{end:g}" for end in left)
    return Slide(
        "05_dynamic",
        f"{plural(wave, 'job')}, then a trickle: when do workers come and go?",
        f"From {least} up to {workers_peak(run)}, one at each look while jobs wait. They leave at "
        f"{', '.join(early)} and {last} s, when fewer have been enough for a while.",
        play(run, title="dynamic"),
    )


def rate_limit() -> Slide:
    """Show that a rate does not grow with the workers."""
    demo = partial(rate_limited.demo, rate=2.5, seconds=0.3)
    runs = sweep(demo, workers=[5, 10])
    return Slide(
        "06_rate_limited",
        "2.5 jobs a second and 5 workers: would 10 be quicker?",
        f"No: {makespan(runs[5]):g} s with five, {makespan(runs[10]):g} s with ten. The limit is "
        "everybody's, and more workers only wait for it.",
        play(runs[5], title="rate limited"),
    )


def lost_workers() -> Slide:
    """Show how silence is noticed."""
    history: list[heartbeat.Health] = []
    run = simulate(heartbeat.demo, history=history)
    lost = [f"{seen.worker} ({seen.verdict})" for seen in history if seen.verdict != "well"]
    return Slide(
        "07_heartbeat",
        "One worker hangs, one dies: how does anybody notice?",
        f"No more beats: {' and '.join(lost)} are given up and replaced, "
        f"{len(run.value.failed)} jobs fail, {len(run.value.succeeded)} succeed.",
        play(run),
    )


def gave_up() -> Slide:
    """Show a pool that is done first because it gave up."""
    runs = run_pools(sample_workload())
    first = min(runs, key=lambda name: runs[name].elapsed)
    did = counts(runs[first])
    undone = did.submitted - did.succeeded - did.failed
    return Slide(
        "08_side_by_side",
        "Of seven pools this one is done first: is it the quickest?",
        f"No, {first} gave up at {runs[first].elapsed:g} s: {undone} of {did.submitted} jobs are "
        "not done. A makespan means something only together with the counts.",
        play(runs[first]),
    )


def under_the_gil(
    jobs: int = 30, workers: int = 6, wait: float = 0.04, compute: float = 0.01
) -> object:
    """Model threads that wait together and compute one at a time."""
    gil = Channel[int](1, "GIL")

    def process(job: int) -> None:
        sleep(wait)
        gil.send(job)
        sleep(compute)
        gil.receive()

    return basic.run(range(jobs), process, workers=workers)


def gil() -> Slide:
    """Show the arithmetic of the global interpreter lock."""
    runs = sweep(under_the_gil, workers=[*range(1, 11)])
    best = min(map(makespan, runs.values()))
    enough = min(n for n in runs if makespan(runs[n]) == best)
    return Slide(
        "09_plain_python",
        "Wait 40 ms, compute 10 ms: how many threads are enough?",
        f"{enough}: then one of them always has the lock. {makespan(runs[1]):g} s with one "
        f"thread, {best:g} s with {enough}, and with 10.",
        play(runs[6], title="6 threads and one lock"),
    )


def tally() -> int:
    """Let two workers add 1 to a plain number."""
    total = 0

    def add() -> None:
        nonlocal total
        total += 1

    with TaskGroup() as group:
        group.spawn(add, name="worker-1")
        group.spawn(add, name="worker-2")
    return total


def lost_addition() -> Slide:
    """Show a race on a plain variable."""
    found = explore(tally, check=lambda run: run.value == 2, how="every", statements=[tally])
    wrong = _value(tally, found, statements=[tally])
    return Slide(
        "10_all_schedules",
        "Two workers do `total += 1`: is it always 2?",
        f"No: it is {wrong} in {found.failures} of all {found.schedules} distinct schedules. "
        "Both read 0, and both write 1.",
        _with_code(_failure(found)),
    )


SLIDES: Final[Sequence[Callable[[], Slide]]] = (
    rounds,
    too_many_workers,
    backpressure,
    two_small_buffers,
    deadline,
    order_of_results,
    failed_jobs,
    stop_drops_queue,
    check_then_act,
    autoscaler,
    rate_limit,
    lost_workers,
    gave_up,
    gil,
    lost_addition,
)


def _failure(found: Exploration) -> Player:
    assert found.failure is not None, found
    return play(found.failure)


def _with_code(player: Player) -> Player:
    """Say of each statement of this file what it is, in place of its line's number."""

    def code(statement: re.Match[str]) -> str:
        return linecache.getline(__file__, int(statement["line"])).strip()

    for panel in player.data["panels"]:
        for turn in panel["turns"]:
            turn["text"] = re.sub(r"statement \w+, line (?P<line>\d+)", code, turn["text"])
    return player


def _value(pool: Callable[..., Any], found: Exploration, **options: Any) -> Any:
    """Return what the pool returns in the schedule that is shown."""
    assert found.failure is not None, found
    return simulate(pool, schedule=found.failure.schedule, **options).value


def _ends(run: Run[Any]) -> dict[str, float]:
    """Return when each worker was last seen."""
    ends: dict[str, float] = {}
    for span in run.trace.spans:
        ends[span.worker] = max(span.end, ends.get(span.worker, 0.0))
    return ends


def page(slides: Sequence[Slide]) -> str:
    """Return the page that shows these slides."""
    sections = "\n".join(
        f'<section class="slide" id="{number}"><header><p class="lesson">{_title(slide.lesson)}</p>'
        f"<h1>{sentence(slide.heading)}</h1>"
        f'<p class="sentence">{sentence(slide.sentence)}</p></header>'
        f'<div class="run"><p>{html.escape(slide.player.data["text"])}</p></div></section>'
        for number, slide in enumerate(slides, start=1)
    )
    data = f"[{','.join(slide.player.json() for slide in slides)}]"
    parts = {
        "slides": sections,
        "data": inside_script(data),
        "player": SCRIPT.read_text(encoding="utf-8"),
    }
    text = _PAGE.read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"<!-- {name} -->", part)
    return text


def _title(lesson: str) -> str:
    number, _, name = lesson.partition("_")
    return f"{int(number)}. {name.replace('_', ' ')}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(prog="tools.slides", description="Make the lecture's slides.")
    parser.add_argument("--to", type=Path, default=INDEX, help="the page to write")
    to: Path = parser.parse_args(arguments).to
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(page([make() for make in SLIDES]), encoding="utf-8")
    print(to)


if __name__ == "__main__":
    main()

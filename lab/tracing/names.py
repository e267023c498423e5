"""What stands above a run: its name, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lab.model.trace import Trace
from lab.tracing.numbers import utilisation, workers_joined
from lab.tracing.words import count_of, elapsed_text, outcomes

__all__ = ["finding", "name_of", "named"]

_UNNAMED: Final = "run"  # what a run is called that nobody has named


def finding(trace: Trace) -> str:
    """Say in one line what the run came to.

    How busy the workers were is said only if all were there from the start: else it would count
    time in which some did not exist.
    """
    jobs = count_of(len(trace.jobs), "job")
    text = f"{jobs} on {count_of(len(trace.workers), 'worker')}: {elapsed_text(trace)}"
    if not workers_joined(trace):
        text += f", workers busy {utilisation(trace):.0%}"
    ended = outcomes(trace).items()
    return text + "".join(f", {number} {way}" for way, number in ended if way != "succeeded")


def named(runs: Any) -> dict[str, Any]:
    """Return runs, or what else has a name, by their labels, which are distinct.

    A sweep says what to call its runs; of a mapping the keys are the labels, and of others their
    own names.
    """
    if hasattr(runs, "named"):
        runs = runs.named()
    elif isinstance(runs, Trace) or hasattr(runs, "trace"):
        runs = [runs]
    pairs = (
        [(str(label), run) for label, run in runs.items()]
        if isinstance(runs, Mapping)
        else [(name_of(run), run) for run in runs]
    )
    labels: dict[str, Any] = {}
    for place, (name, run) in enumerate(pairs, start=1):
        name = name or f"run {place}"
        label, number = name, 1
        while label in labels:
            number += 1
            label = f"{name} ({number})"
        labels[label] = run
    return labels


def name_of(run: object) -> str:
    """Return the name that a run was given, or ""."""
    name = getattr(run, "name", "")
    return "" if name == _UNNAMED else str(name)

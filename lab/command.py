"""The command line that all patterns share: run for real or simulated, print, draw, save."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from lab.tracing import workers_peak
from patterns.concurrency import Report

if TYPE_CHECKING:
    from lab.model.run import Run

__all__ = ["Command"]

_PICTURES = (".png", ".svg")


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


class Command:
    """`python -m patterns.NAME`: the pattern's own options, and those that all share."""

    def __init__(self, pattern: str, description: str | None) -> None:
        self._pattern = pattern
        self._own: list[str] = []
        self._parser = _Parser(
            prog=f"patterns.{pattern}",
            description=(description or "").strip().split("\n\n")[0],
            allow_abbrev=False,
        )

    def add(self, flag: str, kind: Callable[[str], Any], default: Any, help_text: str) -> None:
        """Add an option of the pattern's own."""
        self._own.append(_attribute(flag))
        shown = "" if default is None else f" (default: {default})"
        self._parser.add_argument(
            flag, type=kind, default=default, help=help_text + shown, metavar="N"
        )

    def add_switch(self, flag: str, help_text: str) -> None:
        """Add an option that is on or off, off by default."""
        self._own.append(_attribute(flag))
        self._parser.add_argument(flag, action="store_true", help=help_text)

    def run(
        self,
        argv: Sequence[str] | None,
        pattern: Callable[[argparse.Namespace, Callable[[str], object]], Report[Any, Any]],
    ) -> int:
        """Parse `argv`, run `pattern(options, log)`, show what was asked for.

        Returns the exit status: 0; 2 for a wrong value, told in one line on stderr; 130 after
        Ctrl-C.
        """
        self._add_shared()
        options = self._parser.parse_args(argv)
        try:
            _check(options)
            run = _run(options, pattern)
            if options.plot:
                _draw(run, options.plot)
            if options.trace:
                _save_trace(run, options.trace)
        except (ValueError, OSError) as error:
            self._parser.error(str(error))
        except KeyboardInterrupt:
            print(f"{self._parser.prog}: interrupted", file=sys.stderr)
            return 130
        if options.json:
            parameters = {name: getattr(options, name) for name in self._own}
            print(json.dumps(_summary(self._pattern, parameters, run)))
        else:
            print(f"{run.value}; {run.elapsed:.3f} s ({run.clock} clock)")
        return 0

    def _add_shared(self) -> None:
        add = self._parser.add_argument
        add("--simulate", action="store_true", help="run in virtual time: exact, and at once")
        add("--seed", type=int, metavar="N", help="with --simulate: the random schedule N")
        add("--plot", type=Path, metavar="FILE", help="write a picture, .png or .svg")
        add("--trace", type=Path, metavar="FILE.json", help="write what happened, as JSON")
        add("--json", action="store_true", help="print one JSON object in place of the activity")


def _attribute(flag: str) -> str:
    return flag.removeprefix("--").replace("-", "_")


def _check(options: argparse.Namespace) -> None:
    if options.seed is not None and not options.simulate:
        raise ValueError(f"--seed needs --simulate, got --seed {options.seed} alone")
    if options.plot and options.plot.suffix not in _PICTURES:
        raise ValueError(f"--plot must end in .png or .svg, got {options.plot}")
    for path in (options.plot, options.trace):
        if path and not path.parent.is_dir():
            raise ValueError(f"the folder of a file to write must exist, got {path}")


def _run(
    options: argparse.Namespace,
    pattern: Callable[[argparse.Namespace, Callable[[str], object]], Report[Any, Any]],
) -> Run[Report[Any, Any]]:
    log: Callable[[str], object] = (lambda line: None) if options.json else _say
    if options.simulate:
        from lab.simulation import simulate

        return simulate(lambda: pattern(options, log), seed=options.seed)
    from lab.observing.measure import measure

    return measure(lambda: pattern(options, log))


def _say(line: str) -> None:
    # One write a line, so that lines of different threads do not run into each other.
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _draw(run: Run[Any], path: Path) -> None:
    from lab.plots import draw, queue_depth, throughput, timeline

    draw(run.trace, timeline, throughput, queue_depth).save(path)


def _save_trace(run: Run[Any], path: Path) -> None:
    from lab.tracing import to_json

    path.write_text(to_json(run.trace) + "\n", encoding="utf-8")


def _summary(
    pattern: str, parameters: dict[str, Any], run: Run[Report[Any, Any]]
) -> dict[str, Any]:
    report = run.value
    return {
        "pattern": pattern,
        "parameters": parameters,
        "clock": run.clock,
        "elapsed_seconds": run.elapsed,
        "submitted": len(report.submitted),
        "succeeded": len(report.succeeded),
        "failed": len(report.failed),
        "cancelled": len(report.cancelled),
        "never_started": len(report.never_started),
        "results": report.values,
        "workers_peak": workers_peak(run.trace),
    }

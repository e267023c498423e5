"""The command lines: a pattern's demo, and all seven pools side by side.

Both can run in virtual time or on threads, draw what happened, and print one JSON object.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.tracing import to_json, workers_peak
from patterns.concurrency import Report
from patterns.concurrency.command import Parser, add_options, parser_of, say, status

if TYPE_CHECKING:
    from lab.model.run import Run

__all__ = ["main", "side_by_side"]

_PICTURES = (".png", ".svg")


def main(demo: Callable[..., Report[Any, Any]], argv: Sequence[str] | None = None) -> int:
    """Run a pattern's `demo` with the options in `argv`; return the exit status.

    That is 0; 2 for a wrong value, with one line on standard error; 130 after Ctrl-C.
    """
    parser = parser_of(demo)
    names = add_options(parser, demo)
    parser.add_argument("--simulate", action="store_true", help="run in virtual time, at once")
    _add_shared(parser, "--simulate", "the activity")
    parser.add_argument("--trace", type=Path, metavar="FILE.json", help="write what happened")

    def run(options: argparse.Namespace) -> None:
        if options.seed is not None and not options.simulate:
            raise ValueError(f"--seed needs --simulate, got --seed {options.seed} alone")
        _check_files(options.plot, options.trace)
        parameters = {name: getattr(options, name) for name in names}
        done = _run_demo(demo, parameters, options)
        if options.plot:
            from lab.plots import draw, queue_depth, throughput, timeline

            draw(done, timeline, throughput, queue_depth).save(options.plot)
        if options.trace:
            options.trace.write_text(to_json(done) + "\n", encoding="utf-8")
        if options.json:
            print(json.dumps(_summary(parser.prog, parameters, done)))
        else:
            print(f"{done.value}; {done.elapsed:.3f} s ({done.clock} clock)")

    return status(parser, argv, run)


def side_by_side(argv: Sequence[str] | None = None) -> int:
    """Run all seven pools on one workload with the options in `argv`; return the exit status."""
    parser = Parser(
        "patterns",
        description="All seven pools on one workload: uneven jobs, some of which fail, and a burst "
        "of them.",
        allow_abbrev=False,
    )
    clock = parser.add_mutually_exclusive_group()
    clock.add_argument("--real", action="store_true", help="run on threads, in real time")
    clock.add_argument("--simulate", action="store_true", help="run in virtual time (the default)")
    _add_shared(parser, "virtual time", "the table")
    add = parser.add_argument
    add("--sample", type=int, default=84, metavar="N", help="other jobs (default: 84)")
    add("--workers", type=int, default=4, metavar="N", help="workers, >= 1 (default: 4)")
    add("--scale", type=float, default=1.0, metavar="N", help="times all times, > 0 (default: 1)")

    def run(options: argparse.Namespace) -> None:
        from lab.teaching import comparing

        if options.seed is not None and options.real:
            raise ValueError(f"--seed needs virtual time, got --seed {options.seed} with --real")
        _check_files(options.plot)
        workload = comparing.sample_workload(
            options.sample, workers=options.workers, scale=options.scale
        )
        runs = _run_pools(workload, options)
        if options.plot:
            from lab.plots import compare, queue_depth, throughput, timeline

            compare(runs, timeline, throughput, queue_depth).save(options.plot)
        clock = "real" if options.real else "virtual"
        if options.json:
            rows = [asdict(row) for row in comparing.rows(workload, runs)]
            print(json.dumps({"clock": clock, "workload": asdict(workload), "patterns": rows}))
        else:
            work = sum(job.seconds for job in workload.jobs)
            print(f"{len(workload.jobs)} jobs, {work:.4g} s of work ({clock} clock)\n")
            print(comparing.tabulate(workload, runs))

    return status(parser, argv, run)


def _add_shared(parser: Parser, needed_for_seed: str, otherwise: str) -> None:
    add = parser.add_argument
    add("--seed", type=int, metavar="N", help=f"with {needed_for_seed}: the random schedule N")
    add("--plot", type=Path, metavar="FILE", help="write a picture, .png or .svg")
    add("--json", action="store_true", help=f"print one JSON object in place of {otherwise}")


def _check_files(picture: Path | None, trace: Path | None = None) -> None:
    if picture and picture.suffix not in _PICTURES:
        raise ValueError(f"--plot must end in .png or .svg, got {picture}")
    for path in (picture, trace):
        if path and not path.parent.is_dir():
            raise ValueError(f"the folder of a file to write must exist, got {path}")


def _run_demo(
    demo: Callable[..., Report[Any, Any]], parameters: dict[str, Any], options: argparse.Namespace
) -> Run[Report[Any, Any]]:
    parameters = {**parameters, "on_result": None if options.json else say}
    if options.simulate:
        from lab.simulation import simulate

        return simulate(demo, seed=options.seed, **parameters)
    from lab.observing.measure import measure

    return measure(demo, **parameters)


def _run_pools(workload: Any, options: argparse.Namespace) -> dict[str, Run[Report[Any, int]]]:
    """Run every pool; on threads show meanwhile, in a terminal, which one it is."""
    from lab.teaching import comparing

    watched = options.real and sys.stderr.isatty()
    runs = {}
    for name in comparing.POOLS:
        if watched:
            print(f"\r\x1b[K{name} …", end="", file=sys.stderr, flush=True)
        runs[name] = comparing.run_pool(name, workload, seed=options.seed, real=options.real)
    if watched:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    return runs


def _summary(
    program: str, parameters: dict[str, Any], run: Run[Report[Any, Any]]
) -> dict[str, Any]:
    return {
        "pattern": program.rpartition(".")[2],
        "parameters": parameters,
        "clock": run.clock,
        "elapsed_seconds": run.elapsed,
        **asdict(run.value.counts),
        "results": run.value.values,
        "workers_peak": workers_peak(run),
    }

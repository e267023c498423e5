"""All seven patterns side by side on one workload.

In virtual time they are there at once, and exact; with --real they run on threads, one pattern
after the other. Every pattern gets the same uneven jobs, some of which fail, and a burst of them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from lab.command import _PICTURES, _Parser

if TYPE_CHECKING:
    from lab.model.run import Run
    from lab.teaching.comparing import AnyReport, Table, Workload

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run all patterns from the command line; return the exit status."""
    parser = _parser()
    options = parser.parse_args(argv)
    try:
        _check(options)
        runs, workload = _run(options)
        if options.plot:
            _draw(runs, options.plot)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:
        print(f"{parser.prog}: interrupted", file=sys.stderr)
        return 130
    from lab.teaching.comparing import tabulate

    table = tabulate(workload, runs)
    if options.json:
        print(json.dumps(_summary(options, workload, table)))
    else:
        _print(table, workload, "real" if options.real else "virtual")
    return 0


def _parser() -> _Parser:
    parser = _Parser(prog="patterns", description=(__doc__ or "").strip(), allow_abbrev=False)
    add = parser.add_argument
    clock = parser.add_mutually_exclusive_group()
    clock.add_argument("--real", action="store_true", help="run on threads, in real time")
    clock.add_argument("--simulate", action="store_true", help="run in virtual time (the default)")
    add("--seed", type=int, metavar="N", help="in virtual time: the random schedule N")
    add("--draw", type=int, metavar="N", help="the jobs drawn with this number (default: 84)")
    add("--workers", type=int, default=4, metavar="N", help="workers, >= 1 (default: 4)")
    add("--scale", type=float, default=1.0, metavar="N", help="times all times, > 0 (default: 1)")
    add("--plot", type=Path, metavar="FILE", help="write a picture, .png or .svg")
    add("--json", action="store_true", help="print one JSON object in place of the table")
    return parser


def _check(options: argparse.Namespace) -> None:
    if options.seed is not None and options.real:
        raise ValueError(f"--seed needs virtual time, got --seed {options.seed} with --real")
    if options.plot and options.plot.suffix not in _PICTURES:
        raise ValueError(f"--plot must end in .png or .svg, got {options.plot}")
    if options.plot and not options.plot.parent.is_dir():
        raise ValueError(f"the folder of a file to write must exist, got {options.plot}")


def _run(options: argparse.Namespace) -> tuple[dict[str, Run[AnyReport]], Workload]:
    """Run every pattern, and show meanwhile how far they are."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from lab.teaching.comparing import POOLS, draw_workload, run_pool

    drawn = {} if options.draw is None else {"draw": options.draw}
    workload = draw_workload(**drawn, workers=options.workers, scale=options.scale)
    jobs = len(workload.jobs)
    runs = {}
    columns = TextColumn("{task.description:14}"), BarColumn(), MofNCompleteColumn()
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        bar = progress.add_task("", total=jobs * len(POOLS))
        for number, name in enumerate(POOLS, start=1):
            progress.update(bar, description=name)
            # Not from within a simulation: there, waiting for the screen would stop all tasks.
            on_job = (lambda: progress.advance(bar)) if options.real else (lambda: None)
            runs[name] = run_pool(
                name, workload, seed=options.seed, real=options.real, on_job=on_job
            )
            progress.update(bar, completed=number * jobs)
    return runs, workload


def _draw(runs: dict[str, Run[AnyReport]], path: Path) -> None:
    from lab.plots import compare, queue_depth, throughput, timeline

    traces = {name: run.trace for name, run in runs.items()}
    compare(traces, timeline, throughput, queue_depth).save(path)


def _summary(options: argparse.Namespace, workload: Workload, table: Table) -> dict[str, object]:
    return {
        "clock": "real" if options.real else "virtual",
        "workload": asdict(workload),
        "patterns": [asdict(row) for row in table.rows],
    }


def _print(table: Table, workload: Workload, clock: str) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable

    work = sum(job.seconds for job in workload.jobs)
    shown = RichTable(
        title=f"{len(workload.jobs)} jobs, {work:.4g} s of work ({clock} clock)",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=0,
    )
    for heading in table.headings():
        left = heading == "pattern"
        shown.add_column(
            heading, justify="left" if left else "right", vertical="bottom", no_wrap=True
        )
    for cells in table.cells():
        shown.add_row(*cells)
    Console().print(shown)


if __name__ == "__main__":
    raise SystemExit(main())

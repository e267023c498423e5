"""Measure, in one run, what the pool costs beside its peers, and say which targets are met."""

from __future__ import annotations

import argparse
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks import greenlets, own, since
from benchmarks.contenders import CHANNEL, CONTENDERS
from benchmarks.figure import picture
from benchmarks.measuring import (
    Costs,
    back_costs,
    cost_table,
    crew_costs,
    crew_table,
    faster_peers,
    job_costs,
    median,
    memory,
    memory_table,
    nap_ratios,
    summary_table,
)
from benchmarks.memory import WORKERS
from benchmarks.table import Table
from lab.observing.measure import has_gil

ROOT = Path(__file__).resolve().parent.parent
PAGE, IMAGE = ROOT / "benchmarks" / "results.md", ROOT / "images" / "bench.png"
PEERS = ("anyio", "joblib", "pebble", "gevent", "aiometer")


def main() -> int:
    """Run all measurements, print them, and save them if asked to."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, fewer jobs")
    parser.add_argument(
        "--save", action="store_true", help="write benchmarks/results.md and images/bench.png"
    )
    options = parser.parse_args()
    quick = options.quick
    rounds, budget, least = (3, 0.02, 1_000) if quick else (7, 0.1, 10_000)
    print(machine(), end="\n\n", flush=True)
    if not greenlets.installed():
        print("gevent is not installed and left out: make bench installs it\n")

    costs = job_costs(rounds, budget, least)
    by_capacity = told(
        cost_table(
            "A job that does nothing, 4 workers, their start and end included: µs a job", costs
        )
    )
    back = back_costs(rounds, budget, least)
    told(cost_table("The same with results sent back through a second queue: µs a job", back))
    crews = crew_costs(1 if quick else 3, 2_000 if quick else 20_000)
    by_crew = told(
        crew_table("Many workers, jobs that do nothing, start and end included: µs a job", crews, 1)
    )
    naps = nap_ratios(1 if quick else 3, 3 if quick else 8, 0.05)
    by_nap = told(
        crew_table("Many workers, jobs that wait 50 ms: makespan over the ideal", naps, 2)
    )
    jobs = 20_000 if quick else 1_000_000
    grown = memory(jobs)
    by_memory = told(memory_table(grown, jobs))
    summary = told(summary_table(costs, naps, grown, jobs))

    faster = faster_peers(costs)
    print("Where a peer is faster", *(faster or ["- nowhere"]), sep="\n", end="\n\n")
    promises = targets(costs, grown)
    told(promises)
    own.print_blocking(200 if quick else 2_000)
    own.print_recording(rounds, 10_000 if quick else 100_000)
    own.print_exploring(200 if quick else 2_000)
    own.print_simulation(5_000 if quick else 50_000, 200 if quick else 2_000)
    own.print_drawing(10_000 if quick else 100_000)
    own.print_import()
    since.print_since(2 if quick else 5, 0.1 if quick else 1.0)
    greenlets.stop()
    if options.save:
        drawn = picture(costs, naps, grown, jobs)
        drawn.save(IMAGE)
        tables = [summary, by_capacity, by_crew, by_nap, by_memory, promises]
        PAGE.write_text(page(tables, faster, drawn.text), encoding="utf-8")
        print(f"\nsaved: {PAGE.relative_to(ROOT)}, {IMAGE.relative_to(ROOT)}")
    return 0


def told(table: Table) -> Table:
    """Print a table and return it."""
    print(table.text(), flush=True)
    return table


def machine() -> str:
    """Say where this was measured, and with what."""
    gil = "with" if has_gil() else "without"
    versions = []
    for peer in PEERS:
        try:
            versions.append(f"{peer} {version(peer)}")
        except PackageNotFoundError:
            continue
    return (
        f"Python {platform.python_version()} ({gil} the GIL), {platform.system()} on "
        f"{platform.machine()}, {os.cpu_count()} processors; {', '.join(versions)}. Medians, and "
        "in brackets the best and the worst."
    )


def targets(costs: Costs, grown: dict[str, float]) -> Table:
    """Return the ratios that the project has promised, of the medians."""
    table = Table(
        f"Throughput of the pool as a multiple of a peer's, {WORKERS} workers",
        ["peer", "capacity", "multiple", "target", ""],
    )
    bounded = [n for n in costs if CONTENDERS[n].bounded and n != CHANNEL]
    in_python = [n for n in bounded if n != greenlets.NAME]
    for what, peers, capacity, target in (
        ("executor.map", ["executor.map"], 1000, 15.0),
        ("fastest bounded peer in Python", in_python, 1000, 1.7),
        ("fastest bounded peer", bounded, 1000, 1.7),
        ("fastest bounded peer in Python", in_python, 100, 1.0),
        ("fastest bounded peer", bounded, 100, 1.0),
    ):
        by_cost = {median(costs, name, capacity): name for name in reversed(peers)}
        peer = by_cost[min(by_cost)]
        ratio = median(costs, peer, capacity) / median(costs, CHANNEL, capacity)
        name = what if what == peer else f"{what}: {peer}"
        kept = own.verdict(ratio >= target)
        table.rows.append([name, str(capacity), f"{ratio:.2f}", f"{target:g}", kept])
    grew = grown[CHANNEL]
    table.notes.append(
        f"Memory of the pool: {grew:.1f} MB grown, {own.verdict(grew < 5)}: under 5."
    )
    return table


def page(tables: list[Table], faster: list[str], alternative: str) -> str:
    """Return the Markdown page with all results."""
    parts = [
        "# What a job costs",
        f"Measured in one run of `make bench` by {machine()}",
        f"![{alternative}](../images/bench.png)",
        *(table.markdown() for table in tables[:5]),
        "Where a peer is faster than the pool of this workbook, and why:",
        "\n".join(faster or ["- nowhere"]),
        *(table.markdown() for table in tables[5:]),
        "What each contender is:",
        "\n".join(f"- {contender.name}: {contender.note}." for contender in CONTENDERS.values()),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())

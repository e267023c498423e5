"""Formulas about pools and queues, each with its source and with where it stops applying."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from patterns.concurrency.checks import check_count

__all__ = [
    "burst_envelope",
    "erlang_c",
    "list_scheduling_bound",
    "makespan_lower_bound",
    "mmc_waiting_time",
]


def erlang_c(servers: int, offered: float) -> float:
    """Return the chance that an arriving job has to wait, in an M/M/c queue.

    M/M/c: jobs arrive at random (Poisson), service times are exponential, `servers` workers take
    them in order of arrival from a queue without a limit, and it has run for long. For other
    service times it is only an approximation, and a run of a few jobs is far from the long run.

    The number is computed from Erlang B by recursion, which does not overflow for many servers.

    Args:
        servers: c, workers, >= 1.
        offered: a, the arrival rate times the mean service time (in Erlang), 0 <= a < c.

    Raises ValueError for a bad number; with a >= c the queue grows for ever, and no chance exists.

    Source: A. K. Erlang, Solution of some problems in the theory of probabilities of significance
    in automatic telephone exchanges, 1917.
    """
    check_count("servers", servers, 1)
    if not 0 <= offered < servers:
        raise ValueError(f"offered must be >= 0 and < servers ({servers}), got {offered!r}")
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = offered * blocked / (number + offered * blocked)
    return servers * blocked / (servers - offered * (1 - blocked))


def mmc_waiting_time(servers: int, arrival_rate: float, service_seconds: float) -> float:
    """Return the mean seconds that a job waits for a worker in an M/M/c queue.

    Wq = C(c, a) * s / (c - a), with a the arrival rate times s. Applies where `erlang_c` does.

    Args:
        servers: c, workers, >= 1.
        arrival_rate: jobs a second, >= 0.
        service_seconds: s, mean service time in seconds, > 0.

    Raises ValueError for a bad number, or if more work arrives than the workers can do.

    Source: as for `erlang_c`.
    """
    if not service_seconds > 0:
        raise ValueError(f"service_seconds must be > 0, got {service_seconds!r}")
    offered = arrival_rate * service_seconds
    return erlang_c(servers, offered) * service_seconds / (servers - offered)


def list_scheduling_bound(service_seconds: Sequence[float], workers: int) -> float:
    """Return a makespan in seconds that a greedy pool never exceeds, in whatever order jobs come.

    A pool that never lets a worker idle while a job waits ends within
    sum / m + (1 - 1 / m) * longest: when the job that ends last began, all m workers were busy
    with the others. It is at most 2 - 1/m times the shortest makespan there is. It applies when all
    jobs are there from the start and nothing but the workers holds them up (no rate limit, no
    full buffer, no dependence).

    Args:
        service_seconds: how long each job takes, seconds >= 0.
        workers: m, >= 1.

    Raises ValueError for a bad number of workers.

    Source: R. L. Graham, Bounds for certain multiprocessing anomalies, 1966.
    """
    check_count("workers", workers, 1)
    if not service_seconds:
        return 0.0
    return sum(service_seconds) / workers + (1 - 1 / workers) * max(service_seconds)


def makespan_lower_bound(
    arrivals: Sequence[float], services: Sequence[float], workers: int
) -> float:
    """Return a makespan that no schedule can beat, whoever decides which job comes next.

    The largest of three bounds, with m workers: for each job, its arrival plus its service; for
    every moment, that moment plus the work that arrives from then on divided by m; and, for every
    k, the k + 1 shortest among the k*m + 1 longest jobs, since some worker does k + 1 of these.
    There may be no schedule that reaches it. It holds for jobs that are done by one worker each
    and in one piece.

    Args:
        arrivals: when each job is there, in any unit of time, >= 0.
        services: how long each job takes, in the same unit, >= 0.
        workers: m, >= 1.

    Returns 0.0 without jobs. Raises ValueError for a bad number of workers.

    Source: the first two with all arrivals at 0 are R. L. Graham, Bounds on multiprocessing timing
    anomalies, 1969; the third, by the pigeonhole principle, M. Dell'Amico and S. Martello, Optimal
    scheduling of tasks on identical parallel processors, 1995.
    """
    check_count("workers", workers, 1)
    if not services:
        return 0.0
    jobs = sorted(zip(arrivals, services, strict=True), reverse=True)
    alone = max(arrival + service for arrival, service in jobs)
    still_to_come = accumulate(service for _, service in jobs)
    shared = (
        arrival + work / workers for (arrival, _), work in zip(jobs, still_to_come, strict=True)
    )
    longest = list(accumulate(sorted(services, reverse=True), initial=0.0))
    pigeonhole = (
        longest[k * workers + 1] - longest[k * workers - k]
        for k in range(1, (len(services) - 1) // workers + 1)
    )
    return max(alone, max(shared), max(pigeonhole, default=0.0))


def burst_envelope(seconds: float, rate: float, burst: int) -> float:
    """Return how many jobs at most a token bucket lets through within `seconds`.

    b + r * t, for every window of t seconds, closed at both ends. It says nothing about a
    limiter that several programs each have to themselves.

    Args:
        seconds: t, the length of the window, >= 0.
        rate: r, tokens a second, > 0.
        burst: b, tokens that the bucket holds, >= 1.

    Source: R. L. Cruz, A calculus for network delay, part I, 1991 (the (sigma, rho) envelope).
    """
    return burst + rate * seconds

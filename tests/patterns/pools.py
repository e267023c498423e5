"""All seven pools behind one call, for the tests of what they have in common."""

from functools import partial

from patterns import basic, dynamic, error_handling, generic, heartbeat, rate_limited, reusable
from patterns.dynamic import DynamicPool
from patterns.error_handling import CarefulPool
from patterns.generic import Pool
from patterns.heartbeat import HeartbeatPool
from patterns.rate_limited import RateLimitedPool
from patterns.reusable import WorkerPool

NO_LIMIT = {"rate": 1e9, "burst": 10**6}  # a limit that lets everything through at once
PATIENT = {"interval": 1.0, "missed": 10**6}  # a supervisor that gives nobody up


def _dynamic(jobs, process, *, workers=3, **options):
    return dynamic.run(jobs, process, max_workers=workers, **options)


def _heartbeat(jobs, process, **options):
    return heartbeat.run(jobs, _unwatched(process), **{**PATIENT, **options})


def _dynamic_pool(process, *, workers=3, **options):
    return DynamicPool(process, min_workers=workers, max_workers=workers, **options)


def _heartbeat_pool(process, **options):
    return HeartbeatPool(_unwatched(process), **{**PATIENT, **options})


def _unwatched(process):
    return lambda job, beat: process(job)


RUNS = {
    "basic": basic.run,
    "reusable": reusable.run,
    "generic": generic.run,
    "error_handling": error_handling.run,
    "dynamic": _dynamic,
    "rate_limited": partial(rate_limited.run, **NO_LIMIT),
    "heartbeat": _heartbeat,
}

CLASSES = {
    "reusable": WorkerPool,
    "generic": Pool,
    "error_handling": CarefulPool,
    "dynamic": _dynamic_pool,
    "rate_limited": partial(RateLimitedPool, **NO_LIMIT),
    "heartbeat": _heartbeat_pool,
}

"""The simulated runtime: the patterns' own code on a virtual clock, in any order of events."""

from patterns.lab.simulation.explore import (
    Exploration,
    Failure,
    NotRepeatable,
    Outcome,
    all_schedules,
    explore,
)
from patterns.lab.simulation.order import (
    Order,
    PriorityOrder,
    RandomOrder,
    RoundRobin,
    RunToBlock,
)
from patterns.lab.simulation.report import Deadlock, Stuck
from patterns.lab.simulation.runtime import StepLimitExceeded
from patterns.lab.simulation.schedule import Move, Schedule, ScheduleDiverged
from patterns.lab.simulation.simulate import simulate

__all__ = [
    "Deadlock",
    "Exploration",
    "Failure",
    "Move",
    "NotRepeatable",
    "Order",
    "Outcome",
    "PriorityOrder",
    "RandomOrder",
    "RoundRobin",
    "RunToBlock",
    "Schedule",
    "ScheduleDiverged",
    "StepLimitExceeded",
    "Stuck",
    "all_schedules",
    "explore",
    "simulate",
]

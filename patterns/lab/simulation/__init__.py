"""The simulated runtime: the patterns' own code on a virtual clock, in any order of events."""

from patterns.lab.simulation.explore import Exploration, Failure, NotRepeatable, explore
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
    "PriorityOrder",
    "RandomOrder",
    "RoundRobin",
    "RunToBlock",
    "Schedule",
    "ScheduleDiverged",
    "StepLimitExceeded",
    "Stuck",
    "explore",
    "simulate",
]

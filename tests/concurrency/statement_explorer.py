"""Running programs in many schedules, the primitives' own statements as steps."""

from __future__ import annotations

from dataclasses import dataclass

from statement_history import History
from statement_programs import Program
from statement_runtime import StatementRuntime

from lab.simulation.order import Order, PriorityOrder, RandomOrder
from patterns import concurrency
from patterns.concurrency.runtime import claim_first, use_runtime

PRIMITIVES = (
    concurrency.atomic,
    concurrency.channel,
    concurrency.context,
    concurrency.task_group,
    concurrency.clock,
    concurrency.limiters,
    claim_first,
)


def run(program: Program, order: Order, max_steps: int = 20_000) -> None:
    """Run `program` once. Raises what went wrong."""
    history = History()
    runtime = StatementRuntime(order, max_steps)
    with use_runtime(runtime):
        try:
            runtime.run(lambda: program(history))
            runtime.settle()
            leaks = runtime.left()
        finally:
            runtime.end()
    for _, error in runtime.crashes:
        raise error
    assert not leaks, f"leaked: {leaks}"
    history.check()


@dataclass
class Orders:
    """The orders to try: random, and by priority with one to four changes of it, in turn."""

    turns: int = 100

    def draw(self, seed: int) -> Order:
        depth = seed % 5
        if depth == 0:
            return RandomOrder(seed)
        return PriorityOrder(seed, depth, self.turns)

    def learn(self, order: Order) -> None:
        """Note how long the run was."""
        if isinstance(order, PriorityOrder):
            self.turns = max(order.turns, self.turns * 9 // 10)


@dataclass(frozen=True)
class Failure:
    """The first schedule that went wrong."""

    schedules: int
    error: BaseException

    def __str__(self) -> str:
        return f"schedule {self.schedules}: {type(self.error).__name__}: {self.error}"


def explore(program: Program, schedules: int) -> Failure | None:
    """Run `program` in that many schedules; return the first failure."""
    orders = Orders()
    for seed in range(schedules):
        order = orders.draw(seed)
        try:
            run(program, order)
        except BaseException as error:
            return Failure(seed + 1, error)
        orders.learn(order)
    return None

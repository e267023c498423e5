"""The seam between the primitives and what runs them.

Every blocking operation comes down to two things that a runtime gives: *park* the current task,
*unpark* another one. `ThreadRuntime` parks on a lock; the simulated runtime switches greenlets.
Channel, Context, TaskGroup and the rest are written once, above this line.
"""

from __future__ import annotations

import inspect
import threading
import weakref
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

from .errors import WrongRuntime
from .hooks import Hook, variant

__all__ = [
    "Lock",
    "Runtime",
    "Task",
    "Varied",
    "Waiter",
    "claim_first",
    "current_runtime",
    "here",
    "set_default_runtime",
    "unhooked",
    "use_runtime",
]


# A Context and a TaskGroup: their modules stand on this one, so it cannot name them.
Scope: TypeAlias = Any
Group: TypeAlias = Any


class Lock(Protocol):
    """A mutual exclusion lock."""

    def acquire(self) -> bool: ...

    def release(self) -> None: ...

    def __enter__(self) -> bool: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...


class Waiter(ABC):
    """One wait of one task: claimed once, by whoever is first to end it.

    A party that wants to end the wait calls `claim`; only if that returns True may it set
    `value`, `outcome` or `cancelled_by`, and it must then call `unpark`. Used once.
    """

    __slots__ = ("cancelled_by", "outcome", "runtime", "value", "woken_by")

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.value: Any = None  # offered by a parked sender; handed to a parked receiver
        self.outcome: str | None = None  # how the claimer ended the wait, in its own terms
        self.cancelled_by: Scope | None = None
        self.woken_by: tuple[int, Task] | None = None  # when, by whom; noted only for a hook

    @abstractmethod
    def claim(self) -> bool:
        """Return True for the first caller, False for all others; atomic."""

    @abstractmethod
    def unpark(self) -> None:
        """Let the parked task go on; called once, after a successful `claim`."""

    @abstractmethod
    def park(self, deadline: int | None, verb: str, subject: object) -> bool:
        """Wait until unparked; True if so, False if `deadline` (ns) passed unclaimed.

        `verb` and `subject` say what the task waits for, to whoever asks ("send", channel).
        """

    def wait(self, verb: str, subject: object) -> None:
        """Park for as long as it takes, whatever is cancelled meanwhile, and tell the hook."""
        hook = self.runtime.hook
        if hook is not None and hook.parks is not None:
            hook.parks(verb, subject, self.value, None)
        try:
            self.park(None, verb, subject)
        finally:
            if hook is not None and hook.goes_on is not None:
                hook.goes_on(verb, subject, self.woken_by)


def claim_first(queue: deque[Waiter]) -> Waiter | None:
    """Take waiters off the front until one can be claimed; the others were cancelled."""
    while queue:
        waiter = queue.popleft()
        if waiter.claim():
            return waiter
    return None


class Task:
    """One strand of work: a thread on real threads, a greenlet in a simulation.

    Attributes:
        name: what reports and pictures call it.
        named: whether it was given a name; only then it gets a lane in pictures.
        number: 1, 2, 3, … in the order of creation.
        born_in: the context of the group that spawned it, or None.
        context: the innermost one that it is in; cancelled with it, wherever it waits.
        groups: the task groups that it has entered and not left, the innermost last.
        begun: whether its body has begun (kept by its group).
        ended: whether its body is over, or will never begin (kept by its group).
        abandoned: whether its group waits for it no longer (kept by its group).
    """

    __slots__ = (
        "__weakref__",
        "abandoned",
        "begun",
        "born_in",
        "context",
        "ended",
        "groups",
        "name",
        "named",
        "number",
    )

    def __init__(self, name: str | None, number: int, context: Scope | None) -> None:
        self.name = name if name is not None else f"task-{number}"
        self.named = name is not None
        self.number = number
        self.born_in = self.context = context
        self.groups: list[Group] = []
        self.begun = self.ended = self.abandoned = False

    def enter(self, group: Group, context: Scope) -> None:
        """Be in `group` from now on."""
        self.groups.append(group)
        self.context = context

    def leave(self, group: Group) -> None:
        """Be in `group` no longer, nor in those entered after it, if they were not left yet."""
        if group in self.groups:
            del self.groups[self.groups.index(group) :]
        self.context = self.groups[-1].context if self.groups else self.born_in

    def __repr__(self) -> str:
        return f"<Task {self.name}>"


class Runtime(ABC):
    """What the primitives need from the machine they run on.

    `hook` hears what tasks and primitives do, for recording and scheduling; None: nobody listens.
    """

    hook: Hook | None = None

    @abstractmethod
    def now(self) -> int:
        """Nanoseconds on this runtime's clock; never goes back."""

    @abstractmethod
    def lock(self) -> Lock:
        """Return a new lock."""

    @abstractmethod
    def waiter(self) -> Waiter:
        """Return a waiter for the current task."""

    @abstractmethod
    def current(self) -> Task:
        """Return the task that is running."""

    @abstractmethod
    def task(self, name: str | None, context: Scope | None) -> Task:
        """Return a new task, not yet running; it counts only from `start` on."""

    @abstractmethod
    def start(self, task: Task, body: Callable[[], None]) -> None:
        """Run `body` as `task`, in a copy of the caller's `contextvars` context."""

    @abstractmethod
    def join(self, task: Task) -> None:
        """Wait until nothing is left of `task`, whose body has ended or is about to."""

    @abstractmethod
    def next_number(self, kind: str) -> int:
        """Return 1, 2, 3, … for each kind: names for what nobody named."""

    @abstractmethod
    def interrupts(self, context: Scope) -> AbstractContextManager[object]:
        """While entered, Ctrl-C cancels `context`; leaving then raises KeyboardInterrupt."""

    @abstractmethod
    def admits(self, caller: Runtime) -> bool:
        """Tell whether a task of the runtime `caller` may wait here."""

    def check_caller(self, subject: object) -> None:
        """Raise WrongRuntime if the current task may not wait for `subject`."""
        caller = current_runtime()
        if caller is not self and not self.admits(caller):
            raise WrongRuntime(
                f"{subject} belongs to {self}, and was used in {caller}: "
                "make it inside the function that runs"
            )


here = threading.local()  # `runtime` is the calling thread's, if a run has set one
_default: list[Runtime] = []  # real threads


def current_runtime() -> Runtime:
    """Return the runtime of the calling thread: real threads, unless a run set another."""
    try:
        return here.runtime  # type: ignore[no-any-return]
    except AttributeError:
        return _default[0]


def set_default_runtime(runtime: Runtime) -> None:
    """Make `runtime` the one of every thread that none was set for: real threads do, once."""
    _default[:] = [runtime]


class use_runtime:  # noqa: N801  (reads as a verb: `with use_runtime(r):`)
    """Make `runtime` the calling thread's runtime inside a `with` block."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def __enter__(self) -> Runtime:
        self._outer = current_runtime()
        here.runtime = self._runtime
        return self._runtime

    def __exit__(self, *exc_info: object) -> None:
        here.runtime = self._outer


# The primitives that were built without a hook, and tell nobody what is done with them.
unhooked: dict[weakref.ref[Any], None] = {}


class Varied:
    """A primitive that is built as the class which the current runtime's hook asks for.

    Type checkers and `help` see its `__init__` alone.
    """

    __signature__: ClassVar[inspect.Signature]

    if not TYPE_CHECKING:

        def __new__(cls, *args, **kwargs):
            """Build the class that the current runtime's hook asks for, if it has one."""
            hook = current_runtime().hook
            if hook is None:
                primitive = object.__new__(cls)
                unhooked[weakref.ref(primitive, unhooked.pop)] = None
                return primitive
            primitive = object.__new__(variant(cls, hook.variants))
            if hook.made is not None:
                hook.made(primitive)
            return primitive

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        signature = inspect.signature(cls.__init__)
        arguments = list(signature.parameters.values())[1:]
        cls.__signature__ = inspect.Signature(arguments)

"""An integer that tasks can change without losing each other's changes."""

from __future__ import annotations

from .runtime import Runtime, Varied, current_runtime

__all__ = ["AtomicInt"]


class AtomicInt(Varied):
    """Answers to Go's `atomic.Int32`: each operation is one indivisible step, two are not."""

    def __init__(self, value: int = 0, name: str | None = None) -> None:
        self._runtime: Runtime = current_runtime()
        self.name = name or f"atomic-{self._runtime.next_number('atomic')}"
        self._lock = self._runtime.lock()
        self._value = value

    def load(self) -> int:
        """Return the value."""
        return self._value

    def store(self, value: int) -> None:
        """Set the value."""
        with self._lock:
            self._value = value

    def add(self, delta: int) -> int:
        """Add `delta` and return the new value."""
        with self._lock:
            self._value += delta
            return self._value

    def compare_and_swap(self, old: int, new: int) -> bool:
        """Set the value to `new` if it is `old`; tell whether it was."""
        with self._lock:
            if self._value != old:
                return False
            self._value = new
            return True

    def __repr__(self) -> str:
        return f"{self.name} ({self._value})"

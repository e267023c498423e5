"""What goes wrong, by name."""

__all__ = ["Cancelled", "Closed", "DeadlineExceeded", "WrongRuntime"]


class Closed(Exception):
    """The channel is closed: nothing more can be sent, or everything sent has been received."""


class Cancelled(Exception):
    """The context of the operation, or of the task, was cancelled before it could complete."""


class DeadlineExceeded(Cancelled, TimeoutError):
    """The context was cancelled by its deadline."""


class WrongRuntime(RuntimeError):
    """A primitive made for one run was used in another (say, made before `simulate` began)."""

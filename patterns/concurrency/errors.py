"""What goes wrong, by name."""

__all__ = ["Cancelled", "Closed", "DeadlineExceeded", "WrongRuntime"]


class Closed(Exception):
    """The channel is closed: nothing more can be sent, or everything sent has been received."""


class Cancelled(BaseException):
    """The context of the operation, or of the task, was cancelled before it could complete.

    No `Exception`, so that a job's own `except Exception`, or a library that tries again, does not
    swallow it by mistake. It goes up to whoever made the context.
    """


class DeadlineExceeded(Cancelled):
    """The context was cancelled by its deadline."""


class WrongRuntime(RuntimeError):
    """A primitive made for one run was used in another (say, made before `simulate` began)."""

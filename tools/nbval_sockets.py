"""A pytest plugin by which nbval's kernels listen at files, where the system has such sockets.

A kernel is told on which ports to listen before it does, and meanwhile any of them may be taken by
another process: where many kernels start side by side, one now and then dies of that.
"""

import os
import shutil
import tempfile
import weakref
from contextlib import suppress
from typing import Any

from jupyter_client.manager import AsyncKernelManager, KernelManager

__all__ = ["AsyncKernelAtFiles", "KernelAtFiles"]


class _AtFiles:
    """Starts kernels whose sockets are files in a folder of their own."""

    def __init__(self, **options: Any) -> None:
        if os.name == "posix":
            folder = tempfile.mkdtemp(prefix="kernel-")
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            options |= {"transport": "ipc", "ip": f"{folder}/socket"}
        super().__init__(**options)


class KernelAtFiles(_AtFiles, KernelManager):
    """A kernel manager for blocking clients."""


class AsyncKernelAtFiles(_AtFiles, AsyncKernelManager):
    """One for asyncio, such as nbclient takes."""


def pytest_configure() -> None:
    """Let nbval, if it is there, start its kernels so."""
    with suppress(ModuleNotFoundError):
        import nbval.kernel

        nbval.kernel.KernelManager = KernelAtFiles

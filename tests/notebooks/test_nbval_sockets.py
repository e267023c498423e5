"""Kernels that tests start listen at files, as a free port may be taken before they do."""

import os
from pathlib import Path

import nbval.kernel
import pytest

from tools.nbval_sockets import KernelAtFiles

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sockets are files on posix only")


def test_the_kernels_of_nbval_listen_at_files_of_their_own():
    first, second = nbval.kernel.KernelManager(), nbval.kernel.KernelManager()
    assert isinstance(first, KernelAtFiles)
    assert (first.transport, second.transport) == ("ipc", "ipc")
    assert first.ip != second.ip


def test_the_folder_of_the_files_goes_with_its_manager():
    manager = KernelAtFiles()
    folder = Path(manager.ip).parent
    assert folder.is_dir()
    del manager
    assert not folder.exists()

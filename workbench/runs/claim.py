"""One writer for one folder: a lock that the kernel gives back when the process ends, however it ends."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

from controller.errors import ConfigError, RecordError

_HELD = (errno.EWOULDBLOCK, errno.EACCES)
_NO_LOCKS = (errno.EBADF, errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)
"""What file systems answer that cannot lock a folder, such as NFS."""


class FolderClaim:
    """The right to write a run into a folder, held until ``close``.

    The lock is on the folder itself: it leaves no file behind, and a killed process cannot keep it.

    Args:
        folder: an existing folder.

    Attributes:
        folder: the folder.

    Raises:
        ConfigError: another process holds it, or the file system cannot lock folders.
        OSError: the folder cannot be opened.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            if error.errno in _HELD:
                raise ConfigError(
                    "--out", f"{folder}, into which another run is writing", "a folder of its own for every run",
                    "wait for that run or choose another --out",
                ) from error  # fmt: skip
            if error.errno in _NO_LOCKS:
                raise ConfigError(
                    "--out", f"{folder}, on a file system that cannot lock a folder", "a folder on a local disk"
                ) from error
            raise
        opened = os.fstat(self._descriptor)
        self._identity = (opened.st_dev, opened.st_ino)

    def check(self) -> None:
        """Raise RecordError where the path no longer leads to the folder that was claimed."""
        try:
            found = os.stat(self.folder)
        except OSError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != self._identity:
            raise RecordError(
                str(self.folder), "the folder was removed or replaced during the run", "leave it alone; run it again"
            )

    def close(self) -> None:
        """Give the folder back; may be called twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

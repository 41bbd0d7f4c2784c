"""How far long work has come and how much time is left."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as RichProgress

from workbench.runs.durations import duration

REFRESH_S = 0.2
PLAIN_SHARE = 0.1
"""Without a terminal one line is printed for every tenth of the work."""


class Progress:
    """Shows progress: a bar on a terminal, plain lines without control characters elsewhere.

    Args:
        label: what is being done.
        stream: where to show it, normally standard error.
        clock: monotonic time [s].
    """

    def __init__(self, label: str, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._label = label
        self._stream = stream
        self._clock = clock
        self._began = clock()
        self._shown_at = -REFRESH_S
        self._next_share = PLAIN_SHARE
        self._bar = _Bar(label, stream) if stream.isatty() else None

    def update(self, done: float, total: float) -> None:
        """Show that ``done`` of ``total`` is done (any unit); cheap enough to be called often."""
        share = min(max(done / total, 0.0), 1.0) if total > 0.0 else 1.0
        try:
            self._show(share, self._clock())
        except OSError:  # nobody reads it any more: no reason to end a session
            self._bar, self._next_share = None, math.inf

    def _show(self, share: float, now: float) -> None:
        if self._bar is not None:
            if now - self._shown_at >= REFRESH_S or share >= 1.0:
                self._shown_at = now
                self._bar.show(share, self._left(share, now))
        elif share >= self._next_share - 1e-9:
            self._next_share = PLAIN_SHARE * (int(share / PLAIN_SHARE + 1e-9) + 1)
            print(f"{self._label}: {100.0 * share:.0f} %, {self._left(share, now)}", file=self._stream, flush=True)

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _left(self, share: float, now: float) -> str:
        elapsed = now - self._began
        if share >= 1.0:
            return f"took {duration(elapsed)}"
        if share <= 0.0:
            return "time left unknown"
        return f"{duration(elapsed * (1.0 - share) / share)} left"


class _Bar:
    """A bar drawn by rich, refreshed by hand so that no thread of its own disturbs the loop."""

    def __init__(self, label: str, stream: TextIO) -> None:
        self._progress = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[left]}"),
            console=Console(file=stream),
            auto_refresh=False,
        )
        self._task = self._progress.add_task(label, total=1.0, left="")
        self._progress.start()

    def show(self, share: float, left: str) -> None:
        self._progress.update(self._task, completed=share, left=left)
        self._progress.refresh()

    def close(self) -> None:
        self._progress.stop()

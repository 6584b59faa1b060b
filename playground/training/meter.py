"""What a run takes: processor time, and the most memory held at once."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import torch

_SELF = Path("/proc/self")


class Meter:
    """Measures from where it is made. A process trains one run after another, so the peak is reset here."""

    def __init__(self) -> None:
        self._began = time.process_time()
        self._on_gpu = torch.cuda.is_available()
        self._known = True
        if self._on_gpu:
            torch.cuda.reset_peak_memory_stats()
            return
        try:
            (_SELF / "clear_refs").write_text("5")  # Linux: the peak begins anew
        except OSError:
            self._known = False

    def read(self) -> tuple[float, int]:
        """CPU-seconds of all threads since then, and the peak in bytes: the GPU's where there is one, else this
        process's; 0 where the system does not tell."""
        spent = time.process_time() - self._began
        if self._on_gpu:
            return spent, torch.cuda.max_memory_allocated()
        return spent, _peak() if self._known else 0


def _peak() -> int:
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = (_SELF / "status").read_text().splitlines()
        return 1024 * int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
    return 0

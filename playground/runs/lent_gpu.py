"""For platforms that lend a GPU to one function call at a time (ZeroGPU): the service lives in the page's process.

Each call runs in a fork that has the GPU for as long as was asked for beforehand. Nothing but values goes in and out,
so a wish to stop is a file that the call looks for, and a refusal comes back as a value.
"""

from __future__ import annotations

import inspect
import math
import os
import pickle
import socket
import tempfile
import threading
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from playground.errors import PlaygroundError
from playground.runs.child import Child, load_function
from playground.runs.folder import RunFolder
from playground.runs.process import WorkerProcess
from playground.types import Json

USUAL_S = 60  # for a call whose length nobody can estimate: what the platform lends by default
_LOADING_S = 20  # before a run's first step
_SPARE = 1.5  # an estimate that is too low would cut the run off
_LOOK_EVERY_S = 0.2

Lend = Callable[..., Callable[[Callable], Callable]]  # spaces.GPU


@dataclass(frozen=True, slots=True)
class StopFile:
    """A request to stop that reaches a forked process: it is made once the file is there."""

    path: Path

    def is_set(self) -> bool:
        return self.path.exists()


@dataclass(frozen=True, slots=True)
class _Refused:
    """A PlaygroundError on its way out of a fork, which would pass on its name only."""

    pickled: bytes


class WorkerInPage(WorkerProcess):
    """Answers as a WorkerProcess does, without a process of its own. loading: held by the one that warms up."""

    def __init__(self, lend: Lend, loading: threading.Lock, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._lent = LentGPU(load_function(self._service)(**self._arguments), lend, loading)

    def _connected(self) -> tuple[None, Connection]:
        here, there = Pipe()
        threading.Thread(target=self._serve, args=(there,), name=self.name, daemon=True).start()
        return None, here

    def _serve(self, line: Connection) -> None:
        """Answer until something breaks; the closed line then tells it as a dead process would."""
        try:
            Child(line, self._lent, orphaned=lambda: None).serve()
        except Exception:  # the worker is the one place that catches everything
            traceback.print_exc()
        finally:
            _hang_up(line)


class LentGPU:
    """The service, each of its calls on a GPU that is asked for anew. The platform must see this made before launch."""

    def __init__(self, service: Any, lend: Lend, loading: threading.Lock) -> None:
        def once(method: str, arguments: Json, stop: StopFile | None) -> Any:
            given = [] if stop is None else [stop]
            try:
                return getattr(service, method)(*given, **arguments)
            except PlaygroundError as error:
                return _Refused(pickle.dumps(error))

        def stream(method: str, arguments: Json, stop: StopFile) -> Iterator[Any]:
            try:
                yield from getattr(service, method)(stop, **arguments)
            except PlaygroundError as error:
                yield _Refused(pickle.dumps(error))

        self._service = service
        self._loading = loading
        self._once = lend(duration=lent_s)(once)
        self._stream = lend(duration=lent_s)(stream)

    def warm_up(self) -> Any:
        """The service's own, on a GPU: what is measured there is that GPU's speed.

        One after another: the libraries do not stand being imported by two threads at once.
        """
        with self._loading:
            return _value(self._once("warm_up", {}, None))

    def __getattr__(self, method: str) -> Callable[..., Any]:
        streams = inspect.isgeneratorfunction(getattr(self._service, method))
        return self._streamed(method) if streams else self._called(method)

    def _called(self, method: str) -> Callable[..., Any]:
        def call(cancelled: threading.Event, **arguments: Any) -> Any:
            with _stop_file(cancelled) as stop:
                return _value(self._once(method, arguments, stop))

        return call

    def _streamed(self, method: str) -> Callable[..., Iterator[Any]]:
        def call(cancelled: threading.Event, **arguments: Any) -> Iterator[Any]:
            with _stop_file(cancelled) as stop:
                yield from map(_value, self._stream(method, arguments, stop))

        return call


def _hang_up(line: Connection) -> None:
    """End both ends of a line: closing one alone would not wake the thread that reads from it."""
    with socket.socket(fileno=os.dup(line.fileno())) as both:
        both.shutdown(socket.SHUT_RDWR)


def lent_s(method: str, arguments: Json, stop: StopFile | None) -> int:
    """Seconds to ask for: of a run by its estimate, with something to spare."""
    if method != "train":
        return USUAL_S
    estimate_s = RunFolder(arguments["folder"]).spec().estimate_s
    return USUAL_S if estimate_s is None else _LOADING_S + math.ceil(_SPARE * estimate_s)


def _value(answer: Any) -> Any:
    if isinstance(answer, _Refused):
        raise pickle.loads(answer.pickled)
    return answer


@contextmanager
def _stop_file(cancelled: threading.Event) -> Iterator[StopFile]:
    """Within: a file that appears once the call is cancelled."""
    stop, over = StopFile(Path(tempfile.gettempdir()) / f"playground-stop-{uuid.uuid4().hex}"), threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK_EVERY_S):
            if cancelled.is_set():
                stop.path.touch()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield stop
    finally:
        over.set()
        watcher.join()
        stop.path.unlink(missing_ok=True)

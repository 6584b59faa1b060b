"""A warm child process seen from the page's process: call it, follow it, cancel it, hear when it dies."""

from __future__ import annotations

import contextlib
import itertools
import os
import pickle
import queue
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from playground.errors import WorkerDied
from playground.runs.messages import Begun, Call, Cancel, Done, Failed, Item, Ready
from playground.settings import ROOT

_HOPELESS = 3  # children that died one after another before they were ready
_CHILD_ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",  # two processes on two cores must not spin for each other
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "MALLOC_MMAP_THRESHOLD_": "268435456",
}


class WorkerProcess:
    """One child that serves `service` ("module:function", called there with `arguments`). Replaced when it dies."""

    def __init__(
        self,
        name: str,
        service: str,
        arguments: dict[str, Any],
        log_dir: Path,
        on_ready: Callable[[Any], None] = lambda value: None,
    ) -> None:
        self.name = name
        self.ready = threading.Event()
        self._service = service
        self._arguments = arguments
        self._log_path = log_dir / f"{name}.log"
        self._on_ready = on_ready
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._replies: dict[int, queue.Queue] = {}
        self._waiting: dict[int, Call] = {}  # not begun by any child; a dead child's are given to the next
        self._cancelled: set[int] = set()
        self._connection: Connection | None = None
        self._process: subprocess.Popen | None = None
        self._started = self._closed = False

    @property
    def pid(self) -> int | None:
        """The child's process id."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the child unless that was done; returns at once, calls wait until it is warm."""
        with self._lock:
            if self._started:
                return
            self._started = True
        threading.Thread(target=self._run, name=f"{self.name}-reader", daemon=True).start()

    def close(self) -> None:
        """End the child."""
        self._closed = True
        if self._process:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5)

    def post(self, method: str, **arguments: Any) -> Pending:
        """Queue a call and return its pending answer."""
        replies: queue.Queue = queue.Queue()
        with self._lock:
            call = Call(next(self._ids), method, arguments)
            self._replies[call.id] = replies
            self._waiting[call.id] = call
            if self._connection:
                self._send(call)
        return Pending(self, call.id, replies)

    def call(self, method: str, **arguments: Any) -> Any:
        """The result of one call. Raises PlaygroundError as the child did, WorkerDied when it died."""
        return self.post(method, **arguments).result()

    def cancel(self, call_id: int) -> None:
        """Ask the child to end that call soon."""
        with self._lock:
            if call_id in self._replies:
                self._cancelled.add(call_id)
                if self._connection:
                    self._send(Cancel(call_id))

    def _send(self, message: Any) -> None:
        with contextlib.suppress(OSError):  # the reader sees the same broken connection and fails every pending call
            self._connection.send(message)

    def _run(self) -> None:
        deaths_before_ready = 0
        while not self._closed:
            self._launch()
            self._read()
            deaths_before_ready = 0 if self.ready.is_set() else deaths_before_ready + 1
            self.ready.clear()
            if not self._closed:
                self._fail_begun(and_waiting=deaths_before_ready >= _HOPELESS)
                time.sleep(min(30.0, 0.5 * 2**deaths_before_ready))

    def _launch(self) -> None:
        process, connection = self._connected()
        with self._lock:
            self._process, self._connection = process, connection
            for call in self._waiting.values():
                self._send(call)
                if call.id in self._cancelled:
                    self._send(Cancel(call.id))

    def _connected(self) -> tuple[subprocess.Popen | None, Connection]:
        """A new child and the line to it."""
        key = secrets.token_bytes(32)
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        with Listener(("127.0.0.1", 0), authkey=key) as listener, self._log_path.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "playground.runs.child"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, **_CHILD_ENVIRONMENT},
            )
            process.stdin.write(pickle.dumps((listener.address, key, self._service, self._arguments)))
            process.stdin.close()
            threading.Thread(target=_unblock, args=(process, listener.address, key), daemon=True).start()
            return process, listener.accept()

    def _read(self) -> None:
        while True:
            try:
                message = self._connection.recv()
            except (EOFError, OSError):
                break
            if isinstance(message, Ready):
                self._on_ready(message.value)
                self.ready.set()
            elif isinstance(message, Begun):
                with self._lock:
                    self._waiting.pop(message.id, None)
            else:
                self._deliver(message)
        if self._process:
            self._process.wait()

    def _deliver(self, message: Item | Done | Failed) -> None:
        with self._lock:
            replies = self._replies.get(message.id)
            if isinstance(message, Done | Failed):
                self._replies.pop(message.id, None)
                self._cancelled.discard(message.id)
        if replies:
            replies.put(message)

    def _fail_begun(self, and_waiting: bool) -> None:
        """Fail what the dead child was working on; what it had not begun waits for the next one, unless all die."""
        with self._lock:
            self._connection = None
            if and_waiting:
                self._waiting.clear()
            pending = {i: replies for i, replies in self._replies.items() if i not in self._waiting}
            for call_id in pending:
                del self._replies[call_id]
                self._cancelled.discard(call_id)
        error = WorkerDied(f"The {self.name} process ended unexpectedly.", hint="It has been started again; try again.")
        for call_id, replies in pending.items():
            replies.put(Failed(call_id, error))


class Pending:
    """The answer to a call, as it comes."""

    def __init__(self, worker: WorkerProcess, call_id: int, replies: queue.Queue) -> None:
        self._worker = worker
        self._id = call_id
        self._replies = replies

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the end. Raises queue.Empty after timeout seconds."""
        while True:
            message = self._replies.get(timeout=timeout)
            if isinstance(message, Done):
                return message.value
            if isinstance(message, Failed):
                raise message.error

    def items(self) -> Iterator[Any]:
        """Each yielded value as it comes; the call is cancelled when the reader stops reading."""
        try:
            while True:
                message = self._replies.get()
                if isinstance(message, Item):
                    yield message.value
                elif isinstance(message, Failed):
                    raise message.error
                else:
                    return
        finally:
            self._worker.cancel(self._id)

    def cancel(self) -> None:
        """Ask for an early end."""
        self._worker.cancel(self._id)


def _unblock(process: subprocess.Popen, address: tuple[str, int], key: bytes) -> None:
    """A child that dies before it connects must not leave its parent waiting in accept()."""
    process.wait()
    with contextlib.suppress(OSError):  # it had connected: nobody listens any more
        Client(address, authkey=key).close()

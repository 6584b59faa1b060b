"""A child process: connects to its parent, warms up, answers calls one after another, leaves with its parent.

Started as `python -m playground.runs.child`; the parent writes address, key, the service to serve and its arguments
to standard input.
"""

from __future__ import annotations

import importlib
import inspect
import os
import pickle
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Client, Connection
from typing import Any

from playground.errors import PlaygroundError
from playground.runs.messages import Begun, Call, Cancel, Done, Failed, Item, Ready


class Child:
    """Answers calls on one connection. A method takes `cancelled` (an Event) and the call's arguments."""

    def __init__(
        self, connection: Connection, service: Any, orphaned: Callable[[], None] = lambda: os._exit(0)
    ) -> None:
        self._connection = connection
        self._service = service
        self._orphaned = orphaned  # the parent has gone: nobody is left to answer
        self._calls: queue.Queue[Call] = queue.Queue()
        self._cancelled: dict[int, threading.Event] = {}

    def serve(self) -> None:
        """Warm up and answer until the parent is gone."""
        threading.Thread(target=self._read, name="reader", daemon=True).start()
        self._connection.send(Ready(self._service.warm_up()))
        while True:
            self._answer(self._calls.get())

    def _read(self) -> None:
        while True:
            try:
                message = self._connection.recv()
            except (EOFError, OSError):
                return self._orphaned()
            if isinstance(message, Cancel):
                event = self._cancelled.get(message.id)
                if event:
                    event.set()
            else:
                self._cancelled[message.id] = threading.Event()
                self._calls.put(message)

    def _answer(self, call: Call) -> None:
        cancelled = self._cancelled[call.id]
        self._connection.send(Begun(call.id))
        try:
            result = getattr(self._service, call.method)(cancelled, **call.arguments)
            if inspect.isgenerator(result):
                for value in result:
                    self._connection.send(Item(call.id, value))
                result = None
            self._connection.send(Done(call.id, result))
        except PlaygroundError as error:
            self._connection.send(Failed(call.id, error))
        except Exception as error:  # the worker is the one place that catches everything: it must live on
            traceback.print_exc()
            text = f"{type(error).__name__}: {error}"
            self._connection.send(Failed(call.id, PlaygroundError(text, hint="The log in the data folder says more.")))
        finally:
            del self._cancelled[call.id]


def load_function(path: str) -> Callable[..., Any]:
    """The function named "package.module:function"."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def main() -> None:
    """Connect to the parent that wrote to standard input and serve it."""
    address, key, service, arguments = pickle.load(sys.stdin.buffer)
    if hasattr(os, "nice"):
        os.nice(5)  # a vote must not wait for a gradient
    connection = Client(address, authkey=key)
    Child(connection, load_function(service)(**arguments)).serve()


if __name__ == "__main__":
    main()

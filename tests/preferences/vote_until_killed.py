"""Votes from eight threads and prints every acknowledged id, until somebody kills the process."""

from __future__ import annotations

import os
import sys
import threading
import uuid

from playground.preferences.store import PreferenceStore
from playground.types import Completion, Prompt


def vote(store: PreferenceStore, number: int) -> None:
    prompt = Prompt.user(f"Question {number}")
    person = store.annotator("room", "person", f"p{number}")
    while True:
        token = store.show_pair("room", person, Completion(prompt, "yes"), Completion(prompt, "no"))
        id = store.judge("room", token, "left", id=str(uuid.uuid4()))
        os.write(1, f"{id}\n".encode())  # one write, so that no line is torn


if __name__ == "__main__":
    opened = PreferenceStore(sys.argv[1])
    for n in range(8):
        threading.Thread(target=vote, args=(opened, n)).start()

"""The one object that page and routes talk to. Torch-free: models live in two child processes.

Its parts' methods take the caller's workspace first and touch nothing outside it. Every refusal is a PlaygroundError.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from filelock import FileLock, Timeout

from playground.errors import NotAllowed
from playground.preferences.store import PreferenceStore
from playground.runs.process import WorkerProcess
from playground.runs.tail import RunShelf
from playground.settings import ASSETS, Settings
from playground.types import Speed, content_hash
from playground.workbench.attacks import Attacks
from playground.workbench.checkpoints import Checkpoints
from playground.workbench.completions import Completions
from playground.workbench.deletion import Deletion
from playground.workbench.downloads import clear_downloads
from playground.workbench.erasure import Erasure
from playground.workbench.estimates import Estimates
from playground.workbench.evaluations import Evaluations
from playground.workbench.hacks import Hacks
from playground.workbench.hub_repository import HubRepository
from playground.workbench.informed import Informed
from playground.workbench.keeping import keeping_notes
from playground.workbench.mirror import Mirror
from playground.workbench.models import Models
from playground.workbench.pairs import PairPool
from playground.workbench.preferences import Preferences
from playground.workbench.queue import TrainingQueue
from playground.workbench.quotas import Quotas
from playground.workbench.revotes import Revotes
from playground.workbench.rights import host_rights
from playground.workbench.runs import Runs
from playground.workbench.session_runs import SessionRuns
from playground.workbench.steering import Steering
from playground.workbench.sweep_picture import Pictures
from playground.workbench.sweeps import Sweeps
from playground.workbench.takeaway import Takeaway
from playground.workbench.tax_sheets import TaxSheets
from playground.workbench.variants import Variants
from playground.workbench.workshop import Workshop

WORKSPACE_COOKIE = "playground_workspace"  # set by the page's own script, 32 random hex digits


@dataclass(frozen=True, slots=True)
class Status:
    """How the models are coming up."""

    sampler_ready: bool
    trainer_ready: bool
    text: str  # one plain sentence for the page
    speed: Speed | None = None
    notes: tuple[str, ...] = ()  # what a visitor must know about keeping what is made here


class Workbench:
    """Everything a visitor can do: checkpoints, completions, preferences, runs, evaluations. One a process."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self.rights = host_rights(settings)
        self._own = _only_one(settings)
        self._device = ""
        self._started = time.time()
        self.mirror = _mirror(settings, clock)
        self.shelf = shelf = RunShelf(settings.data_dir, recorded=ASSETS / "recorded")
        self.store = PreferenceStore(settings.sqlalchemy_url)
        self.models = Models(settings)
        self.checkpoints = Checkpoints(shelf, self.models.shelf)
        self._estimates = Estimates(shelf, self.models.shelf)
        self._sampler, self._trainer = self._children()
        self.completions = Completions(self._sampler, self.checkpoints)
        pairs = PairPool(self.completions.sample, self.checkpoints.find)
        quotas = Quotas(settings, shelf, self.store)
        self.preferences = Preferences(self.store, pairs, self.checkpoints.find, settings, quotas)
        self.workshop = Workshop(settings, self.store, pairs, self.checkpoints.find)
        self._queue = TrainingQueue(self._trainer, shelf, quotas.train_s)
        self.runs = Runs(settings, shelf, self._queue, self.checkpoints, self._estimates, self.store, quotas)
        self.session_runs = SessionRuns(self.store, self.runs, self.workshop.greet)
        self.revotes = Revotes(self.workshop, self.store, pairs, self.session_runs, self.checkpoints.find)
        parts = self.runs, self.checkpoints, self.completions, quotas
        self.takeaway = Takeaway(settings, shelf, self.store, *parts)
        self.informed = Informed(self.store, self.completions, self.session_runs)
        self.deletion = Deletion(self.store, shelf, clock)
        hours = settings.demo_hours if settings.mode == "demo" else None
        due = self.deletion.delete_due
        self.erasure = Erasure(hours, shelf, self.store, pairs, self._queue, due, clock)
        about = self.checkpoints, self.completions, self._estimates, self.store
        self.evaluations = Evaluations(settings, shelf, *about, quotas)
        self.tax_sheets = TaxSheets(shelf, self.checkpoints, self.evaluations)
        self.variants = Variants(shelf, self.store, self.runs, self.evaluations, self.tax_sheets)
        self.steering = Steering(self.runs, self.completions, self.evaluations)
        self.sweeps = Sweeps(settings.data_dir, self.runs, self.checkpoints, self.completions, self.evaluations, quotas)
        self.hacks = Hacks(settings.data_dir, self.runs, self.checkpoints, self.completions, self.evaluations)
        self.pictures = Pictures(self.sweeps, self.runs, self.evaluations)
        self.attacks = Attacks(self.checkpoints, self.evaluations, quotas, self.preferences.deal)

    def start(self) -> None:
        """Start the sampler and, once it is warm, the trainer; returns at once. Runs that were left open are closed."""
        self._queue.close_orphans()
        clear_downloads(self.settings.data_dir)
        self.erasure.start()
        if self.mirror is not None:
            self.mirror.start(self.store, self.shelf)
        self._sampler.start()

    def close(self) -> None:
        """End the children and the store."""
        self.erasure.close()
        if self.mirror is not None:
            self.mirror.close()
        self._sampler.close()
        self._trainer.close()
        self.store.close()
        self._own.release()

    def workspace_of(self, cookies: Mapping[str, str]) -> str:
        """The workspace of a browser: "local" for everybody, or in demo mode one for each browser's secret cookie.

        In a workshop only the host has one: whoever has none can do nothing here but join by a code.
        """
        if self.rights is not None:
            self.rights.require(cookies)
            return "local"
        if self.settings.mode == "local":
            return "local"
        secret = cookies.get(WORKSPACE_COOKIE, "")
        if len(secret) < 16:
            raise NotAllowed("This browser has no workspace yet.", hint="Allow cookies for this page and reload it.")
        return "w" + content_hash(secret)[:24]

    def status(self) -> Status:
        """How the models are coming up, in one sentence."""
        sampler, trainer = self._sampler.ready.is_set(), self._trainer.ready.is_set()
        if sampler and trainer:
            text = f"Ready. {self._device}"
        elif sampler:
            text = f"Models ready, the trainer is still loading. {self._device}"
        else:
            text = f"Models are loading, {time.time() - self._started:.0f} s so far (usually about 10 s)."
        return Status(sampler, trainer, text, self._estimates.speed, keeping_notes(self.settings, self.mirror))

    def _children(self) -> tuple[WorkerProcess, WorkerProcess]:
        """The process that samples and scores, and the one that trains."""
        shipped, logs = self.checkpoints.shipped, self.settings.data_dir / "logs"
        new = _new_worker(self.settings)
        sampler = new(
            "sampler",
            "playground.services:sampler",
            {"checkpoints": list(shipped.values())},
            logs,
            on_ready=self._sampler_ready,
        )
        trainer = new(
            "trainer",
            "playground.services:trainer",
            {"threads": self.settings.threads, "model": shipped["pocket-sft"]},
            logs,
            on_ready=self._trainer_ready,
        )
        return sampler, trainer

    def _sampler_ready(self, device: str) -> None:
        self._device = device
        self._trainer.start()  # not earlier: two that load torch at once keep the page waiting

    def _trainer_ready(self, speed: Speed) -> None:
        self._estimates.speed = speed


def _new_worker(settings: Settings) -> Callable[..., WorkerProcess]:
    """What makes a worker: a process of its own, or on ZeroGPU one in this process that is lent a GPU call by call."""
    if settings.zero_gpu == "off":
        return WorkerProcess
    try:
        import spaces  # before torch, which it patches
    except ModuleNotFoundError:
        hint = "Run: pip install spaces. Elsewhere, set PLAYGROUND_ZERO_GPU to off."
        raise NotAllowed("On ZeroGPU the Python package spaces is needed.", hint=hint) from None
    from playground.runs.lent_gpu import WorkerInPage

    return partial(WorkerInPage, spaces.GPU, threading.Lock())


def _mirror(settings: Settings, clock: Callable[[], float]) -> Mirror | None:
    """The copy on the Hub, read back; None where none is wanted. Raises NotAllowed where it would break a promise."""
    if not settings.mirror:
        return None
    if settings.mode == "demo":
        hint = "Unset PLAYGROUND_MIRROR, or set PLAYGROUND_MODE to local."
        raise NotAllowed("In demo mode everything is erased after some hours, and a copy would stay.", hint=hint)
    if settings.database_url:
        hint = "Unset one of PLAYGROUND_MIRROR and PLAYGROUND_DATABASE_URL; a database elsewhere outlives a restart."
        raise NotAllowed("Only a database in the data folder can be copied to the Hub.", hint=hint)
    mirror = Mirror(HubRepository(settings.mirror, "dataset"), settings.data_dir, clock)
    mirror.read_back()
    return mirror


def _only_one(settings: Settings) -> FileLock:
    """The lock that keeps a second playground off this data folder. Raises NotAllowed."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.data_dir / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        hint = "Use that one, or give this one a data folder of its own by PLAYGROUND_DATA_DIR."
        raise NotAllowed(f"A playground is running on {settings.data_dir} already.", hint=hint) from None
    return lock

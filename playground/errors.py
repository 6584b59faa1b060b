"""Errors a person can act on: what was seen, what is needed, what to do. The page shows them; nothing else does."""

from __future__ import annotations


class PlaygroundError(Exception):
    """Base of our errors. str() is what was seen and needed, .hint what to do."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self):  # errors cross process borders; subclasses rebuild as the base class with their text
        return _rebuild, (type(self).__name__, self.message, self.hint)


def _rebuild(name: str, message: str, hint: str) -> PlaygroundError:
    error = PlaygroundError(message, hint=hint)
    error.name = name
    return error


class EmptyPrompt(PlaygroundError):
    """A prompt held no text."""

    def __init__(self) -> None:
        super().__init__("The prompt is empty.", hint="Type a question or pick one of the examples.")


class PromptTooLong(PlaygroundError):
    """A prompt leaves no room for a completion."""

    def __init__(self, have: int, limit: int) -> None:
        super().__init__(f"The prompt has {have} tokens; this model reads at most {limit}.", hint="Shorten the prompt.")


class TooFewPreferences(PlaygroundError):
    """A trainer was given fewer preferences than it can split into train and held-out."""

    def __init__(self, have: int, need: int) -> None:
        super().__init__(
            f"{have} preferences stored, {need} needed.",
            hint="Judge more pairs in Rank, or let a persona label some.",
        )


class NothingToLearn(PlaygroundError):
    """The rows given cannot teach anything: all alike, or none left after dropping what is too long."""


class BadFile(PlaygroundError):
    """An uploaded file is not what it says, or a row of it is not usable."""


class NonFiniteLoss(PlaygroundError):
    """The loss became NaN or infinite."""

    def __init__(self, step: int, kept: str) -> None:
        super().__init__(
            f"The loss became infinite or not a number at step {step}. Training stopped; {kept}.",
            hint="Lower the learning rate or the number of epochs and start again.",
        )


class ShapeError(PlaygroundError):
    """Tensors that must agree in shape do not."""


class ModelNotUsable(PlaygroundError):
    """A model or checkpoint cannot be loaded: missing, of the wrong kind, corrupt or too large."""


class NotAllowed(PlaygroundError):
    """The caller has no right to what was asked, or it belongs to another workspace."""


class NotFound(PlaygroundError):
    """A run, checkpoint, pair or set with that id does not exist here."""


class WorkerDied(PlaygroundError):
    """A child process ended while it worked."""


class TooFast(PlaygroundError):
    """A person's device asks more often than a person can judge."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("This device asks too often.", hint=f"Wait {max(1, round(wait_s))} s; nothing is lost.")

"""One private repository of the Hugging Face Hub to write to, by the token in HF_TOKEN; its refusals in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playground.errors import NotAllowed, PlaygroundError


class HubRefused(PlaygroundError):
    """The Hub cannot be reached, or did not take what was sent."""


def has_token() -> bool:
    """Whether this machine may write to the Hub for somebody."""
    from huggingface_hub import get_token

    return bool(get_token())


class HubRepository:
    """Files under names, changed together in one commit."""

    def __init__(self, name: str, kind: Literal["model", "dataset"], api: Any = None) -> None:
        from huggingface_hub import HfApi

        self.name, self.kind = name, kind
        self._api = api or HfApi()

    def settle(self) -> None:
        """Make it, private, where it is not there yet. Raises: NotAllowed where everybody can read it; HubRefused."""
        with self._plain_words():
            self._api.create_repo(self.name, repo_type=self.kind, private=True, exist_ok=True)
            private = self._api.repo_info(self.name, repo_type=self.kind).private
        if not private:
            raise NotAllowed(
                f"{self.name} on the Hub is public.", hint="Make it private there, or choose another name."
            )

    def files(self) -> list[str]:
        """The names of all files. Raises: HubRefused."""
        with self._plain_words():
            return list(self._api.list_repo_files(self.name, repo_type=self.kind))

    def read(self, patterns: Iterable[str], folder: Path) -> None:
        """Bring the files whose names match into the folder. Raises: HubRefused."""
        with self._plain_words():
            self._api.snapshot_download(
                self.name, repo_type=self.kind, local_dir=folder, allow_patterns=list(patterns), max_workers=2
            )

    def write(self, add: Mapping[str, Path], remove: Iterable[str], message: str) -> None:
        """Add, replace and remove files in one commit. Raises: HubRefused; then nothing was changed."""
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        operations: list[Any] = [CommitOperationAdd(name, str(path)) for name, path in add.items()]
        operations += [CommitOperationDelete(name) for name in remove]
        with self._plain_words():
            self._api.create_commit(self.name, operations, commit_message=message, repo_type=self.kind)

    @contextmanager
    def _plain_words(self) -> Iterator[None]:
        from huggingface_hub import errors as hub

        try:
            yield
        except hub.HFValidationError as error:
            raise HubRefused(f"{self.name!r} is not a name of the Hub.", hint="Give a name as owner/name.") from error
        except hub.HfHubHTTPError as error:
            code = error.response.status_code
            if code in (401, 403, 404):
                hint = "Set HF_TOKEN to a token of that owner with the right to write, and start again."
                raise HubRefused(f"The token in HF_TOKEN may not write to {self.name}.", hint=hint) from error
            raise HubRefused(f"The Hub answered with error {code}.", hint="Try again in a few minutes.") from error
        except (hub.HTTPError, OSError) as error:
            hint = "Look whether this machine is connected to the internet."
            raise HubRefused("The Hub cannot be reached from here.", hint=hint) from error

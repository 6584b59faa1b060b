"""Stands in for the Hub: repositories in memory, behind those methods of huggingface_hub's HfApi that are used."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from types import SimpleNamespace

import httpx2
from huggingface_hub import errors


class StandInHub:
    """Give it to HubRepository as its api. `down` makes every call fail as a missing network does."""

    def __init__(self):
        self.repositories: dict[tuple[str, str], dict[str, bytes]] = {}
        self.public: set[str] = set()
        self.commits: list[list[str]] = []
        self.down = False
        self.refuses: int | None = None

    def create_repo(self, repo_id, *, repo_type, private, exist_ok):
        self._answer(repo_id)
        assert private and exist_ok
        self.repositories.setdefault((repo_type, repo_id), {})

    def repo_info(self, repo_id, *, repo_type):
        self._answer(repo_id)
        return SimpleNamespace(private=repo_id not in self.public)

    def list_repo_files(self, repo_id, *, repo_type):
        self._answer(repo_id)
        return sorted(self.repositories[repo_type, repo_id])

    def snapshot_download(self, repo_id, *, repo_type, local_dir, allow_patterns, max_workers):
        self._answer(repo_id)
        for name, content in self.repositories[repo_type, repo_id].items():
            if any(fnmatch(name, pattern) for pattern in allow_patterns):
                path = Path(local_dir) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)

    def create_commit(self, repo_id, operations, *, commit_message, repo_type):
        self._answer(repo_id)
        files = self.repositories[repo_type, repo_id]
        for operation in operations:
            if hasattr(operation, "path_or_fileobj"):
                files[operation.path_in_repo] = Path(operation.path_or_fileobj).read_bytes()
            else:
                del files[operation.path_in_repo]
        self.commits.append([operation.path_in_repo for operation in operations])

    def _answer(self, repo_id):
        if self.down:
            raise httpx2.ConnectError("Name or service not known")
        if self.refuses:
            request = httpx2.Request("POST", f"https://huggingface.co/api/{repo_id}")
            raise errors.HfHubHTTPError("refused", response=httpx2.Response(self.refuses, request=request))

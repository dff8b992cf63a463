"""Build contexts that hold exactly the files an image's tag stands for."""

from __future__ import annotations

import hashlib
import io
import tarfile
from typing import TYPE_CHECKING

from cluster.process import answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

# What builds and editors leave behind, for a project folder that is no git checkout.
LITTER = {".venv", "__pycache__", "node_modules", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache"}


def source_files(root: Path, parts: Sequence[str]) -> list[Path]:
    """The files below a folder's parts that git knows or would know: no build's litter."""
    listed = answer(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *parts]
    )
    if listed is not None:
        candidates: Iterable[Path] = (root / name for name in listed.split("\0") if name)
    else:
        found = (
            path for part in parts for path in ((root / part).rglob("*") if (root / part).is_dir() else [root / part])
        )
        candidates = (path for path in found if not LITTER & set(path.relative_to(root).parts))
    return sorted({path for path in candidates if path.is_file()})


def is_executable(path: Path) -> bool:
    """The one part of a file's mode that an image depends on."""
    return bool(path.stat().st_mode & 0o100)


def fingerprint(root: Path, files: Sequence[Path], extra: str = "") -> str:
    """The first 12 hex digits of a hash over names, modes and contents."""
    made_from = hashlib.sha256(extra.encode())
    for path in files:
        content = path.read_bytes()
        head = f"{path.relative_to(root).as_posix()}\0{is_executable(path)}\0{len(content)}\0"
        made_from.update(head.encode() + content)
    return made_from.hexdigest()[:12]


def context(root: Path, files: Sequence[Path]) -> bytes:
    """The files as a tar that depends on nothing but them, so that the engine's own cache works, too."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path in files:
            entry = tarfile.TarInfo(path.relative_to(root).as_posix())
            entry.size = path.stat().st_size
            entry.mode = 0o755 if is_executable(path) else 0o644
            with path.open("rb") as file:
                tar.addfile(entry, file)
    return packed.getvalue()

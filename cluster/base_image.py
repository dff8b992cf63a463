"""debian:bookworm-slim, which every Dockerfile here starts from: pulled, or made from Debian's packages."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from cluster.packages import can_install, install
from cluster.paths import state_dir
from cluster.process import ClusterError, answer, run
from cluster.pull import present, pull
from cluster.report import step

NAME = "debian:bookworm-slim"
LABEL = "votingapp.base"
PUBLISHED = "published"
EXTRA_CAS = Path("/usr/local/share/ca-certificates")
# As the published image does: no manuals, and neither package files nor apt's own caches left in a layer.
RECIPE = [
    "--variant=minbase",
    "--include=ca-certificates,usr-is-merged",
    *(
        f"--dpkgopt=path-exclude=/usr/share/{folder}/*"
        for folder in ("doc", "info", "linda", "lintian", "locale", "man")
    ),
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    '--aptopt=DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };',
    '--aptopt=Dir::Cache::pkgcache ""',
    '--aptopt=Dir::Cache::srcpkgcache ""',
    # Needed to make the file system and not afterwards: the published image has no Perl but perl-base.
    '--customize-hook=chroot "$1" apt-get purge -y -q usrmerge perl "perl-modules-*" "libperl5*"',
    '--customize-hook=chroot "$1" apt-get purge -y -q "lib*-perl" "libgdbm*"',
]


def extra_cas() -> list[Path]:
    """The certificate authorities that this machine trusts beside Debian's: a build behind a proxy needs them."""
    return sorted(EXTRA_CAS.glob("**/*.crt"))


def recipe_hash() -> str:
    """A name for everything that the image is made from, save the day's packages."""
    made_from = hashlib.sha256("\0".join(RECIPE).encode())
    for file in extra_cas():
        made_from.update(file.name.encode() + b"\0" + file.read_bytes())
    return made_from.hexdigest()[:12]


def ensure_base_image() -> str:
    """Come back with an image of that name, the published one where it can be had, and tell which it is."""
    if present(NAME):
        label = answer(["docker", "image", "inspect", "--format", f'{{{{index .Config.Labels "{LABEL}"}}}}', NAME])
        if label in ("", "<no value>"):
            # Not ours: the published one, or somebody's own.
            return PUBLISHED
        if label == recipe_hash():
            return label
    elif pull(NAME):
        return PUBLISHED
    tar = build_tar()
    changes = ["--change", f"LABEL {LABEL}={recipe_hash()}", "--change", 'CMD ["bash"]']
    with step(f"making the image {NAME}"):
        run(
            ["docker", "import", *changes, str(tar), NAME],
            doing=f"importing {tar} as {NAME}",
            hint="see whether the disk is full (`df -h /var/lib/docker`).",
        )
    return recipe_hash()


def build_tar() -> Path:
    """The image's file system, cached by what it is made from."""
    tar = state_dir() / "files" / f"debian-bookworm-slim-{recipe_hash()}.tar"
    if not tar.exists():
        hooks = [f"--customize-hook=copy-in {file} {EXTRA_CAS}" for file in extra_cas()]
        bootstrap([*RECIPE, *hooks, '--customize-hook=chroot "$1" update-ca-certificates'], tar)
    return tar


def bootstrap(options: list[str], tar: Path) -> None:
    """Make a Debian 12 file system as a tar, whole or not at all."""
    need_mmdebstrap()
    tar.parent.mkdir(parents=True, exist_ok=True)
    unfinished = tar.with_suffix(".unfinished.tar")
    with step(f"making {tar.name} from Debian's packages"):
        run(
            ["mmdebstrap", "--quiet", *options, "bookworm", str(unfinished)],
            doing=f"making {tar.name}",
            hint="see whether this machine reaches its Debian mirror (`apt-get update`).",
        )
        unfinished.replace(tar)


def need_mmdebstrap() -> None:
    """The program that makes a Debian file system, installed where that is possible."""
    if shutil.which("mmdebstrap"):
        return
    if not can_install():
        raise ClusterError(
            "no image can be pulled from a registry, and making one from Debian's packages needs the program "
            "mmdebstrap and root. Either let this machine reach a registry (`docker pull debian:bookworm-slim` "
            "shows what is wrong), or run this as root on Debian or Ubuntu."
        )
    install(["mmdebstrap", "debian-archive-keyring"], doing="installing mmdebstrap")

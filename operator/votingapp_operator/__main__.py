"""`python -m votingapp_operator`: what can be had of the operator without running it."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydantic
import yaml

from votingapp_operator import settings
from votingapp_operator.api import KIND
from votingapp_operator.api.crd import crd
from votingapp_operator.reconcile import preview
from votingapp_operator.reconcile.client import Client
from votingapp_operator.reconcile.errors import ApiError

NOTHING_TO_DO, WOULD_CHANGE, FAILED = 0, 1, 2
"""Exit codes, as of `kubectl diff`."""


class _Plain(yaml.SafeDumper):
    """Every value written out where it stands, for people read what is printed."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


class UsageError(Exception):
    """What was asked for cannot be done, for the reason in the message."""


def crd_yaml() -> str:
    """The CustomResourceDefinition as it is checked in."""
    header = "# Made from operator/votingapp_operator/api by `make crds`; a test fails when it is stale.\n"
    return header + yaml.dump(crd(), Dumper=_Plain, sort_keys=False, width=120, allow_unicode=True)


def read(path: Path) -> dict[str, Any]:
    """The VotingApp in a file.

    Raises:
        UsageError: there is no file, no YAML in it, or no VotingApp.
    """
    try:
        found = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    if not isinstance(found, dict) or found.get("kind") != KIND or "name" not in found.get("metadata", {}):
        raise UsageError(f"{path} is no {KIND}: it needs `kind: {KIND}` and `metadata.name`")
    return found


def print_crd(_: argparse.Namespace) -> int:
    """The CustomResourceDefinition."""
    sys.stdout.write(crd_yaml())
    return NOTHING_TO_DO


def print_manifests(arguments: argparse.Namespace) -> int:
    """All objects that a VotingApp asks for."""
    made = preview.manifests(read(arguments.file), settings.images())
    sys.stdout.write(yaml.dump_all(made, Dumper=_Plain, sort_keys=False, width=120, allow_unicode=True))
    return NOTHING_TO_DO


def print_plan(arguments: argparse.Namespace) -> int:
    """What applying a VotingApp, or looking at one as it stands, would change."""
    found = asyncio.run(_differences(arguments))
    for line in preview.shown(found):
        sys.stdout.write(f"{line}\n")
    return WOULD_CHANGE if found else NOTHING_TO_DO


async def _differences(arguments: argparse.Namespace) -> list[preview.Difference]:
    async with await Client.connect() as client:
        asked = await _live(client, arguments) if arguments.live else read(arguments.file)
        return await preview.differences(client, asked, settings.images())


async def _live(client: Client, arguments: argparse.Namespace) -> dict[str, Any]:
    """A VotingApp as it stands in the cluster."""
    found = await client.read(KIND, arguments.namespace, arguments.live)
    if found is None:
        raise UsageError(f"there is no {KIND} {arguments.live} in namespace {arguments.namespace}")
    metadata = {
        key: found["metadata"][key]
        for key in ("name", "namespace", "labels", "annotations")
        if key in found["metadata"]
    }
    return {"metadata": metadata, "spec": found.get("spec", {})}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m votingapp_operator", description=__doc__)
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, run: Callable[[argparse.Namespace], int], help_text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help_text, description=help_text)
        command.set_defaults(run=run)
        return command

    add("crd", print_crd, "print the CustomResourceDefinition")
    render = add("render", print_manifests, "print all objects that a VotingApp asks for, without a cluster")
    plan = add(
        "plan", print_plan, "print what applying a VotingApp would change; exits with 1 where there is something"
    )
    file_help = f"a YAML file with one {KIND}"
    render.add_argument("file", type=Path, metavar="FILE", help=file_help)
    which = plan.add_mutually_exclusive_group(required=True)
    which.add_argument("file", type=Path, metavar="FILE", nargs="?", help=file_help)
    which.add_argument("--live", metavar="NAME", help=f"a {KIND} as it stands: what the operator has still to do")
    plan.add_argument("-n", "--namespace", default="default", help="of the one named by --live (default: %(default)s)")
    return top


def main() -> int:
    """Run a command; what goes wrong is told in a sentence."""
    arguments = parser().parse_args()
    try:
        result: int = arguments.run(arguments)
    except (UsageError, ApiError, pydantic.ValidationError) as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    return result


if __name__ == "__main__":
    sys.exit(main())

"""`python -m votingapp_operator crd`: print the CustomResourceDefinition, which crds/ holds a copy of."""

import argparse
import sys

import yaml

from votingapp_operator.api.crd import crd


class _Plain(yaml.SafeDumper):
    """Every value written out where it stands, for `kubectl` users read the file."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def crd_yaml() -> str:
    """The CustomResourceDefinition as it is checked in."""
    header = "# Made from operator/votingapp_operator/api by `make crds`; a test fails when it is stale.\n"
    return header + yaml.dump(crd(), Dumper=_Plain, sort_keys=False, width=120, allow_unicode=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m votingapp_operator", description=__doc__)
    parser.add_argument("command", choices=["crd"], help="crd: print the CustomResourceDefinition")
    parser.parse_args()
    sys.stdout.write(crd_yaml())


if __name__ == "__main__":
    main()

"""Everything that touches the cluster: what is known of it, what differs, what is written, and when.

`Engine` is what the Kopf handlers call: it holds the cache that they fill, and runs one task a VotingApp that looks at
all of desired and observed and writes the difference.
"""

from votingapp_operator.reconcile.engine import Engine

__all__ = ["Engine"]

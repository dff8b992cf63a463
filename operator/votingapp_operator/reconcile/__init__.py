"""Everything that touches the cluster: what is known of it, what differs, what is written, when, and by which replica.

`Engine` is the whole of it: informers fill a cache and a queue, workers look at one VotingApp at a time and write the
difference, and a Lease decides which replica does.
"""

from votingapp_operator.reconcile.engine import Engine

__all__ = ["Engine"]

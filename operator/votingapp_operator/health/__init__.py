"""From what was observed to what the status says: pure functions, no I/O.

`assess` is the whole layer. It is given the VotingApp, the objects and pods that the cluster shows, and what came of
the last writes; it answers with the complete status. `unreadable` is for a spec of which not even that can be said.
"""

from votingapp_operator.health.assess import Observed, assess
from votingapp_operator.health.outcome import Outcome, Problem
from votingapp_operator.health.unreadable import unreadable

__all__ = ["Observed", "Outcome", "Problem", "assess", "unreadable"]

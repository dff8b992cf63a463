"""The VotingApp operator: one custom resource for the five components of the Example Voting App."""

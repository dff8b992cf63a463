"""The VotingApp operator: one custom resource for the five components of the Example Voting App."""

VERSION = "0.1.0"

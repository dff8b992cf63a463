"""What a fleet of VotingApps costs: this operator beside a bare client that writes the same objects."""

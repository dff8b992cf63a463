"""What the tests on the real cluster share: a client of their own, waiting on conditions, and votes over HTTP."""

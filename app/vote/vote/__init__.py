"""The voting app's poll page: shows the options and puts each vote into Redis."""

"""The kind cluster that this project is developed, tested and shown on: `./tools/uv run python -m cluster --help`."""

"""Unit tests: pure functions, in milliseconds, with no cluster."""

import pytest
from votingapp_operator.api import VotingAppSpec
from votingapp_operator.desired import App, Images


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--write-expected` writes what the code makes now over the expected YAML; read the diff before committing it."""
    parser.addoption("--write-expected", action="store_true", help="write the expected manifests anew")


IMAGES = Images(vote="vote:1", redis="redis:1", worker="worker:1", postgres="postgres:1", result="result:1")


@pytest.fixture
def app() -> App:
    """A VotingApp with nothing said in its spec."""
    return App(
        name="demo",
        namespace="default",
        uid="00000000-0000-0000-0000-000000000001",
        spec=VotingAppSpec(),
        images=IMAGES,
        credentials_uid="00000000-0000-0000-0000-0000000000cc",
    )

"""What the proxy makes of a request's line."""

import pytest

from tests.support.proxy import Record

N = "/api/v1/namespaces/n"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/n/leases"
STATUS = "/apis/voting.schoolofdevops.com/v1alpha1/namespaces/n/votingapps/demo/status"


@pytest.mark.parametrize(
    ("method", "path", "body", "target"),
    [
        ("GET", "/api/v1/pods", b"", "pods"),
        ("GET", f"{N}/configmaps", b"", "configmaps"),
        ("PATCH", f"{N}/configmaps/demo-poll", b"{}", "configmaps/demo-poll"),
        ("POST", f"{N}/secrets", b'{"metadata": {"name": "demo-postgres"}}', "secrets/demo-postgres"),
        ("PATCH", STATUS, b"{}", "votingapps/demo/status"),
        ("GET", "/version", b"", ""),
        ("GET", "/apis", b"", ""),
    ],
)
def test_what_a_request_is_about(method: str, path: str, body: bytes, target: str) -> None:
    assert Record(0, method, path, body=body).target == target


@pytest.mark.parametrize(
    ("method", "path", "query", "is_write", "is_lease_write"),
    [
        ("GET", f"{N}/services/demo-vote", {}, False, False),
        ("PATCH", f"{N}/services/demo-vote", {}, True, False),
        ("PATCH", f"{N}/services/demo-vote", {"dryRun": "All"}, False, False),
        ("DELETE", f"{N}/services/demo-vote", {}, True, False),
        ("POST", LEASES, {}, False, True),
        ("PUT", f"{LEASES}/votingapp-operator", {}, False, True),
        ("GET", f"{LEASES}/votingapp-operator", {}, False, False),
    ],
)
def test_what_is_a_write(
    method: str, path: str, query: dict[str, str], *, is_write: bool, is_lease_write: bool
) -> None:
    record = Record(0, method, path, query)
    assert (record.is_write, record.is_lease_write) == (is_write, is_lease_write)


def test_what_is_told_apart() -> None:
    assert Record(0, "PATCH", STATUS).is_status
    assert Record(0, "POST", "/apis/events.k8s.io/v1/namespaces/n/events", body=b'{"metadata": {}}').is_event
    assert Record(0, "GET", f"{N}/pods", {"watch": "true"}).is_watch
    assert not Record(0, "PATCH", STATUS, status=409).succeeded

"""The whole of what a VotingApp asks for."""

from dataclasses import dataclass

from votingapp_operator.desired import credentials, poll, services, storage, workloads
from votingapp_operator.desired.apis import OPTIONAL
from votingapp_operator.desired.app import App, Manifest


@dataclass(frozen=True)
class Desired:
    """All objects of one VotingApp.

    Attributes:
        credentials: the generated Secret without its data; None where the user brings one.
        supports: what pods need before they start.
        workloads: the Deployments, written last.
        optional: kinds that are asked for and come with an add-on.
        unsupported: those of them that the cluster does not serve; their objects are left out.
    """

    credentials: Manifest | None
    supports: list[Manifest]
    workloads: list[Manifest]
    optional: frozenset[str] = frozenset()
    unsupported: frozenset[str] = frozenset()

    def all(self) -> list[Manifest]:
        """Everything, in the order of writing."""
        secret = [] if self.credentials is None else [self.credentials]
        return [*secret, *self.supports, *self.workloads]


def build(app: App) -> Desired:
    """Everything that should exist for a VotingApp. Never raises for a spec that the CRD accepts."""
    supports = [
        *services.service_accounts(app),
        poll.config_map(app),
        *storage.claims(app),
        *services.services(app),
    ]
    optional = frozenset(manifest["kind"] for manifest in supports) & OPTIONAL.keys()
    unsupported = optional - app.apis
    return Desired(
        credentials=credentials.secret_metadata(app),
        supports=[manifest for manifest in supports if manifest["kind"] not in unsupported],
        workloads=workloads.deployments(app),
        optional=optional,
        unsupported=unsupported,
    )

"""The volumes of redis and postgres."""

from votingapp_operator.api import ComponentName, Storage
from votingapp_operator.desired.app import App, Manifest, manifest


def claims(app: App) -> list[Manifest]:
    """One PersistentVolumeClaim for each stateful component."""
    return [
        _claim(app, ComponentName.REDIS, app.spec.redis.storage),
        _claim(app, ComponentName.POSTGRES, app.spec.postgres.storage),
    ]


def _claim(app: App, component: ComponentName, storage: Storage) -> Manifest:
    head = manifest(
        app,
        api_version="v1",
        kind="PersistentVolumeClaim",
        name=app.child(component),
        component=component,
        owned=not app.retains_data,
    )
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": str(storage.size)}},
    }
    if storage.storage_class_name is not None:
        spec["storageClassName"] = storage.storage_class_name
    return {**head, "spec": spec}

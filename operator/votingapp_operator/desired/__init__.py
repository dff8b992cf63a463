"""From a VotingApp to the objects that make it run: pure functions, one module a concern, no I/O.

`build` is the whole layer. What comes out is a list of manifests in the order in which they should be written: what a
pod needs before the pods (a worker that starts before redis has a name crash-loops).
"""

from votingapp_operator.desired.app import App, Images, Manifest
from votingapp_operator.desired.build import Desired, build

__all__ = ["App", "Desired", "Images", "Manifest", "build"]

"""What came of a reconcile's writes, as far as the status has to tell of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """Why one object is not as it should be.

    Attributes:
        subject: kind and name, as in `Service demo-vote`.
        reason: one CamelCase word, fit for a condition.
        message: a sentence for a person.
        permanent: True where waiting does not help, so that somebody has to change something.
        retry_after: seconds that the API server asks to be left alone for; None where it does not.
    """

    subject: str
    reason: str
    message: str
    permanent: bool
    retry_after: float | None = None


@dataclass(frozen=True)
class Outcome:
    """The result of comparing and writing.

    Attributes:
        objects: how many objects the spec asks for.
        pending: subjects that differ and were not written, because the VotingApp is paused.
        problems: subjects that could not be made as they should be.
        paused: whether writing was forbidden.
        optional: kinds of add-ons that the spec asks for.
        unsupported: those of them that the cluster does not serve.
    """

    objects: int
    pending: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    paused: bool = False
    optional: frozenset[str] = frozenset()
    unsupported: frozenset[str] = frozenset()

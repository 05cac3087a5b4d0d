"""What is done with the examples of a stream once they were answered."""

from __future__ import annotations

from dataclasses import dataclass

from neurotwin._base.registry import Registry


@dataclass(frozen=True)
class Policy:
    """A way to keep a model in use.

    Attributes
    ----------
    about
        A line for people.
    updates
        It learns from the latest window every few examples.
    detects
        A drift detector listens; what came before a change is no longer learned from.
    guards
        Updates are judged, and rolled back where they do harm.
    retrains
        It is trained anew on the latest window now and then.
    """

    about: str
    updates: bool = False
    detects: bool = False
    guards: bool = False
    retrains: bool = False


POLICIES: Registry[Policy] = Registry("policy of a model in use")
POLICIES.register("guarded")(
    Policy(
        "updates every few examples, drift detection, and every update that does harm is rolled back",
        updates=True,
        detects=True,
        guards=True,
    )
)
POLICIES.register("no roll-back")(
    Policy(
        "the same without the guard: every update is kept, an alarm drops what came before",
        updates=True,
        detects=True,
    )
)
POLICIES.register("always updating")(
    Policy("updates every few examples, no detection, no guard, nothing held out", updates=True)
)
POLICIES.register("periodic retraining")(
    Policy("a new network on the latest window from time to time", retrains=True)
)
POLICIES.register("frozen")(Policy("never learns again"))

"""What the network tells the progress bar and the log while a run goes on.

Prints nothing and decides nothing: small frozen records, handed to a callable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

EventKind: TypeAlias = Literal[
    "retry",
    "retry-after",
    "host-given-up",
    "resolver-dead",
    "fake-ip",
    "downgrade",
    "referer",
    "slow-down",
    "unset",
]
"""``retry``: a URL is tried again after `seconds`; ``retry-after``: a host's whole lane waits `seconds`, as
the server asked; ``host-given-up``: no more requests to this host in this run; ``resolver-dead``: no name
resolves; ``fake-ip``: the resolver answers every name from 198.18.0.0/15, which is allowed from here on;
``downgrade``: a redirect led from https to http; ``referer``: a URL is tried once more with a Referer;
``slow-down``: a host complains about our pace, which is halved; ``unset``: a header of the operator's is not
sent, for its environment variable is not set."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something a person may want to see while it happens."""

    kind: EventKind
    host: str
    message: str
    """A short phrase for a person; never with credentials."""
    url: str = ""
    seconds: float = 0.0


Listener: TypeAlias = Callable[[Event], None]


def unheard(event: Event) -> None:
    """A listener for those who want none."""
    del event

"""How many connections this process can have: the limit on file descriptors, raised as far as it goes.

The engine aborts the process when it needs a descriptor at the wrong moment, so there are always some left.
"""

from __future__ import annotations

WANTED = 65536
RESERVE = 64
"""Left for files, pipes, the resolver and the interpreter."""


def raise_limit() -> int:
    """Raise the soft limit to the hard one, and say how many descriptors connections may use."""
    try:
        import resource
    except ImportError:  # not on this system; its C runtime has room for 2,048
        return 1024
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
        except (OSError, ValueError):  # macOS refuses more than its kernel's own limit
            most = soft
    room = most if soft == resource.RLIM_INFINITY else soft
    return max(8, room - max(RESERVE, min(256, room // 4)))


class Room:
    """Divides the descriptors among requests under way and connections that are kept."""

    def __init__(self, descriptors: int, concurrency: int, per_host: int) -> None:
        # Half for requests: a connection that is being given up still holds its descriptor for a moment.
        self.concurrency = max(1, min(concurrency, descriptors // 2))
        self._per_host = per_host
        self._left = descriptors - 2 * self.concurrency
        self._hosts = 0

    def expect(self, hosts: int) -> None:
        """Say that so many more hosts will ask: then each gets its share, whoever asks first."""
        self._hosts += hosts

    def idle(self, hosts: int) -> int:
        """How many connections each of ``hosts`` more hosts may keep; taken for the rest of the run.

        A host that may keep none begins each request with a new handshake. So nobody takes the share of a
        host that is expected; where too few are, for who knows what comes, three quarters are left.
        """
        hosts = max(1, hosts)
        shares = self._hosts if self._hosts >= hosts else 4 * hosts
        each = min(self._per_host, max(self._left // shares, min(1, self._left // hosts)))
        self._hosts = max(0, self._hosts - hosts)
        self._left -= each * hosts
        return each

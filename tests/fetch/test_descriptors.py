"""Who may keep how many connections, when there are never enough descriptors for everyone."""

from __future__ import annotations

import pytest

from holdfast.fetch.descriptors import Room

DIVIDED: dict[str, tuple[int, int, list[int], list[int]]] = {
    # descriptors, hosts expected, batches of hosts in the order in which they come, kept by each of a batch
    "room for all": (2000, 10, [10], [8]),
    "no more than a host can use": (20_000, 3, [3], [8]),
    "a share each": (1512, 500, [100, 400], [2, 2]),
    "a share each, one after the other": (1512, 1000, [1] * 1000, [1] * 1000),
    "too many for a share": (612, 1000, [100, 100], [1, 0]),
    "nobody was expected": (1512, 0, [10, 10], [8, 8]),
    "nobody was expected, and many come": (1512, 0, [100, 100, 100], [2, 2, 1]),
    "more than were expected": (1512, 2, [2, 300], [8, 1]),
    "none left": (520, 0, [100], [0]),
}


@pytest.mark.parametrize(("descriptors", "expected", "batches", "kept"), DIVIDED.values(), ids=DIVIDED.keys())
def test_connections_are_shared_out(
    descriptors: int, expected: int, batches: list[int], kept: list[int]
) -> None:
    room = Room(descriptors, concurrency=256, per_host=8)
    room.expect(expected)
    assert [room.idle(hosts) for hosts in batches] == kept


@pytest.mark.parametrize("descriptors", [64, 192, 1024, 4096, 65_536])
@pytest.mark.parametrize("expected", [0, 10, 3000])
def test_never_more_than_there_are(descriptors: int, expected: int) -> None:
    room = Room(descriptors, concurrency=256, per_host=8)
    room.expect(expected)
    batches = [1, 256, 3, 64, *[100] * 30]
    kept = sum(hosts * room.idle(hosts) for hosts in batches)
    assert kept + 2 * room.concurrency <= descriptors

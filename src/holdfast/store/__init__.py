"""From a stream of bytes to a verified, durable file under its final name.

Fetches nothing, names nothing and records nothing in the manifest. What it promises: nothing is kept that
`decoding.inspect` refused; nothing partial ever stands under a final name; a name that exists is never
overwritten; nothing is written outside the root it was given; and what `Store.place` returned from is on the
disk, file and folder both.
"""

from .placing import holds
from .receiving import Store
from .staging import Facts, Staged

__all__ = ["Facts", "Staged", "Store", "holds"]

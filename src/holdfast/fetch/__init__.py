"""The network, and nothing else of the program touches it. `fetcher.Fetcher` is the way in."""

from __future__ import annotations

import sys

# httpx brings its command line along, and with that rich: 35 ms that no run needs. It does without where the
# module cannot be imported.
_MAIN = "httpx._main"
if "httpx" not in sys.modules:
    sys.modules[_MAIN] = None  # type: ignore[assignment]
    import httpx  # noqa: F401

    del sys.modules[_MAIN]

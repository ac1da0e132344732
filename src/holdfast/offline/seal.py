"""The seal: a policy in each page that allows it nothing remote, a second line behind the rewriting.

A ``<meta>`` can say all that matters here (CSP 3 section 3.3); ``frame-ancestors``, ``report-uri`` and
``sandbox`` it cannot, and none of them is needed. Links and forms to other sites stay allowed: a policy
without ``form-action`` and ``navigate-to`` says nothing of them.
"""

from __future__ import annotations

import re

LOCAL = ("'self'", "file:", "data:", "blob:")
"""``'self'`` is the copy on a server; from ``file://`` a page's origin is opaque, and the scheme is named."""

POLICY = f"default-src {' '.join(LOCAL)} 'unsafe-inline' 'unsafe-eval'"
"""Every kind of fetch falls back to ``default-src``: images, styles, fonts, scripts, frames, media, workers,
``fetch``, WebSockets, beacons, prefetches. What is inside the page itself runs as before. Tried in
Chromium and Firefox, from ``file://`` and over HTTP.

No policy is asked for a prefetch by speculation rules: those of a page are cut, and those that a script
writes are for the proof to find."""

MARK = "data-holdfast-seal"

SEAL = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}" {MARK}>'.encode("ascii")
"""The same bytes in every encoding that a page of a copy can be in."""

PATTERN = re.compile(rb"<meta [^<>]*\b" + MARK.encode() + rb">")
"""A seal, as an earlier copy has it."""

"""The verbs: each reads as one sentence of the design's diagram. The only package that knows all stages."""

from __future__ import annotations

from .checking import check
from .listing import listing
from .restoring import restore
from .scanning import scan
from .storing import archive
from .verifying import verify

__all__ = ["archive", "check", "listing", "restore", "scan", "verify"]

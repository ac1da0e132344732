"""The verbs: each reads as one sentence of the design's diagram. The only package that knows all stages.

A verb's module is imported when the verb is asked for: a scan need not wait for what a check brings (0.15 s).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .checking import check
    from .inventory import listing
    from .offlining import offline
    from .restoring import restore
    from .scanning import scan
    from .storing import archive
    from .verifying import verify

__all__ = ["archive", "check", "listing", "offline", "restore", "scan", "verify"]

_MODULES = {
    "archive": "storing",
    "check": "checking",
    "listing": "inventory",
    "offline": "offlining",
    "restore": "restoring",
    "scan": "scanning",
    "verify": "verifying",
}


def __getattr__(name: str) -> Any:  # PEP 562
    if name not in _MODULES:
        raise AttributeError(name)
    verb = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = verb
    return verb

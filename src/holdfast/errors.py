"""Why a run cannot go on. What one URL or one document does wrong is a value, never one of these.

HoldfastError
├── UsageError             the call or the configuration is wrong            exit 3
│   ├── ConfigError        names the key, what was found, what is allowed
│   └── NoDocuments        nothing to scan where the user pointed
├── ManifestError          the manifest cannot be trusted as it is           exit 1
│   ├── NewerFormat        written by a newer holdfast
│   └── MergeConflict      git's conflict markers stand in it
├── Locked                 another run holds the archive                     exit 1
└── DiskError              the disk refused: full, read-only, failing        exit 1
"""

from __future__ import annotations


class HoldfastError(Exception):
    """The root: `str()` is a message for a person, `hint` says what to do next."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(HoldfastError):
    """The call or the configuration is wrong."""

    exit_code = 3


class ConfigError(UsageError):
    """A configuration names the key, what was found and what is allowed."""


class NoDocuments(UsageError):
    """There is nothing to scan where the user pointed."""


class ManifestError(HoldfastError):
    """The manifest cannot be trusted as it is."""


class NewerFormat(ManifestError):
    """The manifest was written by a newer holdfast."""


class MergeConflict(ManifestError):
    """Git's conflict markers stand in the manifest."""


class Locked(HoldfastError):
    """Another run holds the archive."""


class DiskError(HoldfastError):
    """The disk refused: full, read-only or failing."""

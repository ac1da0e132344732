"""The parts of an Obsidian link (help.obsidian.md/links): ``Note#Heading|text``, ``Note#^block``.

Opens nothing.
"""

from __future__ import annotations


def parts(text: str) -> tuple[str, str]:
    """``(note, fragment)``; the note is "" for a link within the note itself."""
    text = text.replace("\\|", "|").partition("|")[0]
    name, _, fragment = text.partition("#")
    return name.strip().rstrip("\\"), fragment.strip()

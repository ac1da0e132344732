"""Read a configuration's YAML as far as it consists of plain values. Constructs nothing that a tag names."""

from __future__ import annotations

from typing import Any

import yaml

_DEEPEST = 100
"""Levels that are followed, as in front matter."""


class _Tolerant(yaml.SafeLoader):
    """YAML that constructs nothing but plain values: MkDocs' files carry ``!!python/name:`` and ``!ENV``."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """One node. Each level of a flow costs time at every token below it: they are counted."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise RecursionError
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def _unknown(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    """The plain value under a tag that is not YAML's own; of ``!ENV [NAME, default]`` the default."""
    if isinstance(node, yaml.SequenceNode):
        values = loader.construct_sequence(node, deep=True)
        return values[-1] if suffix == "ENV" and len(values) > 1 else values
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if suffix == "ENV":
        return None
    return str(node.value)


_Tolerant.add_multi_constructor("!", _unknown)
_Tolerant.add_multi_constructor("tag:yaml.org,2002:python/", _unknown)


def load(text: str) -> Any:
    """The value of a YAML document; None where it is empty.

    Raises:
        ValueError: it is no YAML; in one line what is wrong, and where.
        RecursionError: it nests more than a hundred levels deep.
    """
    try:
        loader = _Tolerant(text)
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        if error.problem_mark is None:
            raise ValueError(_first_line(error)) from error
        raise ValueError(f"line {error.problem_mark.line + 1}: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ValueError(_first_line(error)) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]

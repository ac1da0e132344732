"""A built site becomes a copy that never asks the network: what each file would fetch, and what must change.

Pure: bytes in, `parts.Parts` out; walking, fetching and writing are `pipeline`'s part.
"""

"""``python -m tests.campaign.fuzz TARGET SECONDS [--corpus FOLDER]``: look for what breaks, led by coverage.

Needs atheris (``pip install -e '.[fuzz]'``), which the suite does without: what was found here once stands in
the tests as a case of its own. Without a folder nothing is kept but the input that broke something.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

MEMORY = 2048
"""MiB that a run may take."""
SECONDS_EACH = 10
"""What one input may take; they have at most `BYTES`."""
BYTES = 1024


def main(arguments: Sequence[str]) -> int:
    """Fuzz one target; does not return, since the fuzzer ends the process: 0, or 77 where something broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign.fuzz", description=__doc__)
    parser.add_argument("target", metavar="TARGET")
    parser.add_argument("seconds", metavar="SECONDS", type=int)
    parser.add_argument("--corpus", type=Path, help="keep here what reaches new code, and begin with it")
    parser.add_argument("--input", type=Path, help="run this one file instead, as a debugger would like it")
    asked = parser.parse_args(arguments)
    if asked.input is None:
        try:
            import atheris
        except ImportError:
            parser.error("atheris is not installed: pip install -e '.[fuzz]'")
        with atheris.instrument_imports(include=["holdfast"]):
            from tests.campaign.fuzzing import TARGETS
    else:
        from tests.campaign.fuzzing import TARGETS
    if asked.target not in TARGETS:
        parser.error(f"no such target; there are {', '.join(TARGETS)}")
    target = TARGETS[asked.target]
    if asked.input is not None:
        target.run(asked.input.read_bytes())
        return 0
    with tempfile.TemporaryDirectory(prefix="holdfast-fuzz-") as folder:
        corpus = asked.corpus or Path(folder) / "corpus"
        corpus.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(target.seeds):
            (corpus / f"seed-{number}").write_bytes(seed)
        words = Path(folder) / "words"
        words.write_text("".join(f'"{_escaped(piece)}"\n' for piece in target.pieces), encoding="ascii")
        options = {
            "max_total_time": asked.seconds,
            "max_len": BYTES,
            "timeout": SECONDS_EACH,
            "rss_limit_mb": MEMORY,
            "dict": words,
        }
        atheris.Setup(
            [sys.argv[0], *(f"-{name}={value}" for name, value in options.items()), str(corpus)], target.run
        )
        atheris.Fuzz()
    return 0


def _escaped(piece: bytes) -> str:
    """A word of a dictionary, as libFuzzer reads it."""
    return "".join(
        chr(byte) if 32 < byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}" for byte in piece
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

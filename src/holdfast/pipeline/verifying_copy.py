"""`verify COPY`: is every file of an offline copy still there and unchanged? Only reads."""

from __future__ import annotations

import os
import time
from pathlib import Path

from ..errors import UsageError
from ..offline import ledger
from ..progress import Progress
from ..results import Fault, VerifyResult
from ..store.placing import file_sha256
from . import remembering


def verify_copy(copy: str, progress: Progress | None = None) -> VerifyResult:
    """Hash every file that ``holdfast.json`` lists, and look for others.

    What a person laid beside them is no fault: it is noted.

    Raises:
        UsageError: this is no copy that holdfast made.
        ManifestError: its list of files cannot be read.
    """
    started = time.monotonic()
    progress = progress or Progress()
    place = Path(copy)
    listed = place / ledger.NAME
    if not listed.is_file():
        raise UsageError(f"{copy} holds no {ledger.NAME}", "name a folder that `holdfast offline` made")
    known = ledger.load(listed.read_bytes(), str(listed))
    result = VerifyResult(assets=len(known.files), bytes=sum(file.bytes for file in known.files.values()))
    progress.stage("verifying", len(known.files))
    for path, file in known.files.items():
        found = place / path
        if not found.is_file():
            result.faults.append(Fault(path=path, kind="missing", url=file.url))
        elif found.stat().st_size != file.bytes or file_sha256(found) != file.sha256:
            result.faults.append(
                Fault(path=path, kind="changed", detail="other bytes than were written", url=file.url)
            )
        else:
            result.good += 1
        progress.step()
    for folder, _, names in os.walk(place):
        for name in names:
            path = (Path(folder) / name).relative_to(place).as_posix()
            if path not in (ledger.NAME, remembering.NAME) and path not in known.files:
                result.notes.append(Fault(path=path, kind="not-ours", detail="holdfast did not put it there"))
    result.notes.sort(key=lambda note: note.path)
    missing = [url for url, remote in known.remote.items() if not remote.path and remote.pages]
    if missing:
        what = "1 embed is" if len(missing) == 1 else f"{len(missing):,} embeds are"
        result.warnings.append(f"{what} missing in this copy, as it was made; {ledger.NAME} names them")
    result.seconds = round(time.monotonic() - started, 3)
    return result

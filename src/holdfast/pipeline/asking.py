"""`verify --remote`: is each stored file served under the URL prefix, byte for byte?

Changes nothing. Apart from `verifying`, so that only this waits for the HTTP engine.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping

from ..fetch.fetcher import Fetcher
from ..model import Asset, Failed, Head, Place
from ..progress import Progress
from ..results import Fault, VerifyResult
from .workspace import Workspace


def check_remote(
    workspace: Workspace, by_path: Mapping[str, Asset], progress: Progress, result: VerifyResult
) -> None:
    """Fetch every asset from the prefix and compare its bytes; what differs is a fault in ``result``."""
    asyncio.run(_check(workspace, by_path, progress, result))


async def _check(
    workspace: Workspace, by_path: Mapping[str, Asset], progress: Progress, result: VerifyResult
) -> None:
    progress.stage("asking", len(by_path))

    async def receive(head: Head, body: AsyncIterator[bytes]) -> str:
        del head
        digest = hashlib.sha256()
        async for piece in body:
            digest.update(piece)
        return digest.hexdigest()

    async with Fetcher(workspace.config.network) as fetcher:

        async def ask(path: str, asset: Asset) -> None:
            url = workspace.site.spell("", path, Place.MARKDOWN, "image")
            answer = await fetcher.fetch(url, receive, max_bytes=asset.bytes + 1)
            progress.step()
            if isinstance(answer, Failed):
                why = f"more than the {asset.bytes:,} bytes that were stored"
                detail = f"{url}: {why if answer.reason == 'too-large' else answer.reason}"
            elif answer.value != asset.sha256:
                detail = f"{url}: other bytes are served"
            else:
                return
            result.faults.append(Fault(path=path, kind="not-served", detail=detail, url=asset.url))

        await asyncio.gather(*(ask(path, asset) for path, asset in by_path.items()))

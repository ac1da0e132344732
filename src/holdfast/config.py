"""holdfast.toml, [tool.holdfast] and flags become one `Config`. Every limit and default of the program lives here.

Reads only the two configuration files it is pointed at. Keys are the long options' names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class NetworkLimits:
    """How holdfast behaves towards servers. Times in seconds, sizes in bytes."""

    concurrency: int = 256
    """Requests under way at once, over all hosts."""
    host_concurrency: int = 8
    host_interval: float = 0.05
    """Shortest time between the starts of two requests to one host."""
    connect_timeout: float = 10.0
    headers_timeout: float = 20.0
    """``--timeout``: longest wait for the head of a response."""
    check_deadline: float = 120.0
    store_deadline: float = 1800.0
    """``--deadline``: longest time for one body that is stored."""
    slow_window: float = 30.0
    slow_bytes_per_second: int = KIB
    """A body must bring this many bytes a second over every window."""
    redirects: int = 10
    retries: int = 3
    backoff_first: float = 1.0
    backoff_most: float = 30.0
    retry_after_most: float = 120.0
    host_failures: int = 3
    """After so many failures to resolve or connect a host is given up for the run."""
    max_bytes: int | None = None
    """``--max-bytes``: one limit for every kind of body; None: `max_image_bytes` and `max_media_bytes`."""
    max_image_bytes: int = 25 * MIB
    max_media_bytes: int = 64 * MIB


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """What a picture may cost to decode."""

    pixels: int = 100_000_000
    """Over all frames."""


@dataclass(frozen=True, slots=True)
class Network:
    """Everything the operator says about the network; curl's names and syntax where curl has them."""

    limits: NetworkLimits = field(default_factory=NetworkLimits)
    user_agent: str = ""
    """Empty: ``holdfast/VERSION (+URL)``."""
    headers: tuple[tuple[str, str], ...] = ()
    cookie_jar: Path | None = None
    """A Netscape cookie file, read and never written."""
    proxy: str | None = None
    """None: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY as curl reads them; "" for none at all."""
    ca_file: Path | None = None
    insecure: bool = False
    resolve: tuple[str, ...] = ()
    """``HOST:PORT:ADDR[,ADDR]``; HOST may be ``*``."""
    connect_to: tuple[str, ...] = ()
    """``HOST1:PORT1:HOST2:PORT2``; empty parts match anything or keep what is."""
    allow_private: tuple[str, ...] = ()
    """CIDR ranges that may be contacted although they are not public; ``*`` for all."""


@dataclass(frozen=True, slots=True)
class Config:
    """One run's settings, after files and flags are merged."""

    network: Network = field(default_factory=Network)
    media: MediaLimits = field(default_factory=MediaLimits)
    site: str = "auto"
    archive: str | None = None
    """The archive folder below the site's root; None: the preset's."""
    assets: str | None = None
    """The asset folder below the site's root; None: the preset's."""
    url_prefix: str | None = None
    """What references to assets begin with; None: as the preset writes them."""
    base_path: str | None = None
    """The path the site is served under; None: from the generator's configuration."""
    naming: str = "{host}/{stem}-{hash16}.{ext}"
    layout: Literal["auto", "shared", "beside"] = "auto"
    links: tuple[str, ...] = ()
    """Types of linked files that are archived too: ``pdf``, ``video``, ``audio``, ``image``."""
    include: tuple[str, ...] = ()
    """Regular expressions; a URL must match one, when there are any."""
    exclude: tuple[str, ...] = ()
    include_path: tuple[str, ...] = ()
    """Globs on document paths below the site's root."""
    exclude_path: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    """Further document extensions to walk (``html``, ``css``); Markdown always is."""
    front_matter_keys: tuple[str, ...] = ()
    max_total: int | None = None
    """Bytes of all assets; a run stops before it is passed."""
    strip_metadata: bool = False
    allow_active_svg: bool = False

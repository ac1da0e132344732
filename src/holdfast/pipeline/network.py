"""What was said of the network, looked at before a run begins.

Asks nothing and connects to nothing. The engine reads the same settings when it is needed; but a run that
holds everything never needs it, and a slip that shows only on the day a new picture comes is found too late.
"""

from __future__ import annotations

from ..config import Network


def vet(network: Network) -> None:
    """Look at what can be wrong with it, as cheaply as can be: most runs ask nothing.

    Raises:
        ConfigError: a value does not follow curl's syntax, or a file cannot be read.
    """
    if network.resolve or network.connect_to:
        from ..fetch.overrides import Overrides

        Overrides.parse(network.resolve, network.connect_to)
    if network.cookie_jar is not None:
        from ..fetch import cookies

        cookies.load(network.cookie_jar)
    if network.proxy:
        from ..fetch.proxy import Proxies

        Proxies.choose(network.proxy, {})
    if network.ca_file is not None and not _may_be_pem(network):
        from ..fetch.pins import Trust  # imports the engine, so only where there is something to say

        Trust.load(network.ca_file)


def _may_be_pem(network: Network) -> bool:
    assert network.ca_file is not None
    try:
        return b"-----BEGIN CERTIFICATE-----" in network.ca_file.read_bytes()
    except OSError:
        return False

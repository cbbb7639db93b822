"""Which addresses the page webhook may have, and which machines it may call. Pure.

An admin sets the address, and the portal calls it from inside the clinic's network: without these rules it would be a way
to machines that nobody outside can reach.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST = 500
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_SIGNS = re.compile(r"[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]+")
"""What an address is made of (RFC 3986) without a fragment: no space, no control character, no quote, no backslash."""
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*\.?")


def is_callable(url: str) -> bool:
    """Whether this reads as an address that may be called: https with a host, or a program on this very machine."""
    parts = _parts(url)
    if parts is None or "@" in parts.netloc or not _is_host(parts.hostname or ""):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK_NAMES)


def may_be_called(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether this machine is on the public internet, or in a network that whoever runs the portal has named."""
    plain = (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
    return (plain.is_global and not plain.is_multicast) or any(plain in network for network in allowed)


def _parts(url: str) -> SplitResult | None:
    """The parts; None for what is none, or has a port that no machine has."""
    if len(url) > LONGEST or not _SIGNS.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        has_port = parts.port != 0
    except ValueError:
        return None
    return parts if has_port else None


def _is_host(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        # A last part of digits is read as a number of the old notation of addresses.
        return bool(_NAME.fullmatch(host)) and not host.rstrip(".").rsplit(".", 1)[-1].isdigit()
    is_odd = address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved
    return address.is_loopback or not is_odd

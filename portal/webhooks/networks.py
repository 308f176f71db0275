"""Which addresses the portal may talk to on somebody's behalf: those of the world, and those that a setting names.

An event that went to a private address could set something going inside the network, with the portal's standing there.
"""

import ipaddress
from collections.abc import Iterator, Sequence
from typing import TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"NAT64, RFC 6052: the last 32 bits are the IPv4 address that is reached."


def is_allowed(address: str, networks: Sequence[Network]) -> bool:
    """Whether the portal may connect there; what is no address, never."""
    try:
        meant = [*_meant(ipaddress.ip_address(address.partition("%")[0]))]
    except ValueError:
        return False
    return all(_is_open(each) or is_named(each, networks) for each in meant)


def is_named(address: Address, networks: Sequence[Network]) -> bool:
    """Whether a setting names it."""
    return any(address in network for network in networks if network.version == address.version)


def in_settings(address: str, networks: Sequence[Network]) -> bool:
    """The same of an address as text: only there may be spoken without TLS."""
    try:
        meant = [*_meant(ipaddress.ip_address(address.partition("%")[0]))]
    except ValueError:
        return False
    return is_named(meant[-1], networks)


def _is_open(address: Address) -> bool:
    return address.is_global and not address.is_multicast


def _meant(address: Address) -> Iterator[Address]:
    """The address, and the IPv4 address that one of IPv6 stands for."""
    if not isinstance(address, ipaddress.IPv6Address):
        yield address
        return
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if address in TRANSLATED:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped is None:
        yield address
    if inner is not None:
        yield inner

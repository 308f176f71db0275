"""Where an event may go: never into a private network, in whatever notation, unless a setting names it."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.webhooks.networks import in_settings, is_allowed

PRIVATE = ["10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
           "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
           "2002:7f00:1::", "x", ""]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_refused(address: str) -> None:
    assert not is_allowed(address, ())


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_one_of_the_world_is_not(address: str) -> None:
    assert is_allowed(address, ())


@given(st.ip_addresses(v=4))
def test_what_an_address_of_version_6_stands_for_is_judged_as_itself(address: IPv4Address) -> None:
    mapped = IPv6Address(b"\0" * 10 + b"\xff\xff" + address.packed)
    assert is_allowed(str(mapped), ()) == is_allowed(str(address), ())


@given(st.ip_addresses(network="10.0.0.0/8"))
def test_a_network_that_the_settings_name_is_open_to_http_as_well(address: IPv4Address) -> None:
    networks = (ip_network("10.0.0.0/8"),)
    assert is_allowed(str(address), networks)
    assert in_settings(str(address), networks)
    assert not in_settings("8.8.8.8", networks)

"""Permitted addresses, and secrets that are hidden in messages."""

import pytest

from broadsheet.domain.errors import AddressRefusedError, InvalidInputError
from broadsheet.net.addresses import PrivateHosts, check_web_address, is_public
from broadsheet.net.secrets import hide, secrets_of, without_secrets
from broadsheet.net.waiting import RetryPolicy, decide_wait, parse_retry_after


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255",
        "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255", "224.0.0.1",
        "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1",
        "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:c0a8:101::1", "::127.0.0.1",
    ],
)  # fmt: skip
def test_private_addresses_are_known_in_every_dress(address: str):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "100.63.0.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808",
     "::ffff:8.8.8.8", "2002:808:808::1"],
)  # fmt: skip
def test_public_addresses_pass(address: str):
    assert is_public(address)


def test_private_hosts_are_named_with_or_without_a_port():
    private = PrivateHosts(["Mirror.example", "10.0.0.5:8080", "fd00::5", "[fd00::6]:81"])
    assert private.allows("mirror.example", 443)
    assert private.allows("10.0.0.5", 8080)
    assert not private.allows("10.0.0.5", 80)
    assert private.allows("fd00::5", 80)
    assert private.allows("fd00::6", 81)
    assert not private.allows("other.example", 443)


@pytest.mark.parametrize("name", ["", "http://mirror.example", "a/b", "me@host", "host:port"])
def test_a_private_host_that_is_none_is_told(name: str):
    with pytest.raises(InvalidInputError, match="private_hosts"):
        PrivateHosts([name])


@pytest.mark.parametrize(
    "address", ["ftp://a.example/", "/a", "http:///a", "http://a:0/", "http://[::1", "javascript:1"]
)
def test_only_web_addresses_are_asked(address: str):
    with pytest.raises(AddressRefusedError, match="no web address"):
        check_web_address(address)


def test_secrets_are_taken_out_and_the_rest_stays_as_it_was():
    address = "https://me:pw@a.example/x%20y?verb=List&resumptionToken=a%7Cb&API_KEY=123456#top"
    assert without_secrets(address) == ("https://a.example/x%20y?verb=List&resumptionToken=a%7Cb")
    assert without_secrets("https://a.example/?q=a+b|c") == "https://a.example/?q=a+b|c"
    secrets = secrets_of("https://a.example/?key=a/b/c/d&q=plain", {"X-Key": "wxyz"})
    assert secrets == {"a/b/c/d", "wxyz"}
    assert hide("a/b/c/d a%2Fb%2Fc%2Fd wxyz plain", secrets) == "… … … plain"


def test_waits_grow_and_are_drawn_from_their_upper_half():
    retry = RetryPolicy(first_wait=4, longest_wait=20)
    waits = [[decide_wait(n, None, retry, drawn) for drawn in (0, 1)] for n in (1, 2, 3, 4, 9)]
    assert waits == [[2, 4], [4, 8], [8, 16], [10, 20], [10, 20]]
    assert decide_wait(1, 30, retry, 0.5) == 31.5


@pytest.mark.parametrize("stated", ["", "soon", "-5", "1.5", "Mon, 99 Foo"])
def test_a_retry_after_that_says_nothing_is_none(stated: str):
    import datetime as dt

    assert parse_retry_after(stated, dt.datetime.now(dt.UTC)) is None

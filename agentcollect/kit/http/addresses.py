"""Which IP addresses count as the public internet. Pure: no names, no network.

The lists are ours because `ipaddress.is_global` differs between patch releases of Python; the sources are the
IANA special-purpose address registries (RFC 6890 and its updates) of 2025.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

_REFUSED_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network (RFC 791); Linux connects 0.0.0.0 to itself
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # carrier-grade NAT (RFC 6598); holds one cloud's metadata at 100.100.100.200
        "127.0.0.0/8",  # loopback (RFC 1122)
        "168.63.129.16/32",  # a cloud's host agent on a public-looking address: metadata in all but name
        "169.254.0.0/16",  # link-local (RFC 3927); cloud metadata at .169.254
        "172.16.0.0/12",  # private (RFC 1918)
        "192.0.0.0/24",  # protocol assignments (RFC 6890), a cloud's metadata at 192.0.0.192
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.31.196.0/24",  # AS112 (RFC 7535): a black hole by design
        "192.52.193.0/24",  # AMT relays (RFC 7450)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526): forwards to addresses inside the packet
        "192.168.0.0/16",  # private (RFC 1918)
        "192.175.48.0/24",  # AS112 (RFC 7534)
        "198.18.0.0/15",  # benchmarking (RFC 2544)
        "198.51.100.0/24",  # documentation (RFC 5737)
        "203.0.113.0/24",  # documentation (RFC 5737)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved (RFC 1112) and limited broadcast (RFC 919)
    )
)

# Global unicast is 2000::/3 (RFC 4291, IANA). Everything outside is refused by not being inside: ::, ::1,
# mapped ::ffff:0:0/96, compatible ::/96, NAT64 64:ff9b::/96 (RFC 6052) and 64:ff9b:1::/48 (RFC 8215),
# 100::/64 discard, 5f00::/16, fc00::/7 with the clouds' fd00:ec2::254, fe80::/10, fec0::/10 site-local,
# ff00::/8.
_GLOBAL_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments (RFC 2928): Teredo 2001::/32, benchmarking, ORCHID
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4 (RFC 3056): carries an IPv4 address in its bits
        "2620:4f:8000::/48",  # AS112 (RFC 7534)
        "3ffe::/16",  # the 6bone, returned (RFC 3701)
        "3fff::/20",  # documentation (RFC 9637)
    )
)
_ISATAP = (0x00005EFE, 0x02005EFE)  # RFC 5214: interface ids that carry an IPv4 address in their last 32 bits


def is_public(address: Address) -> bool:
    """True for global unicast addresses only.

    Forms that carry an IPv4 address (mapped, 6to4, Teredo, NAT64, ISATAP) are refused outright, whatever they
    carry: no honest endpoint is written so, and the machine that unwraps them is not ours. An operator's own
    NAT64 prefix inside global space cannot be told from any other network.
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    if address.scope_id is not None or address not in _GLOBAL_V6:
        return False
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return False
    return not any(address in network for network in _REFUSED_V6)


def is_loopback(address: Address) -> bool:
    """127.0.0.0/8 and ::1, in their own spelling: a mapped ::ffff:127.0.0.1 is not."""
    if isinstance(address, IPv4Address):
        return address in IPv4Network("127.0.0.0/8")
    return address.scope_id is None and int(address) == 1

"""R5, the pure half: no hostile spelling of an address passes `check_url`."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from agentcollect.kit.http import EgressPolicy, EgressRefused, check_url, is_public

STRICT = EgressPolicy()
EMBEDDED = EgressPolicy(allow_loopback_http=True)


def spellings(address: str) -> list[str]:
    """The ways one IPv4 address has been written past a filter."""
    value = int(IPv4Address(address))
    a, b, c, d = IPv4Address(address).packed
    tail24, tail16 = (b << 16) | (c << 8) | d, (c << 8) | d
    fullwidth = address.translate({ord(digit): ord(digit) - ord("0") + ord("０") for digit in "0123456789"})
    return [
        address,
        f"{address}.",  # a final dot
        str(value),  # one decimal number
        hex(value),
        f"0x{value:08X}",
        f"0{value:o}",  # one octal number
        f"{a}.{tail24}",  # two parts
        f"{a}.{b}.{tail16}",  # three parts
        f"0x{a:x}.{tail24}",
        f"0{a:o}.{b}.{tail16}",
        ".".join(f"0{part:o}" for part in (a, b, c, d)),
        ".".join(f"{part:04o}" for part in (a, b, c, d)),
        ".".join(f"0x{part:x}" for part in (a, b, c, d)),
        ".".join(f"0x{part:08x}" for part in (a, b, c, d)),
        f"0x{a:x}.0{b:o}.{c}.{d}",  # mixed
        ".".join(f"{part:03d}" for part in (a, b, c, d)),  # leading zeros
        fullwidth,
        address.replace(".", "。"),  # ideographic full stop
        address.replace(".", "．"),
        address.replace(".", "｡"),
        f"[::ffff:{address}]",  # mapped
        f"[::FFFF:{value >> 16:x}:{value & 0xFFFF:x}]",
        f"[0:0:0:0:0:ffff:{address}]",
        f"[::{address}]",  # compatible, deprecated
        f"[::ffff:0:{address}]",  # translated (RFC 2765)
        f"[64:ff9b::{address}]",  # NAT64
        f"[64:ff9b:1::{address}]",  # local NAT64
        f"[2002:{value >> 16:x}:{value & 0xFFFF:x}::1]",  # 6to4
        f"[2001:0:4136:e378:8000:63bf:{value >> 16 ^ 0xFFFF:x}:{value & 0xFFFF ^ 0xFFFF:x}]",  # Teredo
        f"[2606:4700::5efe:{address}]",  # ISATAP
        f"[2606:4700::200:5efe:{address}]",
    ]


PRIVATE_V4 = ["127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.100.100.200"]
SPELLED = [spelling for address in PRIVATE_V4 for spelling in spellings(address)]

_LITERALS_V4 = """
    0.0.0.0 0.1.2.3 10.255.255.255 100.64.0.1 100.127.255.254 127.0.1.1 127.255.255.254 168.63.129.16
    169.254.0.1 169.254.170.2 169.254.0.23 172.31.255.255 192.0.0.1 192.0.0.8 192.0.0.9 192.0.0.10
    192.0.0.170 192.0.0.192 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.1 192.168.255.255
    192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 232.1.1.1 239.255.255.250
    240.0.0.1 255.255.255.254 255.255.255.255 0 0x0 00 0x 127.1 127.0.1 127.0x1 127.0.0x1 0x7f.1
    0x7f.0.1 0177.1 0177.0.1 0177.0.0.01 2130706433 0x7f000001 017700000001 00000177.1 0X7F.1 10.1
    10.0.1 192.168.257 172.1048577 3232235777 0xc0a80101 030052000401 2852039166 0xa9fea9fe 0xA9FEA9FE
    025177524776 169.16689662 169.254.43518 0251.0376.0251.0376 0xa9.0xfe.0xa9.0xfe 010.8.8.8 012.1.2.3
    0127.0.0.1 127.0.0.1. 0x7f.0x0.0x0.0x1.
"""
LITERALS_V4 = _LITERALS_V4.split()

_LITERALS_V6 = """
    [::] [::1] [0:0:0:0:0:0:0:1] [0000:0000:0000:0000:0000:0000:0000:0001] [::2] [::127.0.0.1]
    [::7f00:1] [::ffff:8.8.8.8] [::ffff:0:0] [::ffff:7f00:1] [::ffff:a9fe:a9fe]
    [0:0:0:0:0:FFFF:127.0.0.1] [64:ff9b::8.8.8.8] [64:ff9b::7f00:1] [64:ff9b::a9fe:a9fe] [64:ff9b:1::1]
    [64:ff9b:1:ffff::10.0.0.1] [100::1] [100:0:0:1::1] [2001::1] [2001:0:53aa:64c:0:fffe:80ff:ff]
    [2001:1::1] [2001:1::2] [2001:2::1] [2001:3::1] [2001:4:112::1] [2001:10::1] [2001:20::1]
    [2001:30::1] [2001:1ff:ffff::1] [2001:db8::1] [2002::1] [2002:7f00:1::1] [2002:a00:1::]
    [2002:c0a8:101::] [2002:a9fe:a9fe::1] [2002:808:808::1] [2620:4f:8000::1] [3ffe::1] [3ffe:ffff::1]
    [3fff::1] [3fff:fff::1] [4000::1] [5f00::1] [8000::1] [a000::1] [e000::1] [fc00::1] [fd00::1]
    [fd00:ec2::254] [fd20:ce::254] [fe80::1] [fe80::a9fe:a9fe] [febf::1] [fec0::1] [feff::1] [ff00::1]
    [ff01::1] [ff02::1] [ff05::2] [ff0e::1] [fe80::1%25eth0] [fe80::1%eth0] [fe80::1%1] [::1%25lo]
    [2606:4700::1%25eth0] [2606:4700:4700::5efe:a00:1]
"""
LITERALS_V6 = _LITERALS_V6.split()

_RESERVED_NAMES = """
    localhost LOCALHOST LocalHost localhost. foo.localhost foo.bar.localhost localhost.localdomain
    ip6-localhost ip6-loopback broadcasthost intranet metadata kubernetes db redis web printer.local
    kubernetes.default.svc.cluster.local metadata.google.internal METADATA.GOOGLE.INTERNAL.
    instance-data.ec2.internal host.docker.internal gateway.docker.internal vault.internal
    router.home.arpa 1.0.0.127.in-addr.arpa nas.lan wiki.corp files.home hr.intranet api.private
    facebookcorewwwi.onion name.alt ｌｏｃａｌｈｏｓｔ ⓛⓞⓒⓐⓛⓗⓞⓢⓣ foo。localhost ｌocalhost loca­lhost
"""
RESERVED_NAMES = _RESERVED_NAMES.split()


@pytest.mark.parametrize("host", SPELLED + LITERALS_V4 + LITERALS_V6)
def test_private_literals_are_refused_in_every_spelling(host: str) -> None:
    with pytest.raises(EgressRefused) as refused:
        check_url(f"https://{host}/hook", STRICT)
    assert refused.value.code == "url_private_address"
    assert refused.value.reason.endswith(".")


PLAIN_LOOPBACK = {
    *("127.0.0.1", "127.0.0.1.", "127.0.1.1", "127.255.255.254", "127.255.255.255"),
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]"),
}


@pytest.mark.parametrize("host", SPELLED + LITERALS_V4 + LITERALS_V6)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_loopback_allowance_opens_plain_loopback_only(scheme: str, host: str) -> None:
    url = f"{scheme}://{host}:8000/"
    if host in PLAIN_LOOPBACK:
        assert check_url(url, EMBEDDED).loopback
        return
    with pytest.raises(EgressRefused):
        check_url(url, EMBEDDED)


@pytest.mark.parametrize("host", RESERVED_NAMES)
def test_reserved_names_are_refused(host: str) -> None:
    with pytest.raises(EgressRefused) as refused:
        check_url(f"https://{host}/hook", STRICT)
    assert refused.value.code in ("url_reserved_name", "url_malformed")


TRICKS = [
    # scheme
    ("http://example.com/", "url_scheme"),
    ("http://127.0.0.1/", "url_scheme"),
    ("ftp://example.com/", "url_scheme"),
    ("file:///etc/passwd", "url_scheme"),
    ("gopher://example.com:70/_x", "url_scheme"),
    ("dict://example.com/", "url_scheme"),
    ("ws://example.com/", "url_scheme"),
    ("unix:///var/run/docker.sock", "url_scheme"),
    ("httpss://example.com/", "url_scheme"),
    ("http+unix://%2Fvar%2Frun%2Fdocker.sock/", "url_scheme"),
    # not a URL
    ("", "url_malformed"),
    ("example.com", "url_malformed"),
    ("//example.com/", "url_malformed"),
    ("https:example.com", "url_malformed"),
    ("https:/example.com", "url_malformed"),
    ("https://", "url_malformed"),
    ("https:///path", "url_malformed"),
    ("https://?q", "url_malformed"),
    ("https://:443/", "url_malformed"),
    ("javascript:alert(1)", "url_malformed"),
    ("data:text/plain,hi", "url_malformed"),
    ("mailto:a@example.com", "url_malformed"),
    (" https://example.com/", "url_malformed"),
    ("https://example.com/ ", "url_malformed"),
    ("\thttps://example.com/", "url_malformed"),
    ("https://exam\tple.com/", "url_malformed"),
    ("https://exam\nple.com/", "url_malformed"),
    ("https://example.com/\r\nHost: evil.com", "url_malformed"),
    ("https://example.com/\x00", "url_malformed"),
    ("https://example.com/\x7f", "url_malformed"),
    ("https://example.com/\u0085", "url_malformed"),
    ("https://example.com/a b", "url_malformed"),
    ("https://example.com/\u202egnp.exe", "url_malformed"),
    ("https://example\u200b.com/", "url_malformed"),
    ("https://example.com\u00a0/", "url_malformed"),
    ("https://exam\u00adple.com/", "url_malformed"),
    ("https://example.com/\ud800", "url_malformed"),
    ("https://example.com\\@127.0.0.1/", "url_malformed"),
    ("https:\\\\example.com/", "url_malformed"),
    ("https://example.com\\.evil.com/", "url_malformed"),
    ("https://example.com/#", "url_malformed"),
    ("https://example.com#@127.0.0.1/", "url_malformed"),
    ("https://127.0.0.1#.example.com/", "url_malformed"),
    ("https://example.com/" + "a" * 2048, "url_malformed"),
    ("https://" + "a" * 64 + ".com/", "url_malformed"),
    ("https://" + "a." * 127 + "com/", "url_malformed"),
    ("https://example..com/", "url_malformed"),
    ("https://.example.com/", "url_malformed"),
    ("https://example.com../", "url_malformed"),
    ("https://./", "url_malformed"),
    ("https://-example.com/", "url_malformed"),
    ("https://example-.com/", "url_malformed"),
    ("https://exa mple.com/", "url_malformed"),
    ("https://exa!mple.com/", "url_malformed"),
    ("https://exa$mple.com/", "url_malformed"),
    ("https://example.com;evil.com/", "url_malformed"),
    ("https://example.com,evil.com/", "url_malformed"),
    ("https://example.com&evil.com/", "url_malformed"),
    ("https://<script>/", "url_malformed"),
    ("https://{host}/", "url_malformed"),
    ("https://*.example.com/", "url_malformed"),
    ("https://%31%32%37.0.0.1/", "url_malformed"),
    ("https://127.0.0.1%00.example.com/", "url_malformed"),
    ("https://example.com%2f@127.0.0.1/", "url_userinfo"),
    ("https://example.com%2eevil.com/", "url_malformed"),
    ("https://xn--/", "url_malformed"),
    ("https://xn--a.com/", "url_malformed"),
    ("https://xn--zzzzzzzzzzz-.com/", "url_malformed"),
    ("https://example.com／@evil.com/", "url_userinfo"),
    ("https://evil.com／.example.com/", "url_malformed"),
    ("https://evil.com？.example.com/", "url_malformed"),
    ("https://evil.com＃.example.com/", "url_malformed"),
    ("https://user＠example.com/", "url_malformed"),
    ("https://evil.com：443/", "url_malformed"),
    ("https://ex℀mple.com/", "url_malformed"),
    ("https://256.1.1.1/", "url_malformed"),
    ("https://1.1.1.256/", "url_malformed"),
    ("https://4294967296/", "url_malformed"),
    ("https://4294967297/", "url_malformed"),
    ("https://0x17f000001/", "url_malformed"),
    ("https://1.2.3.4.5/", "url_malformed"),
    ("https://example.1/", "url_malformed"),
    ("https://example.0x7f/", "url_malformed"),
    ("https://127.0.0.1.1/", "url_malformed"),
    ("https://08.8.8.8/", "url_malformed"),
    ("https://134744072/", "url_malformed"),
    ("https://0x8.8.8.8/", "url_malformed"),
    ("https://８.8.8.8/", "url_malformed"),
    ("https://٨.8.8.8/", "url_malformed"),
    ("https://[::1/", "url_malformed"),
    ("https://::1/", "url_malformed"),
    ("https://[]/", "url_malformed"),
    ("https://[:::1]/", "url_malformed"),
    ("https://[1.2.3.4]/", "url_malformed"),
    ("https://[v1.fe80::a]/", "url_malformed"),
    ("https://[::1].example.com/", "url_malformed"),
    ("https://[::ffff:127.0.0.256]/", "url_malformed"),
    ("https://[::ffff:0177.0.0.1]/", "url_malformed"),
    ("https://[2606:4700::1]x/", "url_malformed"),
    ("https://[example.com]/", "url_malformed"),
    ("https://[::１]/", "url_malformed"),
    ("https://2606:4700::1/", "url_malformed"),
    # user names
    ("https://user@example.com/", "url_userinfo"),
    ("https://user:password@example.com/", "url_userinfo"),
    ("https://@example.com/", "url_userinfo"),
    ("https://:@example.com/", "url_userinfo"),
    ("https://example.com@127.0.0.1/", "url_userinfo"),
    ("https://example.com:443@169.254.169.254/", "url_userinfo"),
    ("https://a@b@127.0.0.1/", "url_userinfo"),
    # ports
    ("https://example.com:/", "url_port"),
    ("https://example.com:0/", "url_port"),
    ("https://example.com:22/", "url_port"),
    ("https://example.com:25/", "url_port"),
    ("https://example.com:80/", "url_port"),
    ("https://example.com:6379/", "url_port"),
    ("https://example.com:65536/", "url_port"),
    ("https://example.com:65979/", "url_port"),  # 443 + 65536
    ("https://example.com:-443/", "url_port"),
    ("https://example.com:+443/", "url_port"),
    ("https://example.com:0443/", "url_port"),
    ("https://example.com:0x1bb/", "url_port"),
    ("https://example.com:４４３/", "url_port"),
    ("https://example.com:443a/", "url_port"),
    ("https://example.com:443%20/", "url_port"),
    ("https://example.com:443:443/", "url_malformed"),
    ("https://[2606:4700::1]:22/", "url_port"),
    ("https://8.8.8.8:8080/", "url_port"),
]


@pytest.mark.parametrize(("url", "code"), TRICKS)
def test_tricks_are_refused_with_their_code(url: str, code: str) -> None:
    with pytest.raises(EgressRefused) as refused:
        check_url(url, STRICT)
    assert refused.value.code == code


def test_the_table_is_as_large_as_promised() -> None:
    assert len({*SPELLED, *LITERALS_V4, *LITERALS_V6, *RESERVED_NAMES, *(url for url, _ in TRICKS)}) >= 300


@pytest.mark.parametrize("url", [None, 7, b"https://example.com/", ["https://example.com/"]])
def test_what_is_not_text_is_refused(url: object) -> None:
    with pytest.raises(EgressRefused):
        check_url(url, STRICT)  # type: ignore[arg-type]


ACCEPTED = [
    ("https://example.com", "https://example.com/", 443),
    ("HTTPS://Example.COM/Hooks?A=b", "https://example.com/Hooks?A=b", 443),
    ("https://example.com:443/", "https://example.com/", 443),
    ("https://example.com:8443/a", "https://example.com:8443/a", 8443),
    ("https://example.com./a", "https://example.com/a", 443),
    ("https://example.com?x=1", "https://example.com/?x=1", 443),
    ("https://acme.example/hooks/agentcollect", "https://acme.example/hooks/agentcollect", 443),
    ("https://hooks.acme.test/x", "https://hooks.acme.test/x", 443),
    ("https://a_b.example.com/", "https://a_b.example.com/", 443),
    ("https://r3---sn-x.example.com/", "https://r3---sn-x.example.com/", 443),
    ("https://bücher.example/", "https://xn--bcher-kva.example/", 443),
    ("https://BÜCHER.example/", "https://xn--bcher-kva.example/", 443),
    ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/", 443),
    ("https://例え.jp/", "https://xn--r8jz45g.jp/", 443),
    ("https://8.8.8.8/", "https://8.8.8.8/", 443),
    ("https://[2606:4700:4700::1111]/", "https://[2606:4700:4700::1111]/", 443),
    ("https://[2606:4700:4700:0:0:0:0:1111]:8443/", "https://[2606:4700:4700::1111]:8443/", 8443),
    ("https://example.com/ä?q=ü", "https://example.com/%C3%A4?q=%C3%BC", 443),
    ("https://example.com/a%2Fb%zz?x={}", "https://example.com/a%2Fb%zz?x=%7B%7D", 443),
    (
        "https://b.s3.amazonaws.com/k.csv?X-Amz-Signature=ab%2Fcd%3D&X-Amz-Credential=A%2F20250101/us-east-1",
        "https://b.s3.amazonaws.com/k.csv?X-Amz-Signature=ab%2Fcd%3D&X-Amz-Credential=A%2F20250101/us-east-1",
        443,
    ),
    ("https://example.com/@user:pw@x", "https://example.com/@user:pw@x", 443),
    ("https://127.0.0.1.nip.io/", "https://127.0.0.1.nip.io/", 443),  # refused when it is resolved
    ("https://localhost.example.com/", "https://localhost.example.com/", 443),
    ("https://0x7f.example/", "https://0x7f.example/", 443),
]


@pytest.mark.parametrize(("url", "written", "port"), ACCEPTED)
def test_honest_addresses_pass(url: str, written: str, port: int) -> None:
    target = check_url(url, STRICT)
    assert (target.url, target.port, target.loopback) == (written, port, False)
    assert check_url(target.url, STRICT) == target


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/",
        "http://localhost:8000/x",
        "http://LOCALHOST.:1/",
        "http://api.localhost:9999/",
        "http://127.0.0.1:8000/",
        "http://127.9.8.7/",
        "http://[::1]:65535/",
        "https://localhost:8443/",
        "https://127.0.0.1:4443/",
    ],
)
def test_loopback_on_any_port_where_allowed_and_only_there(url: str) -> None:
    assert check_url(url, EMBEDDED).loopback
    with pytest.raises(EgressRefused):
        check_url(url, STRICT)


@pytest.mark.parametrize("url", ["http://example.com/", "http://8.8.8.8/", "http://10.0.0.1/", "https://db:443/"])
def test_the_allowance_opens_nothing_else(url: str) -> None:
    with pytest.raises(EgressRefused):
        check_url(url, EMBEDDED)


def test_extra_ports_come_from_the_policy() -> None:
    policy = EgressPolicy(ports=frozenset({443, 9443}))
    assert check_url("https://example.com:9443/", policy).port == 9443
    with pytest.raises(EgressRefused):
        check_url("https://example.com:8443/", policy)


def test_policy_from_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    import django.conf

    from agentcollect.kit.http import policy_from_settings

    stub = SimpleNamespace(EGRESS_ALLOW_LOOPBACK_HTTP=True, EGRESS_EXTRA_PORTS=[9443])
    monkeypatch.setattr(django.conf, "settings", stub)
    policy = policy_from_settings()
    assert policy.allow_loopback_http
    assert policy.ports == {443, 8443, 9443}


# The special networks of the registries, independent of the table in the code.
SPECIAL = [
    *map(IPv4Network, ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16")),
    *map(IPv4Network, ("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16")),
    *map(IPv4Network, ("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4")),
    *map(IPv6Network, ("::/8", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23")),
    *map(IPv6Network, ("2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10")),
    *map(IPv6Network, ("fec0::/10", "ff00::/8")),
]


def literal(address: IPv4Address | IPv6Address) -> str:
    return f"[{address}]" if isinstance(address, IPv6Address) else str(address)


@given(st.sampled_from(SPECIAL).flatmap(lambda network: st.ip_addresses(network=network)))
def test_no_address_of_a_special_network_is_public(address: IPv4Address | IPv6Address) -> None:
    assert not is_public(address)
    with pytest.raises(EgressRefused) as refused:
        check_url(f"https://{literal(address)}/", STRICT)
    assert refused.value.code == "url_private_address"


@given(st.ip_addresses())
def test_public_implies_what_the_standard_library_knows(address: IPv4Address | IPv6Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not any((address.is_private, address.is_multicast, address.is_reserved, address.is_loopback))


@given(st.ip_addresses(v=4).filter(lambda address: not is_public(address)), st.integers(0, 30))
def test_no_spelling_of_a_private_address_passes(address: IPv4Address, which: int) -> None:
    with pytest.raises(EgressRefused):
        check_url(f"https://{spellings(str(address))[which]}/", STRICT)


@given(st.text(max_size=40))
def test_any_text_is_refused_or_means_one_public_host(text: str) -> None:
    """What passes is read alike by us and by the client's own URL type."""
    for url in (text, f"https://{text}", f"https://{text}/", f"https://example.com/{text}"):
        try:
            target = check_url(url, STRICT)
        except EgressRefused:
            continue
        seen = URL(target.url, encoded=True)
        assert (seen.raw_host, seen.explicit_port or 443, seen.user) == (target.host, target.port, None)
        assert target.url.isascii()
        assert target.address is None or is_public(target.address)


@given(st.text("0123456789abcdefx.:[]%@/?#\\-_lohst", max_size=24))
def test_any_address_like_text_is_refused_or_means_one_public_host(text: str) -> None:
    test_any_text_is_refused_or_means_one_public_host.hypothesis.inner_test(text)  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450::1"])
def test_public_addresses_are_public(text: str) -> None:
    assert is_public(ip_address(text))

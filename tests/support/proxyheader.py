"""Headers of the PROXY protocol, right ones and wrong ones, as a test wants them."""

import ipaddress
import struct

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL, PROXY = 0, 1
UNSPEC, TCP4, UDP4, TCP6, UDP6, UNIX = 0x00, 0x11, 0x12, 0x21, 0x22, 0x31
ALPN, AUTHORITY, CRC32C, NOOP, UNIQUE_ID, SSL, NETNS = 1, 2, 3, 4, 5, 0x20, 0x30


def v1(source="192.0.2.7", destination="198.51.100.1", ports=(50512, 443)):
    """A line of version 1."""
    family = "TCP6" if ":" in source else "TCP4"
    return f"PROXY {family} {source} {destination} {ports[0]} {ports[1]}\r\n".encode()


def tlv(kind, value):
    """One entry of version 2."""
    return struct.pack("!BH", kind, len(value)) + value


def v2(source="192.0.2.7", destination="198.51.100.1", ports=(50512, 443), tlvs=b"", command=PROXY, checksum=False):
    """A header of version 2 about a TCP connection; `checksum` adds CRC32C."""
    family = TCP6 if ":" in source else TCP4
    addresses = ipaddress.ip_address(source).packed + ipaddress.ip_address(destination).packed + struct.pack("!HH", *ports)
    if not checksum:
        return v2_raw(command, family, addresses + tlvs)
    empty = v2_raw(command, family, addresses + tlvs + tlv(CRC32C, bytes(4)))
    return empty[:-4] + struct.pack("!I", crc32c(empty))


def v2_raw(command, family, payload=b"", version=2):
    """Any header of version 2."""
    return SIGNATURE + struct.pack("!BBH", version << 4 | command, family, len(payload)) + payload


def crc32c(data):
    """RFC 3720 B.4, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF

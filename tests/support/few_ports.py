"""Runs a program where a client has few ports: in a network of its own, with the loopback alone.

    unshare --net python3 few_ports.py FIRST LAST PROGRAM ARGUMENT...
"""

import fcntl
import os
import pathlib
import socket
import struct
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1  # netdevice(7)


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        name, flags = struct.unpack("16sh", fcntl.ioctl(sock, SIOCGIFFLAGS, struct.pack("16sh", b"lo", 0)))
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh", name, flags | IFF_UP))


if __name__ == "__main__":
    raise_loopback()
    pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").write_text(f"{sys.argv[1]} {sys.argv[2]}", encoding="ascii")
    os.execvp(sys.argv[3], sys.argv[3:])

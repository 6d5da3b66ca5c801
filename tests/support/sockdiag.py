"""What the kernel knows about listening sockets, asked as ss(8) does: sock_diag(7)."""

import os
import socket
import struct

_SOCK_DIAG = 4  # <linux/netlink.h>: NETLINK_SOCK_DIAG
_BY_FAMILY, _DONE, _ERROR = 20, 3, 2
_REQUEST, _DUMP = 0x001, 0x300
_LISTEN = 10  # TCP_LISTEN
_HEADER = struct.Struct("=IHHII")
_QUESTION = struct.Struct("=BBBxI48x")  # struct inet_diag_req_v2: which sockets, not one by name
_PORT_AT, _ROOM_AT = 4, 60  # struct inet_diag_msg: id.idiag_sport, idiag_wqueue


def _messages(data):
    """(type, payload) of each netlink message in a datagram."""
    while len(data) >= _HEADER.size:
        length, kind, _, _, _ = _HEADER.unpack_from(data)
        yield kind, data[_HEADER.size : length]
        data = data[(length + 3) & ~3 :]


def backlogs(port, family=socket.AF_INET):
    """For how many connections each listening TCP socket at this port has room in its queue; one for each socket."""
    found = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as kernel:
        question = _QUESTION.pack(family, socket.IPPROTO_TCP, 0, 1 << _LISTEN)
        header = _HEADER.pack(_HEADER.size + len(question), _BY_FAMILY, _REQUEST | _DUMP, 1, 0)
        kernel.send(header + question)
        while True:
            for kind, body in _messages(kernel.recv(65536)):
                if kind == _DONE:
                    return found
                if kind == _ERROR:
                    number = -struct.unpack_from("=i", body)[0]
                    raise OSError(number, os.strerror(number))
                if struct.unpack_from(">H", body, _PORT_AT)[0] == port:
                    found.append(struct.unpack_from("=I", body, _ROOM_AT)[0])

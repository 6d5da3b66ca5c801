"""A TLS echo with Python's asyncio: a protocol, which costs less than streams.

    asyncio_echo.py PORT CERTIFICATE KEY
"""

import asyncio
import ssl
import sys


class Echo(asyncio.Protocol):
    """asyncio sets TCP_NODELAY by itself."""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)

    # Back-pressure: do not read what the peer does not take back.
    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()


def context(certificate, key):
    settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    settings.load_cert_chain(certificate, key)
    settings.minimum_version = ssl.TLSVersion.TLSv1_2
    settings.num_tickets = 1
    return settings


async def serve(port, settings):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", port, ssl=settings, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), context(*sys.argv[2:4])))

"""What takes its time at the admin listener: a request that comes a byte at a time."""

import socket
import threading

import secho
from administer import Administered
from secho import PATIENCE


class Slowly(secho.TestCase):
    def test_a_request_that_never_comes_whole_is_given_up(self):
        over = threading.Event()
        with Administered() as server, socket.create_connection(("127.0.0.1", server.admin_port), PATIENCE) as peer:
            peer.sendall(b"GET /status HTTP/1.1\r\nX: ")

            def drip():
                try:
                    while not over.wait(0.2):
                        peer.sendall(b"x")
                except OSError:
                    pass  # that is what this waits for

            thread = threading.Thread(target=drip)
            thread.start()
            try:
                self.assertEqual(peer.recv(1), b"")
            except ConnectionResetError:
                pass
            finally:
                over.set()
                thread.join()
            self.assertEqual(server.get("/healthz").status, 200)


if __name__ == "__main__":
    secho.main()

"""secho-client with a gigabyte: the same bytes, little memory on both sides."""

import hashlib
import os
import pathlib
import re
import subprocess
import threading

import secho

MEBIBYTE = 1 << 20
LIMIT_KIB = 32 << 10


def peak_kib(pid):
    """The most memory that this process ever had."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", text)[1])


class Gigabyte(secho.TestCase):
    def test_a_gigabyte_comes_back_with_the_same_hash_and_little_memory(self):
        if secho.is_sanitized():
            self.skipTest("a sanitizer has memory of its own")
        block, sent, back = os.urandom(MEBIBYTE), hashlib.sha256(), hashlib.sha256()

        def write():
            for number in range(1024):
                piece = number.to_bytes(8, "big") + block[8:]
                sent.update(piece)
                talk.stdin.write(piece)

        with secho.Server() as server:
            command = [secho.program("secho-client"), "--ca", str(secho.pki() / "ca.pem"), "localhost", str(server.port)]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as talk:
                writer = threading.Thread(target=write)
                writer.start()
                for _ in range(1024):
                    back.update(talk.stdout.read(MEBIBYTE))
                writer.join()
                client_peak = peak_kib(talk.pid)
                talk.stdin.close()
                self.assertEqual(talk.stdout.read(), b"")
                self.assertEqual(talk.wait(), 0)
            server_peak = max(peak_kib(pid) for pid in server.all_processes())
        self.assertEqual(back.hexdigest(), sent.hexdigest())
        self.assertLess(client_peak, LIMIT_KIB)
        self.assertLess(server_peak, LIMIT_KIB)
        print(f"        peak: client {client_peak} KiB, server {server_peak} KiB")


if __name__ == "__main__":
    secho.main()

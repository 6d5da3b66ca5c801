"""What only OpenSSL 3.5 can do, X25519MLKEM768 and ML-DSA: is it the one that is in use here?"""

import functools
import re
import ssl
import subprocess
import unittest

import secho

SINCE = (3, 5)


def _version(*command):
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return tuple(map(int, re.search(r"^OpenSSL (\d+)\.(\d+)", said, re.M).groups()))


OURS = _version(secho.program("secho-server"), "-V")
# A test needs peers that know it: the command and Python have an OpenSSL each.
IS_HERE = min(OURS, _version("openssl", "version"), ssl.OPENSSL_VERSION_INFO[:2]) >= SINCE

needed = unittest.skipUnless(IS_HERE, f"OpenSSL 3.5 has X25519MLKEM768 and ML-DSA; in use is {OURS[0]}.{OURS[1]}")
older = unittest.skipUnless(OURS < SINCE, "what OpenSSL before 3.5 says of what it does not know")


@functools.cache
def pki():
    """The folder of the test certificates, with those of ML-DSA-65 in it."""
    folder = secho.pki()
    subprocess.run([secho.ROOT / "scripts" / "pki", "--pqc", "--out", folder], stdout=subprocess.DEVNULL, check=True)
    return folder

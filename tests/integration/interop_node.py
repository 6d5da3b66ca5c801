"""Node's tls module as a client."""

import json
import subprocess

import secho

NODE = secho.needs("node", "nodejs")

CLIENT = """
const tls = require('tls'), crypto = require('crypto'), fs = require('fs');
const given = JSON.parse(process.argv[1]);
const data = crypto.randomBytes(given.bytes);
const parts = [];
const socket = tls.connect({
    port: given.port, host: '127.0.0.1', servername: 'localhost', ca: fs.readFileSync(given.ca),
    minVersion: given.version, maxVersion: given.version,
}, () => {
    if (given.half_close) socket.end(data);  // close_notify at once: the echo must still come
    else socket.write(data);
});
let got = 0;
socket.on('data', (part) => {
    parts.push(part);
    got += part.length;
    if (!given.half_close && got === data.length) socket.end();
});
socket.on('error', (error) => { console.log(JSON.stringify({error: error.code})); });
socket.on('close', (failed) => {
    if (!failed) console.log(JSON.stringify({
        same: Buffer.concat(parts).equals(data), verified: socket.authorized, version: given.version}));
});
"""


def node(server, version, size, half_close=False):
    """What the client says at its end."""
    given = {"port": server.port, "version": version, "bytes": size, "half_close": half_close, "ca": str(secho.pki() / "ca.pem")}
    done = subprocess.run([NODE, "-e", CLIENT, json.dumps(given)], capture_output=True, text=True, timeout=120, check=False)
    return json.loads(done.stdout) if done.stdout else {"stderr": done.stderr}


class Node(secho.TestCase):
    def test_bytes_come_back_with_each_version_and_each_certificate(self):
        for version in ("TLSv1.2", "TLSv1.3"):
            for name in ("server", "server-rsa", "server-ed25519"):
                with self.subTest(version=version, certificate=name), secho.Server(secho.tls(name)) as server:
                    said = node(server, version, 1 << 20)
                    self.assertEqual(said, {"same": True, "verified": True, "version": version})
                    event = server.wait_for_log("closed", end="ok")
                    self.assertEqual((event["in"], event["out"], event["version"]), (str(1 << 20),) * 2 + (version,))

    def test_an_end_right_behind_the_data_loses_nothing(self):
        for version in ("TLSv1.2", "TLSv1.3"):
            with self.subTest(version), secho.Server() as server:
                said = node(server, version, 200000, half_close=True)
                self.assertEqual(said, {"same": True, "verified": True, "version": version})

    def test_a_bad_certificate_is_refused(self):
        for name, code in (("expired", "CERT_HAS_EXPIRED"), ("wrong-name", "ERR_TLS_CERT_ALTNAME_INVALID")):
            with self.subTest(name), secho.Server(secho.tls(f"bad/{name}")) as server:
                self.assertEqual(node(server, "TLSv1.3", 10), {"error": code})


if __name__ == "__main__":
    secho.main()

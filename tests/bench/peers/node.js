// node.js - a TLS echo with Node.js: what comes in is piped out again.
//
//     node node.js PORT CERTIFICATE KEY
"use strict";

const fs = require("fs");
const tls = require("tls");

const [port, certificate, key] = process.argv.slice(2);
const settings = {
  cert: fs.readFileSync(certificate),
  key: fs.readFileSync(key),
  minVersion: "TLSv1.2",
  ecdhCurve: "X25519:P-256",
  noDelay: true,
};

const server = tls.createServer(settings, (peer) => {
  peer.on("error", () => peer.destroy());
  peer.pipe(peer);
});
server.listen({ port: Number(port), host: "127.0.0.1", backlog: 4096 });

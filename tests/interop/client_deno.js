// Deno's own TLS (rustls) as a client: PORT NAME CA CERT KEY MODE (tests/interop/README.md).
const [port, name, ca, cert, key] = Deno.args;

try {
    const tcp = {hostname: '127.0.0.1', port: Number(port)};
    const settings = {caCerts: [await Deno.readTextFile(ca)]};
    if (cert !== '-') {
        settings.cert = await Deno.readTextFile(cert);
        settings.key = await Deno.readTextFile(key);
    }
    // connectTls() verifies against the name that it connects to, and localhost may be another address.
    const stream = cert === '-'
        ? await Deno.startTls(await Deno.connect(tcp), {...settings, hostname: name})
        : await Deno.connectTls({...settings, port: tcp.port, hostname: name});
    await stream.handshake();
    const sent = Deno.stdin.readable.pipeTo(new WritableStream({
        async write(part) { for (let at = 0; at < part.length;) at += await stream.write(part.subarray(at)); },
        async close() { await stream.closeWrite(); },
    }));
    const buffer = new Uint8Array(65536);
    for (let count; (count = await stream.read(buffer)) !== null;) {
        for (let at = 0; at < count;) at += await Deno.stdout.write(buffer.subarray(at, count));
    }
    await sent;
} catch (problem) {
    console.error(problem.name, problem.message);
    Deno.exit(1);
}

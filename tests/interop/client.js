// Node's module tls as a client, Bun's too: PORT NAME CA CERT KEY MODE (tests/interop/README.md).
const fs = require('fs');
const tls = require('tls');
const [port, servername, ca, cert, key, mode] = process.argv.slice(2);

const settings = {port: Number(port), host: '127.0.0.1', servername, ca: fs.readFileSync(ca)};
if (cert !== '-') {
    settings.cert = fs.readFileSync(cert);
    settings.key = fs.readFileSync(key);
}

function fail(problem) {
    console.error(problem.code, problem.message);
    process.exit(1);
}

function oneLine(next) {
    let session, got = 0;
    const socket = tls.connect(settings, () => socket.write('first'));
    socket.on('session', (made) => { session = made; });
    socket.on('data', (part) => {
        got += part.length;
        if (got === 5) socket.end();
    });
    socket.on('error', fail);
    socket.on('close', () => next({...settings, session}));
}

function copy(settings) {
    const socket = tls.connect(settings, () => process.stdin.pipe(socket));
    socket.pipe(process.stdout);
    socket.on('error', fail);
}

if (mode === 'twice') oneLine(copy);
else copy(settings);

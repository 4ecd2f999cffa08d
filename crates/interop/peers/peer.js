// Node.js: what crates/interop/src/script.rs says a peer does.

const { createHash } = require('node:crypto');
const { createReadStream, readFileSync } = require('node:fs');
const tls = require('node:tls');
const { parseArgs } = require('node:util');

const options = Object.fromEntries(
  ['port', 'ca', 'cert', 'key', 'file', 'groups', 'alpn'].map((name) => [name, { type: 'string' }]),
);
const { values, positionals } = parseArgs({ options, allowPositionals: true });

// The names of groups are IANA's outside, OpenSSL's inside.
const OPENSSL = { x25519: 'X25519', secp256r1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };
const IANA = { X25519: 'x25519', 'prime256v1': 'secp256r1', secp384r1: 'secp384r1', secp521r1: 'secp521r1' };

const read = (name) => values[name] && readFileSync(values[name]);
const common = {
  minVersion: 'TLSv1.3',
  ca: read('ca'),
  cert: read('cert'),
  key: read('key'),
  ecdhCurve: values.groups?.split(',').map((group) => OPENSSL[group]).join(':') ?? 'auto',
  ALPNProtocols: values.alpn?.split(','),
};

// Hears everything, and tells at the end.
function listen(socket) {
  const hash = createHash('sha256');
  socket.on('data', (data) => hash.update(data));
  socket.on('end', () => {
    // Only a client's socket knows the group.
    const group = socket.getEphemeralKeyInfo()?.name;
    console.log(JSON.stringify({
      version: socket.getProtocol(),
      cipher: socket.getCipher().standardName,
      group: IANA[group] ?? null,
      protocol: socket.alpnProtocol || null,
      peer: socket.getPeerCertificate()?.subject?.CN ?? null,
      bytes: socket.bytesRead,
      hash: hash.digest('hex'),
    }));
  });
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

if (positionals[0] === 'client') {
  const port = Number(values.port);
  const socket = tls.connect({ ...common, host: '127.0.0.1', servername: 'localhost', port, allowHalfOpen: true });
  socket.on('error', fail);
  socket.on('secureConnect', () => createReadStream(values.file).pipe(socket));
  listen(socket);
} else {
  const demands = values.ca !== undefined;
  const server = tls.createServer({ ...common, requestCert: demands, rejectUnauthorized: demands, allowHalfOpen: true });
  server.on('tlsClientError', fail);
  server.on('secureConnection', (socket) => {
    server.close();
    socket.on('error', fail);
    listen(socket);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
}

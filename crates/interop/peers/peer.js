// Node.js: what crates/interop/src/script.rs says a peer does.

const { createHash } = require('node:crypto');
const { createReadStream, readFileSync } = require('node:fs');
const tls = require('node:tls');
const { parseArgs } = require('node:util');

const options = Object.fromEntries(
  ['port', 'ca', 'cert', 'key', 'file', 'groups', 'alpn', 'version', 'ciphers', 'connections', 'ticket-keys'].map((name) => [name, { type: 'string' }]),
);
const { values, positionals } = parseArgs({ options, allowPositionals: true });

// The names of groups are IANA's outside, OpenSSL's inside.
const OPENSSL = { x25519: 'X25519', secp256r1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };
const IANA = { X25519: 'x25519', 'prime256v1': 'secp256r1', secp384r1: 'secp384r1', secp521r1: 'secp521r1' };

const read = (name) => values[name] && readFileSync(values[name]);
const version = values.version ?? 'TLSv1.3';
const common = {
  minVersion: version,
  maxVersion: version,
  ciphers: values.ciphers,
  ca: read('ca'),
  cert: read('cert'),
  key: read('key'),
  ecdhCurve: values.groups?.split(',').map((group) => OPENSSL[group]).join(':') ?? 'auto',
  ALPNProtocols: values.alpn?.split(','),
};

// Hears everything, and tells at the end.
function listen(socket, more) {
  const hash = createHash('sha256');
  socket.on('data', (data) => hash.update(data));
  socket.on('end', () => {
    // Only a client's socket knows the group.
    const group = socket.getEphemeralKeyInfo()?.name;
    console.log(JSON.stringify({
      ...more,
      version: socket.getProtocol(),
      cipher: socket.getCipher().standardName,
      group: IANA[group] ?? null,
      protocol: socket.alpnProtocol || null,
      peer: socket.getPeerCertificate()?.subject?.CN ?? null,
      bytes: socket.bytesRead,
      hash: hash.digest('hex'),
      resumed: socket.isSessionReused(),
      // Key material, and what tls-unique is made of (TLS 1.2).
      exported: socket.exportKeyingMaterial(40, 'EXPORTER-interop').toString('hex'),
      finished: [socket.getFinished(), socket.getPeerFinished()].map((verified) => verified?.toString('hex')),
    }));
  });
}

function fail(error) {
  console.error(error);
  process.exit(1);
}

if (positionals[0] === 'client') {
  const to = { host: '127.0.0.1', servername: 'localhost', port: Number(values.port), allowHalfOpen: true };
  const connect = (left, session) => {
    const socket = tls.connect({ ...common, ...to, session });
    socket.on('error', fail);
    socket.on('session', (made) => { session = made; });
    socket.on('secureConnect', () => createReadStream(values.file).pipe(socket));
    socket.on('close', () => left > 1 && connect(left - 1, session));
    listen(socket);
  };
  connect(Number(values.connections ?? 1));
} else {
  const demands = values.ca !== undefined;
  // The ticket keys of each connection, the last of all that follow.
  const keys = values['ticket-keys']?.split(',').map((key) => Buffer.from(key, 'hex')) ?? [];
  // By default the context of sessions is a hash of the command line.
  const own = { ticketKeys: keys.shift(), sessionIdContext: 'interop' };
  const server = tls.createServer({ ...common, ...own, requestCert: demands, rejectUnauthorized: demands, allowHalfOpen: true });
  server.on('tlsClientError', fail);
  let left = Number(values.connections ?? 1);
  server.on('secureConnection', (socket) => {
    if (--left === 0) server.close();
    socket.on('error', fail);
    listen(socket, { ticketKeys: server.getTicketKeys().toString('hex') });
    socket.on('end', () => keys.length > 0 && server.setTicketKeys(keys.shift()));
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
}

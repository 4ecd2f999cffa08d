//! The certificates, and the file that is transferred.

use handfast::crypto::{KeyKind, Provider};
use handfast::pki::make::{Builder, Identity as Made, Key};
use handfast::pki::pem;
use handfast::pki_types::CertificateDer;
use handfast::{
    Anchors, ClientAuth, ClientConfig, ClientConfigBuilder, Clock, Identity, ServerConfig, ServerConfigBuilder,
    SystemClock,
};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// The kinds of certificates that every peer knows.
pub const KINDS: [KeyKind; 4] = [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Rsa];

/// The same and Ed25519, which not every peer knows.
pub const MORE_KINDS: [KeyKind; 5] = [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Rsa, KeyKind::Ed25519];

/// id-ce-keyUsage, and a BIT STRING with the bits 0 and 2 (RFC 5280 §4.2.1.3).
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
const SIGNATURE_AND_ENCIPHERMENT: &[u8] = &[3, 2, 5, 0b1010_0000];

const RSA_KEY: &[u8] = include_bytes!("../../testkit/data/rsa2048.pem");

/// Whoever we are and whoever they are, everybody trusts the same CA.
///
/// ```text
/// ca.pem
/// p256.pem p256.key …      servers, called localhost; PKCS#8
/// client.pem client.key    a client
/// client-p256.pem …        a client with the same key as the server
/// stranger.pem .key        a client of another CA
/// large.bin small.txt      what is transferred
/// ```
pub struct World {
    directory: PathBuf,
    provider: Provider,
    ca: Made,
}

/// Bytes, and the file with them.
pub struct File {
    /// Where it is.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl File {
    /// Its SHA-256, in hexadecimal digits.
    pub fn hash(&self) -> String {
        hash(&self.bytes)
    }
}

/// The SHA-256 of some bytes, in hexadecimal digits.
pub fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The world of this process.
pub static WORLD: LazyLock<World> = LazyLock::new(World::make);

/// 100 MiB that do not repeat.
pub static LARGE: LazyLock<File> = LazyLock::new(|| {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let words = (0..100 * (1 << 20) / 8).flat_map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    WORLD.file("large.bin", words.collect())
});

/// As much in lines of digits, for programs that are made for lines.
pub static LINES: LazyLock<File> = LazyLock::new(|| {
    let half = &LARGE.bytes[..LARGE.bytes.len() / 2];
    let lines = half.chunks(500).flat_map(|line| (hex(line) + "\n").into_bytes());
    WORLD.file("large.txt", lines.collect())
});

/// A line.
pub static SMALL: LazyLock<File> = LazyLock::new(|| WORLD.file("small.txt", b"hello from the other side\n".to_vec()));

impl World {
    fn make() -> Self {
        let provider = handfast::rustcrypto::provider();
        let now = SystemClock.now();
        // Beside the program, so that two checkouts do not meet.
        let program = std::env::current_exe().expect("a program");
        let directory = program.parent().and_then(Path::parent).expect("a folder").join("handfast-interop");
        // What is left of the last run.
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).expect("a folder");
        let root = |name| Made::root(&provider, Builder::ca(name, now), KeyKind::P256).expect("a CA");
        let (ca, other) = (root("Handfast interop CA"), root("Another CA"));
        let world = Self { directory, provider: provider.clone(), ca };
        world.write("ca.pem", world.ca.certificate_pem().as_bytes());
        for kind in MORE_KINDS {
            let key = match kind {
                // Nobody waits for a new RSA key in every run; this one has never protected anything.
                KeyKind::Rsa => Key::load(&provider, &pem::private_key(RSA_KEY).expect("a key")),
                kind => Key::generate(&provider, kind),
            };
            let key = key.expect("a key");
            let mut server = Builder::server(&["localhost", "127.0.0.1", "::1"], now);
            if kind == KeyKind::Rsa {
                // NSS wants to be able to encipher to an RSA key, also where it does not.
                server = server.extension(KEY_USAGE, true, SIGNATURE_AND_ENCIPHERMENT);
            }
            let sign = |leaf: Builder| leaf.signed_by(&provider, &world.ca, key.public_key()).expect("a certificate");
            let (certificate, client) = (sign(server), sign(Builder::client("a client", now)));
            let server = Made { certificate, key };
            world.issue(&stem(kind), &server);
            world.issue(&format!("client-{}", stem(kind)), &Made { certificate: client, key: server.key });
        }
        let client =
            |ca: &Made| ca.issue(&provider, Builder::client("a client", now), KeyKind::P256).expect("a client");
        world.issue("client", &client(&world.ca));
        world.issue("stranger", &client(&other));
        world
    }

    fn issue(&self, stem: &str, identity: &Made) {
        self.write(&format!("{stem}.pem"), identity.certificate_pem().as_bytes());
        self.write(&format!("{stem}.key"), identity.key.to_pem().as_bytes());
    }

    /// The path of a file of this world.
    pub fn path(&self, name: &str) -> String {
        self.directory.join(name).to_str().expect("a path of characters").to_string()
    }

    /// The folder of this world.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Writes a file and gives its path.
    pub fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        fs::write(&path, bytes).expect("a file");
        path
    }

    fn file(&self, name: &str, bytes: Vec<u8>) -> File {
        File { path: self.write(name, &bytes), bytes }
    }

    /// The CA's certificate.
    pub fn ca(&self) -> &CertificateDer<'static> {
        &self.ca.certificate
    }

    /// A client that trusts the CA.
    pub fn client(&self) -> ClientConfigBuilder {
        ClientConfig::builder().anchors(self.anchors())
    }

    /// A server whose key is of `kind`.
    pub fn server(&self, kind: KeyKind) -> ServerConfigBuilder {
        ServerConfig::builder().identity(self.identity(&stem(kind)))
    }

    /// The same, for clients that show a certificate.
    pub fn strict_server(&self) -> ServerConfigBuilder {
        self.server(KeyKind::P256).client_auth(ClientAuth::Require, self.anchors())
    }

    /// The paths of a certificate and its key.
    pub fn files(&self, stem: &str) -> [String; 2] {
        ["pem", "key"].map(|end| self.path(&format!("{stem}.{end}")))
    }

    /// A certificate of this world: `client`, say.
    pub fn identity(&self, stem: &str) -> Arc<Identity> {
        let [chain, key] = self.files(stem).map(|path| fs::read(path).expect("a file"));
        Identity::from_pem(&self.provider, &[chain, key].concat(), None).expect("an identity")
    }

    /// The CA alone.
    pub fn anchors(&self) -> Arc<Anchors> {
        let mut anchors = Anchors::new();
        anchors.add(&self.ca.certificate).expect("an anchor");
        Arc::new(anchors)
    }
}

/// The name of the files of a certificate whose key is of `kind`.
pub fn stem(kind: KeyKind) -> String {
    format!("{kind:?}").to_lowercase()
}

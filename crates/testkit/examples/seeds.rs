//! Writes what fuzzers start from: the two directions of handshakes under null cryptography, chains of certificates, sessions,
//! cipher strings, keys and requests. `cargo run -p handfast-testkit --features legacy --example seeds -- fuzz/seeds`.

use handfast::crypto::{KeyKind, Provider};
use handfast::pki::encrypted::seal_key;
use handfast::pki::make::{Builder, Identity as Made, Key};
use handfast::pki::{pem, pfx};
use handfast::pki_types::{CertificateDer, PrivateKeyDer};
use handfast::wire::CipherSuite;
use handfast::{ClientAuth, ClientConfig, ClientStart, Connection, Resolve, ServerConfig, Session, Version};
use handfast_testkit::random::Seeded;
use handfast_testkit::world::{NAME, NOW, World};
use handfast_testkit::{null, null_passwords, null12, null13};
use std::sync::Arc;
use std::{env, fs, path::Path};

fn main() {
    let directory = env::args().nth(1).expect("the directory to write to");
    certificates(&directory);
    tls13(&directory);
    tls12(&directory);
    resumption(&directory);
    sessions(&directory);
    keys(&directory);
    requests(&directory);
}

fn certificates(directory: &str) {
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Ed25519, KeyKind::Rsa] {
        for (role, identity) in [("server", &World::of(kind).server), ("client", &World::of(kind).client)] {
            write(
                directory,
                "certificate",
                &format!("{role}_{kind:?}").to_lowercase(),
                &listed(identity.credential().chain()),
            );
        }
    }
    let real = Provider { random: Seeded::new(1), ..handfast::rustcrypto::provider() };
    let root = Made::root(&real, Builder::ca("Test CA", NOW), KeyKind::P256).expect("a root");
    let middle = root.issue(&real, Builder::ca("Middle CA", NOW), KeyKind::P256).expect("an intermediate");
    let leaf = middle.issue(&real, Builder::server(&[NAME], NOW), KeyKind::P256).expect("a leaf");
    write(directory, "certificate", "intermediate", &listed(&[leaf, middle, root].map(|made| made.certificate)));
}

fn tls13(directory: &str) {
    let provider = || Provider { random: Seeded::new(1), ..null::provider() };
    for auth in [ClientAuth::None, ClientAuth::Request] {
        let client = ClientConfig::builder_with(provider())
            .versions(Version::Tls13, Version::Tls13)
            .dangerous_no_verification()
            .identity(null::identity())
            .grease(false)
            .middlebox(false)
            .build()
            .expect("a client");
        let server = ServerConfig::builder_with(provider())
            .identity(null::identity())
            .client_verifier(auth, Resolve::Ask)
            .build()
            .expect("a server");
        let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
        let name = "server.example".try_into().expect("a name");
        let mut client = ClientStart::new(&client, name).connect(&mut to_server).expect("a hello");
        let mut server = Connection::server(&server).expect("a server");
        let hello = to_server.clone();
        null::pump(&mut server, to_server, &mut to_client);
        let (flight, mut back) = (to_client.clone(), Vec::new());
        null::pump(&mut client, to_client, &mut back);
        client.send(b"data", &mut back).expect("a connection");
        let name = format!("{auth:?}").to_lowercase();
        write(directory, "server", &name, &[hello, back].concat());
        write(directory, "client", &name, &flight);
    }
}

/// Every client of [`null13`] with every server, each after the byte that says which it is.
fn resumption(directory: &str) {
    for client in 0..null13::CLIENTS {
        for server in 0..null13::SERVERS {
            let [to_server, to_client] = null13::exchange(client, server);
            // Bit 0 of the byte: the engine is the server.
            write(
                directory,
                "resumption",
                &format!("server_{client}_{server}"),
                &[&[server as u8 * 2 + 1], &to_server[..]].concat(),
            );
            write(
                directory,
                "resumption",
                &format!("client_{client}_{server}"),
                &[&[client as u8 * 2], &to_client[..]].concat(),
            );
        }
    }
}

/// One handshake of every kind, and another on the same connection; what is in front, the target explains.
fn tls12(directory: &str) {
    use CipherSuite as S;
    let full = |name, suite, server: u8| (name, Some(suite), server, 0, false);
    for (name, suite, server, session, again) in [
        full("ecdhe", S::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, 0),
        full("ecdhe_client_certificate", S::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, 1),
        full("ecdhe_session_id", S::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, 4),
        full("cbc", S::TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, 0),
        full("cbc_sha384", S::TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, 0),
        full("dhe", S::TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, 0),
        full("rsa", S::TLS_RSA_WITH_AES_128_GCM_SHA256, 2),
        full("rsa_client_certificate", S::TLS_RSA_WITH_AES_256_CBC_SHA256, 3),
        full("psk", S::TLS_PSK_WITH_AES_128_GCM_SHA256, 0),
        full("ecdhe_psk", S::TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256, 4),
        full("dhe_psk", S::TLS_DHE_PSK_WITH_AES_256_GCM_SHA384, 0),
        ("ticket", None, 0, 1, false),
        ("id", None, 4, 2, false),
        ("again", Some(S::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256), 0, 0, true),
    ] {
        let client = null12::client(suite.as_slice());
        let session = match session {
            1 => Some(null12::session(null12::tickets())),
            2 => Some(null12::session(null12::stored())),
            _ => None,
        }
        .map(|offered| (session, offered));
        let [to_server, to_client] = connect12(&client, server, session.as_ref().map(|(_, offered)| offered), again);
        let front = session.map_or(0, |(front, _)| front);
        write(directory, "server12", name, &[&[server], &to_server[..]].concat());
        write(directory, "client12", name, &[&[front], &to_client[..]].concat());
    }
}

/// What each side is sent.
fn connect12(client: &Arc<ClientConfig>, way: u8, session: Option<&Session>, again: bool) -> [Vec<u8>; 2] {
    let mut out = Vec::new();
    let mut client = null12::start(client, session, &mut out);
    let mut server = Connection::server(&null12::servers()[usize::from(way)]).expect("a server");
    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
    for round in 0..6 {
        to_server.extend_from_slice(&out);
        let mut back = Vec::new();
        null::pump(&mut server, std::mem::take(&mut out), &mut back);
        if again && round == 2 {
            server.renegotiate(&mut back).expect("a connection");
        }
        to_client.extend_from_slice(&back);
        null::pump(&mut client, back, &mut out);
    }
    assert!(client.is_connected() && server.is_connected());
    assert_eq!(client.facts().resumed, session.is_some());
    client.send(b"data", &mut to_server).expect("a connection");
    server.send(b"data", &mut to_client).expect("a connection");
    [to_server, to_client]
}

fn sessions(directory: &str) {
    for (name, kept) in [("ticket", null12::tickets()), ("id", null12::stored())] {
        let session = null12::session(kept);
        let bytes = session.dangerous_bytes().expect("a session");
        write(directory, "session", name, &bytes);
        // Behind the name of the trust.
        write(directory, "session", &format!("{name}_bare"), &bytes[32..]);
        write(
            directory,
            "session",
            &format!("{name}_sealed"),
            &session.seal(&[0; 32], &null12::provider()).expect("a session"),
        );
    }
    for (name, text) in [
        ("default", "DEFAULT:!CBC:@STRENGTH"),
        ("mozilla", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE+CHACHA20:kRSA+AES256:-SHA1:+PSK:@SECLEVEL=2"),
        ("tls13", "TLS_AES_128_GCM_SHA256:ALL:!aNULL,eNULL AES256+AES128;HIGH"),
    ] {
        write(directory, "session", &format!("ciphers_{name}"), text.as_bytes());
    }
}

/// Keys of every kind in every form, in the clear and sealed with nothing; and in the older ways, as OpenSSL sealed them.
fn keys(directory: &str) {
    let real = Provider { random: Seeded::new(2), ..handfast::rustcrypto::provider() };
    let null = Provider { passwords: Some(null_passwords::PASSWORDS), ..real.clone() };
    let ca = Made::root(&real, Builder::ca("CA", NOW), KeyKind::P256).expect("a CA");
    let mut all = String::new();
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Ed25519, KeyKind::MlDsa44] {
        let made = ca.issue(&real, Builder::server(&[NAME], NOW), kind).expect("a leaf");
        let name = format!("{kind:?}").to_lowercase();
        let PrivateKeyDer::Pkcs8(key) = made.key.der() else { continue };
        let sealed = seal_key(&null, b"secret", key).expect("a key");
        let chain = [made.certificate.clone(), ca.certificate.clone()];
        write(directory, "pkcs8", &name, key.secret_pkcs8_der());
        write(directory, "pkcs8", &format!("{name}_sealed"), &sealed);
        let pfx = pfx::write(&null, b"secret", &chain, key, Some(&name)).expect("a file");
        write(directory, "pkcs12", &name, &pfx);
        let pem = [&*made.key.to_pem(), &*made.certificate_pem()].concat();
        write(directory, "pem", &name, pem.as_bytes());
        write(directory, "pem", &format!("{name}_sealed"), pem::encode("ENCRYPTED PRIVATE KEY", &sealed).as_bytes());
        all.insert_str(0, &pem);
    }
    write(directory, "pem", "all", (all + &ca.certificate_pem()).as_bytes());
    for (name, text) in [
        ("rsa", include_str!("../data/rsa2048.pem")),
        ("mixed", include_str!("../../pki/tests/data/mixed.pem")),
        ("odd", include_str!("../../pki/tests/data/odd.pem")),
        ("trusted", include_str!("../../pki/tests/data/trusted.pem")),
        ("combined", include_str!("../../pki/tests/data/combined.pem")),
        ("forms", include_str!("../../pki/tests/data/keys.pem")),
    ] {
        write(directory, "pem", name, text.as_bytes());
        each_key(directory, name, text);
    }
    // So few iterations that they can be counted off in earnest.
    let older = include_str!("../../legacy-keys/tests/data/sealed.pem");
    each_key(directory, "older", older);
    for (at, section) in older.split_inclusive("KEY-----\n").collect::<Vec<_>>().chunks(2).enumerate() {
        write(directory, "pem", &format!("older_{at}"), section.concat().as_bytes());
    }
    write(directory, "pkcs12", "nomac", include_bytes!("../../pki/tests/data/locked/nomac.pfx"));
    let data: [(&str, usize, &[u8]); 4] = [
        ("plain", 64, include_bytes!("../../pki/tests/data/locked/plain.pfx")),
        ("pbmac1", 32, include_bytes!("../../pki/tests/data/locked/pbmac1.pfx")),
        ("older_3des", 20, include_bytes!("../../legacy-keys/tests/data/PBE-SHA1-3DES.pfx")),
        ("older_rc2", 20, include_bytes!("../../legacy-keys/tests/data/PBE-SHA1-RC2-40.pfx")),
    ];
    for (name, len, pfx) in data {
        write(directory, "pkcs12", name, &with_null_mac(pfx, len));
    }
}

/// The sections that hold a key, DER.
fn each_key(directory: &str, name: &str, text: &str) {
    for (at, section) in pem::sections(text.as_bytes()).enumerate() {
        // An encrypted one is decoded under another label, which hides that.
        let Some(body) = text.split("-----BEGIN ").nth(at + 1).filter(|body| body.contains("PRIVATE KEY-----")) else {
            continue;
        };
        let lines = body.lines().skip(1).take_while(|line| !line.starts_with('-')).collect::<Vec<_>>().join("\n");
        let body = format!("-----BEGIN X-----\n{lines}\n-----END X-----\n");
        if let Some(Ok(der)) = pem::sections(body.as_bytes()).next().map(|section| section.decode()) {
            write(directory, "pkcs8", &format!("{name}_{}", section.line), &der);
        }
    }
}

/// The last OCTET STRING of `len` octets in a PKCS#12 file is its digest; null cryptography has zeros there.
fn with_null_mac(pfx: &[u8], len: usize) -> Vec<u8> {
    let at = pfx.windows(2).rposition(|header| header == [4, len as u8]).expect("a digest") + 2;
    [&pfx[..at], &vec![0; len], &pfx[at + len..]].concat()
}

fn requests(directory: &str) {
    let real = Provider { random: Seeded::new(3), ..handfast::rustcrypto::provider() };
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::P521, KeyKind::Ed25519] {
        let key = Key::generate(&real, kind).expect("a key");
        let asked = Builder::server(&["www.test", "*.a.test", "10.1.2.3", "::1", "b.example"], NOW).must_staple();
        let der = asked.general_name(0x81, b"a@test").request(&real, &key).expect("a request");
        let name = format!("{kind:?}").to_lowercase();
        write(directory, "request", &name, &der);
        write(directory, "request", &format!("{name}_pem"), pem::encode("CERTIFICATE REQUEST", &der).as_bytes());
    }
    let rsa =
        Key::load(&real, &pem::private_key(include_bytes!("../data/rsa2048.pem")).expect("a key")).expect("a key");
    let ca = Builder::ca("CA", NOW).request(&real, &rsa).expect("a request");
    write(directory, "request", "rsa_ca", &ca);
}

/// Certificates, each after its length.
fn listed(chain: &[CertificateDer<'_>]) -> Vec<u8> {
    chain.iter().flat_map(|der| [&(der.len() as u32).to_be_bytes()[1..], der].concat()).collect()
}

fn write(directory: &str, target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(directory).join(target);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(name), bytes).expect("a file");
}

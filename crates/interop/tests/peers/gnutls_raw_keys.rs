//! Raw public keys (RFC 7250) with GnuTLS, in both versions: its server and its client show one, and take one.

use handfast::crypto::KeyKind;
use handfast::pki::pem;
use handfast::pki_types::SubjectPublicKeyInfoDer;
use handfast::wire::CertificateType;
use handfast::{ClientAuth, ClientConfig, Identity, RawKeys, Resolve, ServerConfig, VerifyPeer, Version};
use handfast_interop::process::{Process, free_port};
use handfast_interop::world::{WORLD, stem};
use handfast_interop::{link, ours};
use std::sync::Arc;

const RAW: CertificateType = CertificateType::RAW_PUBLIC_KEY;
const X509: CertificateType = CertificateType::X509;

/// A key of ours without its certificate, and the files that they want: the private key and the public one.
fn raw(kind: &str) -> (Arc<Identity>, [String; 2]) {
    let identity = Identity::raw(WORLD.identity(kind).signer().unwrap().clone()).unwrap();
    let text = pem::encode("PUBLIC KEY", identity.credential().raw_key().unwrap());
    let public = WORLD.write(&format!("{kind}-raw.pem"), text.as_bytes());
    let [_, private] = WORLD.files(kind);
    (identity, [private, public])
}

fn spki(identity: &Identity) -> SubjectPublicKeyInfoDer<'static> {
    identity.credential().raw_key().unwrap().clone()
}

fn knows(identity: &Identity) -> Resolve<dyn VerifyPeer> {
    Resolve::Now(Arc::new(RawKeys::new(&handfast::rustcrypto::provider(), [spki(identity)]).unwrap()))
}

fn priority(version: Version) -> &'static str {
    match version {
        Version::Tls12 => "NORMAL:-VERS-ALL:+VERS-TLS1.2:+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK",
        _ => "NORMAL:-VERS-ALL:+VERS-TLS1.3:+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK",
    }
}

#[test]
fn their_server_shows_a_key() {
    for version in [Version::Tls12, Version::Tls13] {
        for kind in [KeyKind::P256, KeyKind::Rsa, KeyKind::Ed25519] {
            let (identity, [private, public]) = raw(&stem(kind));
            let port = free_port();
            let number = port.to_string();
            let fixed = ["--port", &number, "--quiet", "--echo", "--crlf", "--priority", priority(version)];
            let own = ["--rawpkkeyfile", &private, "--rawpkfile", &public];
            let _server = Process::start("gnutls-serv", fixed.iter().chain(&own)).listening(port);
            let config = ClientConfig::builder().versions(version, version).verifier(knows(&identity));
            let config = config.peer_certificate_types([RAW, X509]).build().unwrap();
            let mut stream = ours::connect(config, port).unwrap();
            ours::ask(&mut stream, "hello\n", "hello\n").unwrap();
            let peer = stream.facts().peer().unwrap();
            assert_eq!((peer.verified, peer.credential.raw_key.clone()), (true, Some(spki(&identity))), "{kind:?}");
        }
    }
}

/// Both sides show one. Their client knows nobody's raw key, and is told not to ask.
#[test]
fn their_client_shows_a_key() {
    for version in [Version::Tls12, Version::Tls13] {
        for kind in [KeyKind::P256, KeyKind::Rsa, KeyKind::Ed25519] {
            let (own, _) = raw("client");
            let (theirs, [private, public]) = raw(&stem(kind));
            let server = ServerConfig::builder().versions(version, version).identity(own.clone());
            let server = server.peer_certificate_types([RAW]).client_verifier(ClientAuth::Require, knows(&theirs));
            let server = ours::serve(server.build().unwrap(), ours::echo);
            let number = server.port.to_string();
            let fixed = ["--port", &number, "--insecure", "--priority", priority(version)];
            let files = ["--rawpkkeyfile", &private, "--rawpkfile", &public, "localhost"];
            let mut client = Process::start("gnutls-cli", fixed.iter().chain(&files));
            client.wait_for_word("Simple Client Mode");
            client.type_in(b"a line that comes back\n");
            client.wait_for_word("\na line that comes back");
            client.end_input();
            let (facts, _) = server.succeed_with(&client);
            let peer = facts.peer().unwrap();
            assert_eq!((peer.verified, peer.credential.raw_key.clone()), (true, Some(spki(&theirs))), "{kind:?}");
            assert_eq!(facts.own_certificate_type(), Some(RAW));
        }
    }
}

/// Our client shows its key to a server that asks.
#[test]
fn our_client_shows_a_key() {
    for version in [Version::Tls12, Version::Tls13] {
        let (own, _) = raw("client");
        let (theirs, [private, public]) = raw(&stem(KeyKind::P256));
        let port = free_port();
        let number = port.to_string();
        let fixed = ["--port", &number, "--quiet", "--echo", "--crlf", "--priority", priority(version)];
        let files = ["--rawpkkeyfile", &private, "--rawpkfile", &public, "--require-client-cert"];
        let _server = Process::start("gnutls-serv", fixed.iter().chain(&files)).listening(port);
        let config = ClientConfig::builder().versions(version, version).verifier(knows(&theirs)).identity(own);
        let mut stream = ours::connect(config.peer_certificate_types([RAW]).build().unwrap(), port).unwrap();
        ours::ask(&mut stream, "hello\n", "hello\n").unwrap();
        assert_eq!(stream.facts().own_certificate_type(), Some(RAW));
    }
}

/// Their client comes again with a session of raw public keys.
#[test]
fn their_client_resumes() {
    for version in [Version::Tls12, Version::Tls13] {
        let (own, _) = raw("client");
        let (theirs, [private, public]) = raw(&stem(KeyKind::P256));
        let config = ServerConfig::builder().versions(version, version).identity(own);
        let config = config.peer_certificate_types([RAW]).client_verifier(ClientAuth::Require, knows(&theirs));
        let server = link::serve(config.build().unwrap(), 2, link::echo);
        let number = server.port.to_string();
        let fixed = ["--port", &number, "--insecure", "--resume", "--waitresumption", "--priority", priority(version)];
        let files = ["--rawpkkeyfile", &private, "--rawpkfile", &public, "localhost"];
        let mut client = Process::start("gnutls-cli", fixed.iter().chain(&files));
        client.wait_for_word("Simple Client Mode");
        client.type_in(b"a line that comes back\n");
        client.wait_for_word("\na line that comes back");
        client.end_input();
        let (facts, ()) = server.succeed_with(&client).pop().unwrap();
        assert!(facts.resumed, "{version:?}: {:?}", facts.not_resumed);
        assert_eq!(facts.peer().unwrap().credential.raw_key, Some(spki(&theirs)));
    }
}

//! What a peer can do wrong with raw public keys.

use super::*;

/// A puppet server that shows a raw public key, or a certificate, against a client that takes keys alone.
fn client_meets(version: Version, types: &[CertificateType], shows: &Arc<Identity>, script: Script) -> Option<Error> {
    let world = World::of(KeyKind::P256);
    let made = Setup::default().make_with(
        |client| {
            let client = client.versions(version, version).peer_certificate_types(types.iter().copied());
            client.verifier(both(&[&world.server])).request_scts(true)
        },
        |server| server,
    );
    let mut out = Vec::new();
    let client = ClientStart::new(&made.client, NAME.try_into().unwrap()).connect(&mut out).unwrap();
    let mut client = End::new(client, made.client_answers);
    client.outbox = out;
    let answers = PuppetAnswers::new(Some(puppet_server(version, ClientAuth::None)), Some(shows.clone()));
    let answers = PuppetAnswers { other: puppet_answers(), ..answers };
    let keys = Keys::default();
    let puppet = Puppet::server(answers, keys.watch(script));
    meet(client, puppet, Vec::new(), &keys, |_| Vec::new())
}

/// A puppet client that has a raw public key, against a server that asks for one.
fn server_meets(version: Version, auth: ClientAuth, script: Script) -> Option<Error> {
    let world = World::of(KeyKind::P256);
    let made = Setup::default().make_with(
        |client| client,
        |server| server.client_verifier(auth, judge(knows(&[&world.client]))).peer_certificate_types([RAW]),
    );
    let server = End::new(Connection::accept(&made.admission).unwrap(), made.server_answers);
    let answers = PuppetAnswers { other: puppet_answers(), ..PuppetAnswers::new(None, Some(raw(&world.client))) };
    let (keys, mut wire) = (Keys::default(), Vec::new());
    let params = ClientParams { own_certificate_types: vec![RAW], ..puppet_client(version) };
    let puppet = Puppet::client(Arc::new(params), NAME.try_into().unwrap(), answers, keys.watch(script), &mut wire);
    meet(server, puppet, wire, &keys, |_| Vec::new())
}

fn puppet_client(version: Version) -> ClientParams {
    match version {
        #[cfg(feature = "tls12")]
        Version::Tls12 => crate::violations12::puppet_client(),
        _ => client_params(),
    }
}

fn puppet_server(version: Version, auth: ClientAuth) -> ServerParams {
    match version {
        #[cfg(feature = "tls12")]
        Version::Tls12 => crate::violations12::puppet_server(auth),
        _ => server_params(NamedGroup::X25519, auth),
    }
}

pub(super) fn puppet_answers() -> Option<fn(handfast_handshake::Question) -> handfast_handshake::Answer> {
    #[cfg(feature = "tls12")]
    return Some(crate::violations12::fresh);
    #[cfg(not(feature = "tls12"))]
    None
}

/// The message in which a server of this version answers extensions.
fn hello_of(version: Version) -> M {
    if version == Version::Tls13 { M::EncryptedExtensions } else { M::ServerHello }
}

/// An extension in the server's answer instead of the one of this type.
pub(super) fn answers(version: Version, ty: E, with: Option<(E, &'static [u8])>) -> Script {
    Box::new(extensions(hello_of(version), move |list| {
        list.retain(|(own, _)| *own != ty);
        list.extend(with.map(|(ty, body)| (ty, body.to_vec())));
    }))
}

/// This content in the place of what the Certificate has.
pub(super) fn shows(content: Vec<u8>) -> Script {
    Box::new(edit(M::Certificate, move |raw| {
        raw.truncate(1);
        raw.extend_from_slice(&(content.len() as u32).to_be_bytes()[1..]);
        raw.extend_from_slice(&content);
    }))
}

fn under_length(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes()[1..], bytes].concat()
}

/// The body of a Certificate with these entries, each with its extensions.
pub(super) fn entries(version: Version, entries: &[(&[u8], &[u8])]) -> Vec<u8> {
    if version != Version::Tls13 {
        return under_length(entries.first().map_or(&[], |(data, _)| data));
    }
    let entry = |(data, extensions): &(&[u8], &[u8])| {
        [&under_length(data)[..], &(extensions.len() as u16).to_be_bytes(), extensions].concat()
    };
    [&[0][..], &under_length(&entries.iter().flat_map(entry).collect::<Vec<_>>())].concat()
}

type Case = (&'static str, &'static str, Option<Error>);

/// What a server can do wrong.
fn servers(version: Version) -> Vec<Case> {
    let world = World::of(KeyKind::P256);
    let (x509, key) = (&world.server, &raw(&world.server));
    let (spki, other) = (key_of(key), key_of(&raw(&world.client)));
    let chain = x509.credential().chain();
    let meets = |types: &[CertificateType], shows, script| client_meets(version, types, shows, script);
    let shown = |list: &[(&[u8], &[u8])]| meets(&[RAW], key, shows(entries(version, list)));
    let ty = E::SERVER_CERTIFICATE_TYPE;
    let selects = |body: &'static [u8]| answers(version, ty, Some((ty, body)));
    let mut cases = vec![
        ("nothing", "", meets(&[RAW], key, Box::new(|_| {}))),
        ("X.509 by name", "SelectedCertificateType", meets(&[RAW], key, selects(&[0]))),
        ("a type of nobody's", "SelectedCertificateType", meets(&[RAW, X509], key, selects(&[1]))),
        ("two types", "Malformed", meets(&[RAW, X509], key, selects(&[2, 0]))),
        ("X.509 by silence", "NoCommonCertificateType", meets(&[RAW], key, answers(version, ty, None))),
        ("a type that nobody asked for", "UnsolicitedExtension", meets(&[X509], x509, selects(&[2]))),
        (
            "a type for a client that has said nothing",
            "UnsolicitedExtension",
            meets(&[RAW], key, answers(version, E::PADDING, Some((E::CLIENT_CERTIFICATE_TYPE, &[2])))),
        ),
        ("a certificate for a key", "BadRawKey", shown(&[(&chain[0], &[])])),
        ("no key", "BadRawKey", shown(&[(&[0x30, 0], &[])])),
        ("somebody else's key", "BadSignature", shown(&[(&other, &[])])),
        ("a key off its curve", "BadRawKey", shown(&[(&off_curve(&spki), &[])])),
        ("a key of X25519", "UnsupportedCertificate", shown(&[(&X25519, &[])])),
    ];
    if version == Version::Tls13 {
        cases.extend([
            ("a key for a certificate", "BadCertificate", meets(&[RAW, X509], key, selects(&[0]))),
            ("two keys", "SeveralRawKeys", shown(&[(&spki, &[]), (&spki, &[])])),
            ("a key and a certificate", "SeveralRawKeys", shown(&[(&spki, &[]), (&chain[0], &[])])),
            ("no entry", "NoCertificate", shown(&[])),
            ("an empty key", "Malformed", shown(&[(&[], &[])])),
            ("timestamps of a key", "MisplacedExtension", shown(&[(&spki, &[0, 18, 0, 5, 0, 3, 0, 1, 7])])),
            ("a staple of a key", "MisplacedExtension", shown(&[(&spki, &[0, 5, 0, 5, 1, 0, 0, 1, 7])])),
            ("no proof", "UnexpectedMessage", meets(&[RAW], key, Box::new(drop_message(M::CertificateVerify)))),
        ]);
    } else {
        let adds = |ty, body| meets(&[RAW], key, answers(version, E::PADDING, Some((ty, body))));
        cases.extend([
            ("a key for a certificate", "Malformed", meets(&[RAW, X509], key, selects(&[0]))),
            ("an empty key", "NoCertificate", shown(&[(&[], &[])])),
            ("timestamps of a key", "MisplacedExtension", adds(E::SIGNED_CERTIFICATE_TIMESTAMP, &[0, 3, 0, 1, 7])),
            ("a staple of a key", "MisplacedExtension", adds(E::STATUS_REQUEST, &[])),
        ]);
    }
    cases
}

/// What a client can do wrong.
fn clients(version: Version) -> Vec<Case> {
    let world = World::of(KeyKind::P256);
    let (spki, other) = (key_of(&raw(&world.client)), key_of(&raw(&world.server)));
    let chain = world.client.credential().chain();
    let require = ClientAuth::Require;
    let meets = |script| server_meets(version, require, script);
    let shown = |list: &[(&[u8], &[u8])]| meets(shows(entries(version, list)));
    let says = |ty: E, body: &'static [u8]| -> Script {
        Box::new(extensions(M::ClientHello, move |list| {
            list.retain(|(own, _)| *own != ty);
            list.push((ty, body.to_vec()));
        }))
    };
    let mut cases = vec![
        ("nothing", "", meets(Box::new(|_| {}))),
        ("X.509 alone", "X509Alone", meets(says(E::CLIENT_CERTIFICATE_TYPE, &[1, 0]))),
        ("X.509 alone of the server", "X509Alone", meets(says(E::SERVER_CERTIFICATE_TYPE, &[1, 0]))),
        ("an empty list", "Malformed", meets(says(E::CLIENT_CERTIFICATE_TYPE, &[0]))),
        ("no type of ours", "NoCommonCertificateType", meets(says(E::CLIENT_CERTIFICATE_TYPE, &[2, 1, 9]))),
        ("no type of ours for the server", "NoCommonCertificateType", meets(says(E::SERVER_CERTIFICATE_TYPE, &[1, 9]))),
        ("a certificate for a key", "BadRawKey", shown(&[(&chain[0], &[])])),
        ("somebody else's key", "BadSignature", shown(&[(&other, &[])])),
        ("a key off its curve", "BadRawKey", shown(&[(&off_curve(&spki), &[])])),
    ];
    if version == Version::Tls13 {
        cases.extend([
            ("two keys", "SeveralRawKeys", shown(&[(&spki, &[]), (&other, &[])])),
            ("no entry", "CertificateRequired", shown(&[])),
            ("no proof", "UnexpectedMessage", meets(Box::new(drop_message(M::CertificateVerify)))),
        ]);
    } else {
        cases.push(("an empty key", "ClientCertificateMissing", shown(&[(&[], &[])])));
    }
    cases
}

/// The same, but for a bit of its point.
fn off_curve(spki: &[u8]) -> Vec<u8> {
    let mut spki = spki.to_vec();
    *spki.last_mut().unwrap() ^= 1;
    spki
}

/// A SubjectPublicKeyInfo whose key agrees and does not sign (RFC 8410 §4).
const X25519: [u8; 44] = {
    let mut der = [7; 44];
    let head = [0x30, 42, 0x30, 5, 6, 3, 0x2b, 0x65, 110, 3, 33, 0];
    let mut at = 0;
    while at < head.len() {
        der[at] = head[at];
        at += 1;
    }
    der
};

#[test]
fn what_a_peer_can_do_wrong() {
    let mut seen = BTreeSet::new();
    for &version in VERSIONS {
        for (name, code, error) in servers(version).into_iter().chain(clients(version)) {
            let found = error.as_ref().map_or(String::new(), Error::code);
            assert_eq!(found, code, "{name}, {version:?}: {error:?}");
            if matches!(error, Some(Error::Peer(_))) {
                seen.insert(code);
            }
        }
    }
    for code in RAW_KEY_VIOLATIONS {
        assert!(seen.contains(code), "{code}");
    }
}

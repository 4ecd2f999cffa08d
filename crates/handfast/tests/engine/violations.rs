//! Everything a peer can do wrong, done: each case names the [`Violation`] it expects, and no violation of the table is
//! without a case.
//!
//! docs/regressions.md rows 1, 2, 3, 5, 6, 7, 8, 9, 11, 12, 13, 25, 26, 27, 28, 29, 80, 83, 84: named at the cases.

use handfast::crypto::KeyKind;
use handfast::pki::extension::KeyUsage;
use handfast::pki::make::{Builder, Identity};
use handfast::wire::message::{DOWNGRADE_TLS12, HelloRetryRequest, Message};
use handfast::wire::{
    CipherSuite, ContentType, ExtensionBlock, ExtensionType, MessageKind, NamedGroup, SignatureScheme, Violation,
};
use handfast::{ClientAuth, ClientStart, Connection, Error};
use handfast_testkit::pair::End;
use handfast_testkit::puppet::{Item, Puppet, PuppetAnswers, Script, client_params, server_params};
use handfast_testkit::setup::{Made, Setup};
use handfast_testkit::world::{NAME, NOW, World};
use std::collections::BTreeSet;
use std::sync::Arc;

use MessageKind as M;

/// What a puppet does and what the engine must say to it.
struct Case {
    name: &'static str,
    code: &'static str,
    run: Box<dyn Fn() -> Option<Error>>,
}

fn case(name: &'static str, code: &'static str, run: impl Fn() -> Option<Error> + 'static) -> Case {
    Case { name, code, run: Box::new(run) }
}

/// A puppet server against the client: its items pass `script`.
fn client_meets(script: impl FnMut(&mut Vec<Item>) + 'static) -> Option<Error> {
    client_with(Setup::default(), ClientAuth::None, NamedGroup::X25519, script, |_| Vec::new())
}

fn client_with(
    setup: Setup,
    auth: ClientAuth,
    group: NamedGroup,
    script: impl FnMut(&mut Vec<Item>) + 'static,
    after: impl FnOnce(&Keys) -> Vec<Item>,
) -> Option<Error> {
    client_made(setup.make(), auth, group, script, after)
}

fn client_made(
    made: Made,
    auth: ClientAuth,
    group: NamedGroup,
    script: impl FnMut(&mut Vec<Item>) + 'static,
    after: impl FnOnce(&Keys) -> Vec<Item>,
) -> Option<Error> {
    let mut out = Vec::new();
    let client = ClientStart::new(&made.client, NAME.try_into().unwrap()).connect(&mut out).unwrap();
    let mut client = End::new(client, made.client_answers);
    client.outbox = out;
    let identity = World::of(KeyKind::P256).server.clone();
    let answers = PuppetAnswers::new(Some(server_params(group, auth)), Some(identity));
    let keys = Keys::default();
    let puppet = Puppet::server(answers, keys.watch(script));
    meet(client, puppet, Vec::new(), &keys, after)
}

/// A puppet server that asks so often for a certificate after the handshake, which the client allows.
fn asked_later(times: usize, context: &'static [u8]) -> Option<Error> {
    let setup = Setup { client_protocols: vec![], ..Setup::default() };
    let made = setup.make_with(|client| client.post_handshake_auth(true), |server| server);
    let mut raw = vec![13, 0, 0, 11 + context.len() as u8, context.len() as u8];
    raw.extend_from_slice(context);
    raw.extend_from_slice(&[0, 8, 0, 13, 0, 4, 0, 2, 4, 3]);
    client_made(made, ClientAuth::None, NamedGroup::X25519, |_| {}, |_| vec![Item::message(&raw); times])
}

/// A puppet client against the server.
fn server_meets(script: impl FnMut(&mut Vec<Item>) + 'static) -> Option<Error> {
    server_with(Setup::default(), script, |_| Vec::new())
}

fn server_with(
    setup: Setup,
    script: impl FnMut(&mut Vec<Item>) + 'static,
    after: impl FnOnce(&Keys) -> Vec<Item>,
) -> Option<Error> {
    let made = setup.make();
    let server = End::new(Connection::accept(&made.admission).unwrap(), made.server_answers);
    let identity = setup.client_certificate.then(|| World::of(setup.key).client.clone());
    let answers = PuppetAnswers::new(None, identity);
    let mut wire = Vec::new();
    let keys = Keys::default();
    let puppet =
        Puppet::client(Arc::new(client_params()), NAME.try_into().unwrap(), answers, keys.watch(script), &mut wire);
    meet(server, puppet, wire, &keys, after)
}

/// Lets both talk until neither has anything to say, then the puppet says `after`. The engine must have failed.
pub(crate) fn meet(
    mut end: End,
    mut puppet: Puppet,
    mut wire: Vec<u8>,
    keys: &Keys,
    after: impl FnOnce(&Keys) -> Vec<Item>,
) -> Option<Error> {
    loop {
        end.deliver(&std::mem::take(&mut wire));
        let bytes = std::mem::take(&mut end.outbox);
        if bytes.is_empty() {
            break;
        }
        puppet.deliver(&bytes, &mut wire);
    }
    if end.error.is_none() {
        puppet.send(after(keys), &mut wire);
        end.deliver(&wire);
    }
    let error = end.error?;
    let alert = error.alert();
    // The alert went out, and says what the error says.
    puppet.deliver(&end.outbox, &mut Vec::new());
    if let Some(alert) = alert {
        let sent = puppet.seen.iter().any(|(ty, bytes)| *ty == ContentType::ALERT && bytes[..] == [2, alert.0]);
        assert!(sent, "no alert for {error}");
    }
    Some(error)
}

/// The keys a puppet has sent under, so that a test can go on from them.
#[derive(Clone, Default)]
pub(crate) struct Keys(std::rc::Rc<std::cell::RefCell<Option<Item>>>);

impl Keys {
    pub(crate) fn watch(&self, mut script: impl FnMut(&mut Vec<Item>) + 'static) -> Script {
        let last = self.0.clone();
        Box::new(move |items| {
            if let Some(keys) = items.iter().rev().find(|item| matches!(item, Item::Keys(..))) {
                *last.borrow_mut() = Some(keys.clone());
            }
            script(items);
        })
    }

    /// So many KeyUpdates, each followed by the change it announces and by data.
    fn updates(&self, count: usize, request: u8, data: Option<&[u8]>) -> Vec<Item> {
        let Some(Item::Keys(mut secret, suite)) = self.0.borrow().clone() else { panic!("no keys yet") };
        let mut items = Vec::new();
        for _ in 0..count {
            secret = secret.next().unwrap();
            items.push(Item::message(&[24, 0, 0, 1, request]));
            items.push(Item::Keys(secret.clone(), suite));
            items.extend(data.map(|data| Item::Record(ContentType::APPLICATION_DATA, data.to_vec())));
        }
        items
    }
}

/// Changes the message of this kind.
pub(crate) fn edit(kind: MessageKind, change: impl Fn(&mut Vec<u8>) + 'static) -> impl FnMut(&mut Vec<Item>) + 'static {
    move |items| {
        for item in items.iter_mut() {
            if item.kind() == Some(kind)
                && let Item::Record(_, raw) = item
            {
                change(raw);
                let body = (raw.len() - 4) as u32;
                raw[1..4].copy_from_slice(&body.to_be_bytes()[1..]);
            }
        }
    }
}

/// Puts something before the message of this kind.
pub(crate) fn before(
    kind: MessageKind,
    what: impl Fn() -> Vec<Item> + 'static,
) -> impl FnMut(&mut Vec<Item>) + 'static {
    move |items| {
        if let Some(at) = items.iter().position(|item| item.kind() == Some(kind)) {
            items.splice(at..at, what());
        }
    }
}

pub(crate) fn drop_message(kind: MessageKind) -> impl FnMut(&mut Vec<Item>) + 'static {
    move |items| items.retain(|item| item.kind() != Some(kind))
}

/// Rewrites the extension block of a message: the list of types and bodies goes through `change`.
pub(crate) fn extensions(
    kind: MessageKind,
    change: impl Fn(&mut Vec<(ExtensionType, Vec<u8>)>) + 'static,
) -> impl FnMut(&mut Vec<Item>) + 'static {
    edit(kind, move |raw| {
        let at = block_at(raw);
        let mut list = Vec::new();
        let mut rest = &raw[at + 2..];
        while let [a, b, c, d, tail @ ..] = rest {
            let len = usize::from(u16::from_be_bytes([*c, *d]));
            list.push((ExtensionType(u16::from_be_bytes([*a, *b])), tail[..len].to_vec()));
            rest = &tail[len..];
        }
        change(&mut list);
        let mut block = ExtensionBlock::new();
        for (ty, body) in &list {
            block.push_raw(*ty, body).unwrap();
        }
        let bytes = block.as_extensions().as_bytes().to_vec();
        raw.truncate(at);
        raw.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
        raw.extend_from_slice(&bytes);
    })
}

/// Where the length of the extension block of a hello or of EncryptedExtensions is.
fn block_at(raw: &[u8]) -> usize {
    let session = 4 + 2 + 32;
    let after_session = session + 1 + usize::from(raw.get(session).copied().unwrap_or(0));
    match Message::kind_of(raw) {
        M::ClientHello => {
            let suites = usize::from(u16::from_be_bytes([raw[after_session], raw[after_session + 1]]));
            let compression = after_session + 2 + suites;
            compression + 1 + usize::from(raw[compression])
        }
        M::ServerHello | M::HelloRetryRequest => after_session + 3,
        _ => 4,
    }
}

fn set(list: &mut [(ExtensionType, Vec<u8>)], ty: ExtensionType, body: &[u8]) {
    list.iter_mut().find(|(other, _)| *other == ty).unwrap().1 = body.to_vec();
}

fn plain(content_type: u8, content: &[u8]) -> Item {
    let mut bytes = vec![content_type, 3, 3];
    bytes.extend_from_slice(&(content.len() as u16).to_be_bytes());
    bytes.extend_from_slice(content);
    Item::Raw(bytes)
}

/// Replaces a ServerHello by a HelloRetryRequest with these extensions, once.
fn retry_with(extra: &'static [(ExtensionType, &'static [u8])]) -> impl FnMut(&mut Vec<Item>) + 'static {
    move |items| {
        let Some(at) = items.iter().position(|item| item.kind() == Some(M::ServerHello)) else { return };
        let Item::Record(_, raw) = &items[at] else { return };
        let session_id = raw[39..39 + usize::from(raw[38])].to_vec();
        let mut block = ExtensionBlock::new();
        block.push_raw(ExtensionType::SUPPORTED_VERSIONS, &[3, 4]).unwrap();
        for (ty, body) in extra {
            block.push_raw(*ty, body).unwrap();
        }
        let mut message = Vec::new();
        HelloRetryRequest {
            legacy_version: handfast::wire::ProtocolVersion::TLS1_2,
            session_id: &session_id,
            cipher_suite: CipherSuite::TLS_AES_128_GCM_SHA256,
            compression_method: 0,
            extensions: block.as_extensions(),
        }
        .write(&mut message)
        .unwrap();
        items.clear();
        items.push(Item::message(&message));
    }
}

/// The second ClientHello of a puppet that was asked for another share, changed.
fn second_hello(change: impl FnMut(&mut Vec<Item>) + 'static) -> Option<Error> {
    let mut change = change;
    let mut hellos = 0;
    let setup = Setup { server_groups: Some(vec![NamedGroup::SECP256R1]), ..Setup::default() };
    server_with(
        setup,
        move |items| {
            if items.iter().any(|item| item.kind() == Some(M::ClientHello)) {
                hellos += 1;
                if hellos == 2 {
                    change(items);
                }
            }
        },
        |_| Vec::new(),
    )
}

fn records() -> Vec<Case> {
    let first = |item: Item| move |items: &mut Vec<Item>| items.insert(0, item.clone());
    let to_server = |name, code, item: Item| case(name, code, move || server_meets(first(item.clone())));
    vec![
        to_server("HTTP on a TLS port", "NotTls", Item::Raw(b"GET / HTTP/1.1\r\n\r\n".to_vec())),
        to_server("a long record", "RecordOverflow", Item::Raw(vec![22, 3, 1, 0x40, 0x01])),
        to_server("a heartbeat (row 1)", "UnknownContentType", plain(24, &[1])),
        to_server("an empty handshake record (row 11)", "EmptyRecord", plain(22, &[])),
        to_server("an empty alert record (row 11)", "EmptyRecord", plain(21, &[])),
        to_server("CCS before anything (row 2)", "UnexpectedChangeCipherSpec", plain(20, &[1])),
        to_server("data before keys (row 8)", "EarlyApplicationData", plain(23, &[1, 2, 3])),
        to_server("half an alert", "MalformedAlert", plain(21, &[1])),
        to_server("two alerts in one", "MalformedAlert", plain(21, &[1, 90, 1, 90])),
        to_server("a long message (row 9)", "MessageTooLong", plain(22, &[1, 0xff, 0xff, 0xff])),
        case("user_canceled and no end (row 13)", "TooManyWarnings", || {
            server_meets(|items| drop(items.splice(0..0, (0..5).map(|_| plain(21, &[1, 90])))))
        }),
        case("a fragment, then an alert (row 84)", "InterleavedHandshake", || {
            server_meets(|items| *items = vec![plain(22, &[1, 0, 1, 0, 3]), plain(21, &[2, 40])])
        }),
        case("CCS that is not 1", "MalformedChangeCipherSpec", || {
            client_meets(before(M::ServerHello, || vec![plain(20, &[2])]))
        }),
        case("33 CCS (row 3)", "TooManyChangeCipherSpecs", || {
            client_meets(before(M::ServerHello, || vec![plain(20, &[1]); 33]))
        }),
        case("protected CCS", "UnexpectedChangeCipherSpec", || {
            client_meets(before(M::EncryptedExtensions, || {
                vec![Item::Raw(vec![]), Item::Record(ContentType(0), vec![20])]
            }))
        }),
        case("a record that does not open", "BadRecordMac", || {
            client_meets(before(M::EncryptedExtensions, || vec![plain(23, &[0; 40])]))
        }),
        case("a record that is all padding", "NoContentType", || {
            client_meets(before(M::EncryptedExtensions, || vec![Item::Record(ContentType(0), vec![0; 9])]))
        }),
        case("a handshake record in the clear", "UnprotectedRecord", || {
            client_meets(before(M::EncryptedExtensions, || vec![plain(22, &[8, 0, 0, 2, 0, 0])]))
        }),
        case("an alert in the clear after protected records (row 83)", "UnprotectedRecord", || {
            client_meets(before(M::Certificate, || vec![plain(21, &[2, 40])]))
        }),
        case("a content over the announced limit", "PlaintextOverflow", || {
            let made = Setup::default().make_with(|client| client.record_size_limit(Some(64)), |server| server);
            client_made(made, ClientAuth::None, NamedGroup::X25519, |_| {}, |_| Vec::new())
        }),
        case("33 empty records (row 11)", "TooManyEmptyRecords", || {
            server_with(Setup::default(), |_| {}, |_| vec![Item::Record(ContentType::APPLICATION_DATA, vec![]); 33])
        }),
        case("CCS after the handshake (row 3)", "UnexpectedChangeCipherSpec", || {
            server_with(Setup::default(), |_| {}, |_| vec![plain(20, &[1])])
        }),
        case("33 KeyUpdates (row 12)", "TooManyKeyUpdates", || {
            server_with(Setup::default(), |_| {}, |keys| keys.updates(33, 0, None))
        }),
        case("a KeyUpdate that is neither", "IllegalValue", || {
            server_with(Setup::default(), |_| {}, |_| vec![Item::message(&[24, 0, 0, 1, 2])])
        }),
        case("a KeyUpdate and more (row 7)", "MisalignedMessage", || {
            server_with(Setup::default(), |_| {}, |_| vec![Item::message(&[24, 0, 0, 1, 0, 24, 0, 0, 1, 0])])
        }),
    ]
}

fn server_hellos() -> Vec<Case> {
    use ExtensionType as E;
    let hello =
        |name, code, change: fn(&mut Vec<u8>)| case(name, code, move || client_meets(edit(M::ServerHello, change)));
    let listed = |name, code, change: fn(&mut Vec<(E, Vec<u8>)>)| {
        case(name, code, move || client_meets(extensions(M::ServerHello, change)))
    };
    let retried = |name, code, extra| case(name, code, move || client_meets(retry_with(extra)));
    vec![
        hello("legacy_version 1.1", "LegacyVersion", |raw| raw[5] = 2),
        hello("another session ID (row 80)", "SessionIdEcho", |raw| raw[40] ^= 1),
        hello("a suite that was not offered", "SelectedSuite", |raw| raw[72] = 4),
        hello("compression (row 47)", "Compression", |raw| raw[73] = 1),
        listed("a version of the future", "SelectedVersion", |list| set(list, E::SUPPORTED_VERSIONS, &[3, 5])),
        case("TLS 1.1", "ServerVersion", || {
            let mut strip = extensions(M::ServerHello, |list| list.clear());
            let mut older = edit(M::ServerHello, |raw| raw[4..6].copy_from_slice(&[3, 2]));
            client_meets(move |items| {
                strip(items);
                older(items);
            })
        }),
        case("TLS 1.2 with the sentinel (row 24)", "Downgrade", || {
            let mut strip = extensions(M::ServerHello, |list| list.clear());
            let mut mark = edit(M::ServerHello, |raw| raw[30..38].copy_from_slice(&DOWNGRADE_TLS12));
            client_meets(move |items| {
                strip(items);
                mark(items);
            })
        }),
        listed("no share (row 29)", "MissingExtension", |list| list.retain(|(ty, _)| *ty != E::KEY_SHARE)),
        listed("a share of another group", "SelectedGroup", |list| {
            list.iter_mut().for_each(|(ty, body)| {
                if *ty == E::KEY_SHARE {
                    body[1] = 0x18
                }
            })
        }),
        listed("a share that is no point (row 49)", "InvalidShare", |list| {
            set(list, E::KEY_SHARE, &[&[0, 0x1d, 0, 32][..], &[0; 32]].concat());
        }),
        listed("an extension of EncryptedExtensions (row 28)", "MisplacedExtension", |list| {
            list.push((E::SERVER_NAME, vec![]));
        }),
        listed("an extension nobody asked for", "UnsolicitedExtension", |list| {
            list.push((ExtensionType(0x7777), vec![]))
        }),
        listed("pre_shared_key that was not offered", "UnsolicitedExtension", |list| {
            list.push((E::PRE_SHARED_KEY, vec![0, 0]));
        }),
        retried("a retry that changes nothing", "UselessRetry", &[]),
        retried("a retry for a share that was there", "RetryGroup", &[(E::KEY_SHARE, &[0, 0x1d])]),
        retried("a retry for a group nobody knows", "RetryGroup", &[(E::KEY_SHARE, &[0x77, 0x77])]),
        case("a second retry", "UnexpectedMessage", || {
            client_with(
                Setup::default(),
                ClientAuth::None,
                NamedGroup::SECP256R1,
                |items| {
                    if let Some(retry) = items.iter().find(|item| item.kind() == Some(M::HelloRetryRequest)).cloned() {
                        items.push(retry);
                    }
                },
                |_| Vec::new(),
            )
        }),
        case("another suite after the retry (row 26)", "SelectedSuite", || {
            client_with(
                Setup::default(),
                ClientAuth::None,
                NamedGroup::SECP256R1,
                edit(M::ServerHello, |raw| raw[72] = 2),
                |_| Vec::new(),
            )
        }),
        case("ServerHello and more in one record (row 7)", "MisalignedMessage", || {
            client_meets(edit_record(M::ServerHello, |raw| raw.extend_from_slice(&[8, 0, 0, 2, 0, 0])))
        }),
    ]
}

/// Changes a record without mending the length of its message.
fn edit_record(kind: MessageKind, change: impl Fn(&mut Vec<u8>) + 'static) -> impl FnMut(&mut Vec<Item>) + 'static {
    move |items| {
        for item in items.iter_mut() {
            if item.kind() == Some(kind)
                && let Item::Record(_, raw) = item
            {
                change(raw);
            }
        }
    }
}

fn server_flights() -> Vec<Case> {
    use ExtensionType as E;
    let listed = |name, code, change: fn(&mut Vec<(E, Vec<u8>)>)| {
        case(name, code, move || client_meets(extensions(M::EncryptedExtensions, change)))
    };
    let changed =
        |name, code, kind, change: fn(&mut Vec<u8>)| case(name, code, move || client_meets(edit(kind, change)));
    vec![
        listed("an extension of ServerHello (row 28)", "MisplacedExtension", |list| list.push((E::KEY_SHARE, vec![]))),
        listed("the same twice (row 27)", "DuplicateExtension", |list| {
            list.extend([(E::SERVER_NAME, vec![]), (E::SERVER_NAME, vec![])].into_iter().skip(1));
            list.push((E::SERVER_NAME, vec![]));
        }),
        listed("early data that was not offered", "UnsolicitedExtension", |list| list.push((E::EARLY_DATA, vec![]))),
        listed("a protocol that was not offered", "SelectedProtocol", |list| {
            list.push((E::APPLICATION_LAYER_PROTOCOL_NEGOTIATION, vec![0, 3, 2, b'z', b'z']));
        }),
        listed("two protocols", "SelectedProtocol", |list| {
            list.push((E::APPLICATION_LAYER_PROTOCOL_NEGOTIATION, vec![0, 6, 2, b'h', b'2', 2, b'h', b'2']));
        }),
        listed("a record size limit of 63", "IllegalValue", |list| {
            list.retain(|(ty, _)| *ty != E::RECORD_SIZE_LIMIT);
            list.push((E::RECORD_SIZE_LIMIT, vec![0, 63]));
        }),
        listed("both size limits (row 96)", "UnsolicitedExtension", |list| {
            list.push((E::MAX_FRAGMENT_LENGTH, vec![1]))
        }),
        changed("a byte too many", "Malformed", M::EncryptedExtensions, |raw| raw.push(0)),
        changed("a request context", "RequestContext", M::Certificate, |raw| {
            raw.splice(4..5, [1, 7]);
        }),
        changed("no certificate", "NoCertificate", M::Certificate, |raw| {
            raw.splice(4.., [0, 0, 0, 0]);
        }),
        changed("a certificate that is none", "BadCertificate", M::Certificate, |raw| {
            raw.splice(4.., [0, 0, 0, 7, 0, 0, 2, 0x30, 0, 0, 0]);
        }),
        case("a certificate with a key nobody knows (row 64)", "UnsupportedCertificate", || {
            let spki = [0x30, 0x0b, 0x30, 0x04, 0x06, 0x02, 0x2a, 0x03, 0x03, 0x03, 0x00, 0x01, 0x02];
            client_meets(present(strange_certificate(|builder| builder.spki(&spki))))
        }),
        case("a certificate whose key may not sign (row 65)", "CertificateKeyUsage", || {
            client_meets(present(strange_certificate(|builder| builder.key_usage(KeyUsage::KEY_ENCIPHERMENT))))
        }),
        case("no Certificate (row 5)", "UnexpectedMessage", || {
            let mut certificate = drop_message(M::Certificate);
            let mut verify = drop_message(M::CertificateVerify);
            client_meets(move |items| {
                certificate(items);
                verify(items);
            })
        }),
        case("no CertificateVerify (row 5)", "UnexpectedMessage", || client_meets(drop_message(M::CertificateVerify))),
        case("CertificateRequest without schemes", "MissingExtension", || {
            client_meets(before(M::Certificate, || vec![Item::message(&[13, 0, 0, 3, 0, 0, 0])]))
        }),
        case("CertificateRequest with a context", "RequestContext", || {
            client_meets(before(M::Certificate, || {
                vec![Item::message(&[13, 0, 0, 12, 1, 9, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3])]
            }))
        }),
        changed("SHA-1 (row 25)", "SchemeNotOffered", M::CertificateVerify, |raw| raw[4..6].copy_from_slice(&[2, 3])),
        changed("PKCS#1 (row 25)", "SchemeNotOffered", M::CertificateVerify, |raw| raw[4..6].copy_from_slice(&[4, 1])),
        case("a good scheme that was not offered (row 25)", "SchemeNotOffered", || {
            let only = [SignatureScheme::ECDSA_SECP256R1_SHA256];
            let made = Setup::default().make_with(|client| client.schemes(only), |server| server);
            let script = edit(M::CertificateVerify, |raw| raw[4..6].copy_from_slice(&[8, 7]));
            client_made(made, ClientAuth::None, NamedGroup::X25519, script, |_| Vec::new())
        }),
        changed("a scheme of another key", "SchemeMismatch", M::CertificateVerify, |raw| {
            raw[4..6].copy_from_slice(&[8, 7])
        }),
        changed("a scheme of another curve", "SchemeMismatch", M::CertificateVerify, |raw| {
            raw[4..6].copy_from_slice(&[5, 3])
        }),
        changed("a wrong signature", "BadSignature", M::CertificateVerify, |raw| *raw.last_mut().unwrap() ^= 1),
        changed("a wrong Finished", "BadFinished", M::Finished, |raw| raw[4] ^= 1),
        changed("a short Finished", "Malformed", M::Finished, |raw| raw.truncate(20)),
        case("a ClientHello after the handshake (row 17)", "UnexpectedMessage", || {
            client_with(
                Setup::default(),
                ClientAuth::None,
                NamedGroup::X25519,
                |_| {},
                |_| vec![Item::message(&[1, 0, 0, 0])],
            )
        }),
        case("a request after the handshake without a context", "RequestContext", || asked_later(1, &[])),
        case("5 requests after the handshake", "TooManyCertificateRequests", || asked_later(5, &[9])),
        case("a CertificateRequest after the handshake", "UnexpectedMessage", || {
            client_with(
                Setup::default(),
                ClientAuth::None,
                NamedGroup::X25519,
                |_| {},
                |_| vec![Item::message(&[13, 0, 0, 12, 1, 9, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3])],
            )
        }),
    ]
}

/// Puts this certificate, alone, into the Certificate message.
fn present(der: Vec<u8>) -> impl FnMut(&mut Vec<Item>) + 'static {
    edit(M::Certificate, move |raw| {
        let len = |n: usize| (n as u32).to_be_bytes()[1..].to_vec();
        let entry = [len(der.len()), der.clone(), vec![0, 0]].concat();
        raw.splice(4.., [vec![0], len(entry.len()), entry].concat());
    })
}

/// A certificate for the right name, with something about it that is not.
fn strange_certificate(change: impl FnOnce(Builder) -> Builder) -> Vec<u8> {
    let provider = handfast::rustcrypto::provider();
    let ca = Identity::root(&provider, Builder::ca("strange", NOW), KeyKind::P256).unwrap();
    let builder = change(Builder::server(&[NAME], NOW));
    builder.signed_by(&provider, &ca, ca.key.public_key()).unwrap().to_vec()
}

fn client_hellos() -> Vec<Case> {
    use ExtensionType as E;
    let hello =
        |name, code, change: fn(&mut Vec<u8>)| case(name, code, move || server_meets(edit(M::ClientHello, change)));
    let listed = |name, code, change: fn(&mut Vec<(E, Vec<u8>)>)| {
        case(name, code, move || server_meets(extensions(M::ClientHello, change)))
    };
    vec![
        hello("SSL 3.0", "ClientLegacyVersion", |raw| raw[4..6].copy_from_slice(&[3, 0])),
        hello("legacy_version 1.3", "ClientLegacyVersion", |raw| raw[4..6].copy_from_slice(&[3, 4])),
        hello("compression beside null (row 79)", "Compression", |raw| {
            let at = block_at(raw) - 2;
            raw.splice(at..at + 2, [2, 1, 0]);
        }),
        listed("no signature_algorithms", "MissingExtension", |list| {
            list.retain(|(ty, _)| *ty != E::SIGNATURE_ALGORITHMS)
        }),
        listed("no supported_groups", "MissingExtension", |list| list.retain(|(ty, _)| *ty != E::SUPPORTED_GROUPS)),
        listed("no key_share", "MissingExtension", |list| list.retain(|(ty, _)| *ty != E::KEY_SHARE)),
        listed("two shares of one group (row 27)", "Duplicate", |list| {
            let entry = [&[0, 0x1d, 0, 32][..], &[9; 32]].concat();
            set(list, E::KEY_SHARE, &[&[0, 72][..], &entry, &entry].concat());
        }),
        listed("a share without its group", "ShareWithoutGroup", |list| {
            set(list, E::SUPPORTED_GROUPS, &[0, 2, 0, 0x17])
        }),
        listed("a share of zeros (row 49)", "InvalidShare", |list| {
            set(list, E::KEY_SHARE, &[&[0, 36, 0, 0x1d, 0, 32][..], &[0; 32]].concat());
        }),
        listed("a short share", "InvalidShare", |list| {
            set(list, E::KEY_SHARE, &[&[0, 35, 0, 0x1d, 0, 31][..], &[9; 31]].concat());
        }),
        listed("an extension of CertificateRequest (row 28)", "MisplacedExtension", |list| {
            list.push((E::OID_FILTERS, vec![0, 0]));
        }),
        listed("a name with a space", "BadServerName", |list| {
            set(list, E::SERVER_NAME, &[0, 6, 0, 0, 3, b'a', b' ', b'b'])
        }),
        listed("pre_shared_key in the middle (row 39)", "PreSharedKeyNotLast", |list| {
            let mut body = vec![0, 7, 0, 1, 9, 0, 0, 0, 0, 0, 33, 32];
            body.extend_from_slice(&[0; 32]);
            list.insert(0, (E::PRE_SHARED_KEY, body));
        }),
        listed("an empty list of suites and groups", "Malformed", |list| set(list, E::SUPPORTED_GROUPS, &[0, 0])),
        case("other suites in the second hello (row 26)", "ChangedHello", || {
            second_hello(edit(M::ClientHello, |raw| raw[42] ^= 3))
        }),
        case("another random in the second hello (row 26)", "ChangedHello", || {
            second_hello(edit(M::ClientHello, |raw| raw[6] ^= 1))
        }),
        case("another name in the second hello (row 26)", "ChangedHello", || {
            second_hello(extensions(M::ClientHello, |list| set(list, E::SERVER_NAME, &[0, 4, 0, 0, 1, b'a'])))
        }),
        case("early data in the second hello", "ChangedHello", || {
            second_hello(extensions(M::ClientHello, |list| list.push((E::EARLY_DATA, vec![]))))
        }),
        case("a cookie nobody gave", "ChangedHello", || {
            second_hello(extensions(M::ClientHello, |list| list.push((E::COOKIE, vec![0, 1, 7]))))
        }),
        case("the old share again", "RetryShare", || {
            second_hello(extensions(M::ClientHello, |list| {
                set(list, E::KEY_SHARE, &[&[0, 36, 0, 0x1d, 0, 32][..], &[9; 32]].concat());
            }))
        }),
    ]
}

fn client_flights() -> Vec<Case> {
    let asked = |client_certificate| Setup { client_auth: ClientAuth::Require, client_certificate, ..Setup::default() };
    let to_server = move |name, code, script: fn() -> Script| {
        case(name, code, move || {
            let mut script = script();
            server_with(asked(true), move |items| script(items), |_| Vec::new())
        })
    };
    vec![
        case("no certificate", "CertificateRequired", move || server_with(asked(false), |_| {}, |_| Vec::new())),
        to_server("a request context", "RequestContext", || {
            Box::new(edit(M::Certificate, |raw| drop(raw.splice(4..5, [1, 7]))))
        }),
        to_server("an entry with a staple nobody asked for", "UnsolicitedExtension", || {
            Box::new(edit(M::Certificate, |raw| {
                let entries = [0, 0, 1, 0x30, 0, 8, 0, 5, 0, 4, 1, 0, 0, 0];
                drop(raw.splice(4.., [&[0, 0, 0, 14][..], &entries].concat()));
            }))
        }),
        to_server("CertificateVerify missing (row 6)", "UnexpectedMessage", || {
            Box::new(drop_message(M::CertificateVerify))
        }),
        to_server("CertificateVerify first (row 6)", "UnexpectedMessage", || {
            Box::new(|items| {
                let at = |kind| items.iter().position(|item: &Item| item.kind() == Some(kind));
                if let (Some(a), Some(b)) = (at(M::Certificate), at(M::CertificateVerify)) {
                    items.swap(a, b);
                }
            })
        }),
        to_server("a wrong signature", "BadSignature", || {
            Box::new(edit(M::CertificateVerify, |raw| *raw.last_mut().unwrap() ^= 1))
        }),
        to_server("a wrong Finished", "BadFinished", || Box::new(edit(M::Finished, |raw| raw[9] ^= 1))),
    ]
}

#[test]
fn every_violation_is_found_and_named() {
    let groups = [records(), server_hellos(), server_flights(), client_hellos(), client_flights()];
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for case in groups.into_iter().flatten() {
        match (case.run)() {
            Some(Error::Peer(violation)) if violation.code() == case.code => drop(seen.insert(case.code)),
            other => wrong.push(format!("{}: {other:?}, not {}", case.name, case.code)),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // These have tests of their own.
    let others = [
        crate::TLS12_VIOLATIONS,
        crate::LEGACY_VIOLATIONS,
        crate::SESSION_VIOLATIONS,
        crate::COMPRESSION_VIOLATIONS,
        crate::RAW_KEY_VIOLATIONS,
    ];
    seen.extend(others.into_iter().flatten());
    let all: BTreeSet<_> = Violation::TABLE.iter().map(|row| row.code).collect();
    assert_eq!(seen, all, "a violation without a case");
}

/// docs/regressions.md row 12: a thousand requests with data between them, while nothing is sent: no output, and then a
/// single answer before the next data (RFC 9846 §4.7.3).
#[test]
fn requested_updates_are_owed_and_answered_once() {
    let made = Setup::default().make();
    let log = made.server_log.clone();
    let mut server = End::new(Connection::accept(&made.admission).unwrap(), made.server_answers);
    let (keys, mut wire) = (Keys::default(), Vec::new());
    let answers = PuppetAnswers::new(None, None);
    let name = NAME.try_into().unwrap();
    let mut puppet = Puppet::client(Arc::new(client_params()), name, answers, keys.watch(|_| {}), &mut wire);
    while !wire.is_empty() {
        server.deliver(&std::mem::take(&mut wire));
        puppet.deliver(&std::mem::take(&mut server.outbox), &mut wire);
    }
    puppet.send(keys.updates(1000, 1, Some(b"x")), &mut wire);
    server.deliver(&std::mem::take(&mut wire));
    assert_eq!(server.received.len(), 1000);
    assert!(server.error.is_none() && server.outbox.is_empty());
    let updates = || log.sent().iter().filter(|name| **name == "KeyUpdate").count();
    server.send(b"y");
    server.send(b"z");
    assert_eq!(updates(), 1);

    // An update of one's own that asks the peer is no answer to the peer's.
    puppet.send(vec![Item::message(&[24, 0, 0, 1, 1])], &mut wire);
    server.deliver(&wire);
    server.connection.update_keys(&mut server.outbox).unwrap();
    assert_eq!(updates(), 2);
    server.send(b"w");
    assert_eq!(updates(), 3);
}

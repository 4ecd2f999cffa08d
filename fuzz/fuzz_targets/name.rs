//! A form, a name constraint on it and a name of it, as any bytes: nothing panics, errors are bounded in length, and a name
//! that a constraint permits is one that it excludes. The same bytes are read as whole constraints and whole lists of names.
#![no_main]

use handfast::pki::constraints::NameConstraints;
use handfast::pki::{Certificate, Error, Policy, check_server_identity};
use handfast::pki_types::ServerName;
use libfuzzer_sys::fuzz_target;

/// rfc822Name, dNSName, directoryName, uniformResourceIdentifier, iPAddress, and otherName, which is not processed.
const FORMS: [u8; 6] = [0x81, 0x82, 0xa4, 0x86, 0x87, 0xa0];

fuzz_target!(|bytes: &[u8]| {
    let [form, len, rest @ ..] = bytes else { return };
    let form = FORMS[usize::from(*form) % FORMS.len()];
    let (base, name) = rest.split_at_checked(usize::from(*len)).unwrap_or((rest, &[]));

    let one = certificate(&[], &tlv(form, &[name]));
    let one = Certificate::parse(&one).unwrap();
    let subtree = tlv(0x30, &[&tlv(form, &[base])]);
    let [permits, excludes] = [0xa0, 0xa1].map(|list| check(&tlv(list, &[&subtree]), &one));
    assert!(permits.is_err() || excludes.is_err(), "what is permitted by a subtree lies in it");

    let any = certificate(base, name);
    let any = Certificate::parse(&any).unwrap();
    let _ = check(base, &any);
    let _ = check(&tlv(0xa1, &[base]), &any);
    for host in ["host.test", "a.b", "192.0.2.1", "2001:db8::1"] {
        let host = ServerName::try_from(host).unwrap();
        for certificate in [&one, &any] {
            if let Err(error) = check_server_identity(certificate, &host) {
                assert!(error.to_string().len() <= Error::DISPLAY_LIMIT);
            }
        }
    }
});

fn check(constraints: &[u8], certificate: &Certificate<'_>) -> Result<(), Error> {
    let result = NameConstraints::read_content(constraints)
        .and_then(|constraints| constraints.check(certificate, &Policy::default()))
        .map_err(Error::from);
    if let Err(error) = &result {
        assert!(error.to_string().len() <= Error::DISPLAY_LIMIT);
    }
    result
}

/// A certificate with this subject and these alternative names, and nothing else in it.
fn certificate(subject: &[u8], names: &[u8]) -> Vec<u8> {
    const SUBJECT_ALT_NAME: &[u8] = &[6, 3, 0x55, 0x1d, 17];
    let time = tlv(0x17, &[b"270115080000Z"]);
    let algorithm = tlv(0x30, &[&[6, 3, 0x2b, 0x65, 112]]);
    let extension = tlv(0x30, &[SUBJECT_ALT_NAME, &tlv(4, &[&tlv(0x30, &[names])])]);
    let tbs = tlv(
        0x30,
        &[
            &[0xa0, 3, 2, 1, 2],
            &[2, 1, 1],
            &algorithm,
            &tlv(0x30, &[]),
            &tlv(0x30, &[&time, &time]),
            &tlv(0x30, &[subject]),
            &tlv(0x30, &[]),
            &tlv(0xa3, &[&tlv(0x30, &[&extension])]),
        ],
    );
    tlv(0x30, &[&tbs, &algorithm, &[3, 1, 0]])
}

/// An element in DER, of less than 16 MiB.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let [_, high, middle, low] = u32::try_from(content.len()).unwrap().to_be_bytes();
    let head = match (high, middle, low) {
        (0, 0, 0..0x80) => vec![tag, low],
        (0, 0, _) => vec![tag, 0x81, low],
        (0, ..) => vec![tag, 0x82, middle, low],
        _ => vec![tag, 0x83, high, middle, low],
    };
    [head, content].concat()
}

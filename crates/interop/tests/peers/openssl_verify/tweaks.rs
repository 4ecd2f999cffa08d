//! Changes that may be good or bad: extensions at random, and fields that are unusual.

use super::INHIBIT_ANY_POLICY;
use super::chains::{
    AUTHORITY_KEY_IDENTIFIER, BASIC_CONSTRAINTS, CERTIFICATE_POLICIES, Chain, EXTENDED_KEY_USAGE, KEY_USAGE,
    NAME_CONSTRAINTS, NOW, POLICY_CONSTRAINTS, POLICY_MAPPINGS, constraints, directory, mappings, name_of, policies,
    policy, tlv,
};
use super::noise::Noise;

/// Changes something, and says what.
pub(super) fn tweak(chain: &mut Chain, noise: &mut Noise) -> String {
    let at = noise.below(chain.path.len());
    let is_critical = noise.below(2) == 0;
    let said = match noise.below(12) {
        0 | 1 => {
            let (oid, der) = plain(noise);
            chain.path[at].extend(oid, is_critical && noise.below(2) == 0, &der);
            format!("extension {oid:x?} {der:x?}")
        }
        2 | 3 => {
            let (oid, der) = policy_extension(noise);
            chain.path[at].extend(oid, is_critical || noise.below(2) == 0, &der);
            format!("policies {oid:x?} {der:x?}")
        }
        4 => {
            // Of all at once, else hardly any path is left.
            for at in 0..chain.anchor() {
                let list = some(noise, &[0, 1, 2, 3]);
                if !list.is_empty() {
                    chain.path[at].extend(CERTIFICATE_POLICIES, false, &policies(&list));
                }
                if at > 0 && noise.below(2) == 0 {
                    let pair = |noise: &mut Noise| (number(noise, 1), number(noise, 1));
                    let pairs: Vec<_> = (0..=noise.below(3)).map(|_| pair(noise)).collect();
                    chain.path[at].extend(POLICY_MAPPINGS, true, &mappings(&pairs));
                }
                chain.sign(at);
            }
            "policies everywhere".into()
        }
        5 => {
            let inputs = &mut chain.policies;
            inputs.require_explicit |= noise.below(2) == 0;
            inputs.inhibit_mapping |= noise.below(3) == 0;
            inputs.inhibit_any |= noise.below(3) == 0;
            if noise.below(2) == 0 {
                inputs.acceptable = Some(vec![policy(number(noise, 0)), policy(number(noise, 1))]);
            }
            format!("{inputs:?}")
        }
        6 | 7 => {
            let der = subtrees(noise);
            let at = at.max(usize::from(noise.below(8) > 0)).min(chain.anchor());
            chain.path[at].extend(NAME_CONSTRAINTS, is_critical || noise.below(4) > 0, &der);
            chain.sign(at);
            format!("constraints at {at} {der:x?}")
        }
        8 => {
            let (tag, content) = alternative_name(noise);
            chain.path[0].change(|builder| builder.general_name(tag, &content));
            chain.sign(0);
            format!("name {tag:x} {content:x?}")
        }
        9 => {
            let edge = [NOW - 1, NOW, NOW + 1, 2_524_607_999, 2_524_608_000, 4_000_000_000][noise.below(6)];
            if noise.below(3) == 0 {
                chain.path[at].change(|builder| builder.valid(edge.min(NOW + 1), NOW + 100));
            } else {
                chain.path[at].change(|builder| builder.valid(NOW - 100, edge));
            }
            format!("time {edge}")
        }
        10 => field(chain, noise, at),
        _ => {
            let from = noise.below(3);
            chain.now += [0, -1, 3_600][from];
            chain.depth = u8::try_from(noise.below(8)).unwrap();
            format!("{} depth {}", chain.now, chain.depth)
        }
    };
    chain.sign(at);
    format!("[{at}] {said}")
}

/// The text of an object identifier with small arcs.
pub(super) fn dotted(content: &[u8]) -> String {
    let mut arcs = vec![u64::from(content[0] / 40), u64::from(content[0] % 40)];
    let mut arc = 0;
    for octet in &content[1..] {
        arc = arc << 7 | u64::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            arcs.push(arc);
            arc = 0;
        }
    }
    arcs.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

fn number(noise: &mut Noise, from: u8) -> u8 {
    from + u8::try_from(noise.below(4)).unwrap()
}

fn some(noise: &mut Noise, list: &[u8]) -> Vec<u8> {
    list.iter().copied().filter(|_| noise.below(2) == 0).collect()
}

fn oids(list: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &[&list.iter().flat_map(|oid| tlv(6, &[oid])).collect::<Vec<_>>()])
}

fn plain(noise: &mut Noise) -> (&'static [u8], Vec<u8>) {
    const ARC: [&[u8]; 5] = [
        &[0x2b, 6, 1, 5, 5, 7, 3, 1],
        &[0x2b, 6, 1, 5, 5, 7, 3, 2],
        &[0x2b, 6, 1, 5, 5, 7, 3, 9],
        &[0x55, 0x1d, 37, 0],
        // Microsoft's and Netscape's server gated cryptography.
        &[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 4, 1],
    ];
    let uri = |text: &str| tlv(0x86, &[text.as_bytes()]);
    let point = |text: &str| tlv(0x30, &[&tlv(0x30, &[&tlv(0xa0, &[&tlv(0xa0, &[&uri(text)])])])]);
    match noise.below(19) {
        0 => {
            (BASIC_CONSTRAINTS, [&[0x30, 0][..], &[0x30, 3, 1, 1, 0xff], &[0x30, 3, 2, 1, 0]][noise.below(3)].to_vec())
        }
        1 => {
            let limit = u8::try_from(noise.below(4)).unwrap();
            (BASIC_CONSTRAINTS, vec![0x30, 6, 1, 1, 0xff, 2, 1, limit])
        }
        2 | 3 => {
            let bits = [0x80, 0xa0, 0x04, 0x06, 0x86, 0x02, 0x08, 0x40][noise.below(8)];
            let unused = u8::try_from(u8::trailing_zeros(bits)).unwrap();
            (KEY_USAGE, vec![3, 2, unused, bits])
        }
        4 | 5 => {
            let list: Vec<_> = ARC.into_iter().filter(|_| noise.below(2) == 0).collect();
            (EXTENDED_KEY_USAGE, oids(&list))
        }
        6 => (&[0x55, 0x1d, 18], tlv(0x30, &[&uri("http://issuer.test/")])),
        7 => (&[0x55, 0x1d, 31], point("http://crl.test/a")),
        8 => (&[0x55, 0x1d, 46], point("http://crl.test/b")),
        9 => {
            let place = tlv(0x30, &[&tlv(6, &[&[0x2b, 6, 1, 5, 5, 7, 48, 1]]), &uri("http://ocsp.test/")]);
            (&[0x2b, 6, 1, 5, 5, 7, 1, 1], tlv(0x30, &[&place]))
        }
        10 => (&[0x2b, 6, 1, 5, 5, 7, 1, 24], vec![0x30, 3, 2, 1, 5]),
        11 => (&[0x2b, 6, 1, 5, 5, 7, 48, 1, 5], vec![5, 0]),
        // Netscape's type: of a server, of a client, of a CA for both.
        12 => {
            let bits = [0x40, 0x80, 0x04, 0xc4][noise.below(4)];
            let unused = u8::try_from(u8::trailing_zeros(bits)).unwrap();
            (&[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 1], vec![3, 2, unused, bits])
        }
        // RFC 3820 §3.8: that it is a proxy.
        13 => {
            let language = tlv(0x30, &[&tlv(6, &[&[0x2b, 6, 1, 5, 5, 7, 21, 1]])]);
            (&[0x2b, 6, 1, 5, 5, 7, 1, 14], tlv(0x30, &[&language]))
        }
        14 => (AUTHORITY_KEY_IDENTIFIER, [&[0x30, 0][..], &[0x30, 3, 0x82, 1, 1]][noise.below(2)].to_vec()),
        // RFC 3779 §2: addresses, inherited and their own.
        15 => (&[0x2b, 6, 1, 5, 5, 7, 1, 7], vec![0x30, 8, 0x30, 6, 4, 2, 0, 1, 5, 0]),
        16 => (&[0x55, 0x1d, 9], vec![0x30, 0]),
        17 => (&[0x2a, 3, 4, 5, 6], vec![5, 0]),
        _ => (&[0x55, 0x1d, 16], tlv(0x30, &[&tlv(0x80, &[b"20260101000000Z"])])),
    }
}

fn policy_extension(noise: &mut Noise) -> (&'static [u8], Vec<u8>) {
    let skip = u8::try_from(noise.below(4)).unwrap();
    match noise.below(6) {
        0 | 1 => (CERTIFICATE_POLICIES, policies(&some(noise, &[0, 1, 2, 3]))),
        2 => (POLICY_MAPPINGS, mappings(&[(number(noise, 0), number(noise, 1)), (number(noise, 1), number(noise, 1))])),
        3 => (POLICY_CONSTRAINTS, tlv(0x30, &[&[0x80, 1, skip]])),
        4 => (POLICY_CONSTRAINTS, tlv(0x30, &[&[0x81, 1, skip]])),
        _ => (INHIBIT_ANY_POLICY, vec![2, 1, skip]),
    }
}

fn subtrees(noise: &mut Noise) -> Vec<u8> {
    let base = |noise: &mut Noise| match noise.below(16) {
        0 => tlv(0x82, &[b"host.test"]),
        1 => tlv(0x82, &[b".host.test"]),
        2 => tlv(0x82, &[b"test"]),
        3 => tlv(0x82, &[b""]),
        4 => tlv(0x82, &[b"www.host.test"]),
        5 => tlv(0x82, &[b"ost.test"]),
        6 => tlv(0x82, &[b"other.test"]),
        7 => tlv(0x87, &[&[192, 0, 2, 0, 255, 255, 255, 0]]),
        8 => tlv(0x87, &[&[0; 8]]),
        9 => tlv(0x87, &[&[0; 32]]),
        10 => directory(&name_of("CA 1 ")),
        11 => directory(&name_of("host.test")),
        12 => directory(&[]),
        13 => tlv(0x81, &[[&b"host.test"[..], b".test", b"a@host.test", b""][noise.below(4)]]),
        14 => tlv(0x86, &[[&b"host.test"[..], b".test", b""][noise.below(3)]]),
        // registeredID.
        _ => tlv(0x88, &[&[0x2a, 3]]),
    };
    let mut list = |count: usize| (0..count).map(|_| base(noise)).collect::<Vec<_>>();
    let (permitted, excluded) = (list(2), list(1));
    match permitted.len() + excluded[0].len() % 3 {
        2 => constraints(&permitted, &[]),
        3 => constraints(&[], &excluded),
        _ => constraints(&permitted, &excluded),
    }
}

fn alternative_name(noise: &mut Noise) -> (u8, Vec<u8>) {
    match noise.below(14) {
        0 => (0x82, b"HOST.test".to_vec()),
        1 => (0x82, b"host.test.".to_vec()),
        2 => (0x82, b"*.test".to_vec()),
        3 => (0x82, b"*".to_vec()),
        4 => (0x82, b"w*.host.test".to_vec()),
        5 => (0x82, b"other.test".to_vec()),
        6 => (0x82, b"a_b.host.test".to_vec()),
        7 => (0x81, b"a@host.test".to_vec()),
        8 => (0x81, b"a@x.test".to_vec()),
        9 => (0x86, b"http://host.test/a".to_vec()),
        10 => (0x86, b"urn:a:b".to_vec()),
        11 => (0x88, vec![0x2a, 3, 4]),
        12 => (0x87, vec![192, 0, 3, 1]),
        _ => (0xa4, tlv(0x30, &[&name_of("somebody")])),
    }
}

fn field(chain: &mut Chain, noise: &mut Noise, at: usize) -> String {
    let link = &mut chain.path[at];
    match noise.below(8) {
        0 => link.change(|builder| builder.serial(&[0])),
        1 => link.change(|builder| builder.serial(&[0xff, 1])),
        2 => link.change(|builder| builder.serial(&[1; 21])),
        3 => link.change(|builder| builder.unique_ids(b"a", b"b")),
        4 => link.has_own_identifier = false,
        5 => link.has_issuer_identifier = false,
        6 => link.change(|builder| builder.without(KEY_USAGE)),
        _ => link.change(|builder| builder.without(BASIC_CONSTRAINTS)),
    }
    "a field".into()
}

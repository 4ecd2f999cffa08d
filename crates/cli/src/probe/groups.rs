//! Groups of key exchange that a server may have.

use handfast::crypto::group::is_post_quantum;
use handfast::wire::{NamedGroup, ProtocolVersion};

/// Every group that is asked for in a version, those of today first.
pub(super) fn all(version: ProtocolVersion) -> Vec<NamedGroup> {
    let others = OTHERS.iter().map(|(id, ..)| NamedGroup(*id));
    let mut groups: Vec<_> =
        NamedGroup::ALL.iter().copied().chain(others).filter(|group| fits(*group, version)).collect();
    groups.sort_by_key(|group| COMMON.iter().position(|common| common == group).unwrap_or(COMMON.len()));
    groups
}

/// The name in the registry, or the number.
pub(super) fn name(group: NamedGroup) -> String {
    let other = OTHERS.iter().find(|(id, ..)| *id == group.0).map(|(_, name, _)| (*name).to_string());
    other.unwrap_or_else(|| group.to_string())
}

/// Whether a quantum computer does not undo it.
pub(super) fn resists_quantum(group: NamedGroup) -> bool {
    is_post_quantum(group) || group == KYBER_DRAFT
}

/// How many bits the numbers of a finite field or the order of a curve have, where that is too few.
pub(super) fn weak_bits(group: NamedGroup) -> Option<u16> {
    OTHERS.iter().find(|(id, ..)| *id == group.0).map(|(.., bits)| *bits).filter(|bits| *bits < 224)
}

fn fits(group: NamedGroup, version: ProtocolVersion) -> bool {
    let is_tls13_alone = resists_quantum(group) || matches!(group.0, 0x001f..=0x0021 | 0x0029);
    let is_old = matches!(group.0, 0..=0x0016 | 0x001a..=0x001c);
    match version {
        ProtocolVersion::TLS1_3 => !is_old,
        _ => !is_tls13_alone,
    }
}

const COMMON: [NamedGroup; 5] = [
    NamedGroup::X25519MLKEM768,
    NamedGroup::X25519,
    NamedGroup::SECP256R1,
    NamedGroup::SECP384R1,
    NamedGroup::SECP521R1,
];

/// Of draft-tls-westerbaan-xyber768d00, before ML-KEM was a standard.
const KYBER_DRAFT: NamedGroup = NamedGroup(0x6399);

/// Those that the crate of the wire has no names for, and the bits of their order (RFC 8422 §5.1.1, SEC 2).
const OTHERS: &[(u16, &str, u16)] = &[
    (0x0001, "sect163k1", 163),
    (0x0002, "sect163r1", 162),
    (0x0003, "sect163r2", 163),
    (0x0004, "sect193r1", 193),
    (0x0005, "sect193r2", 193),
    (0x0006, "sect233k1", 232),
    (0x0007, "sect233r1", 233),
    (0x0008, "sect239k1", 238),
    (0x0009, "sect283k1", 281),
    (0x000a, "sect283r1", 282),
    (0x000b, "sect409k1", 407),
    (0x000c, "sect409r1", 409),
    (0x000d, "sect571k1", 570),
    (0x000e, "sect571r1", 570),
    (0x000f, "secp160k1", 161),
    (0x0010, "secp160r1", 161),
    (0x0011, "secp160r2", 161),
    (0x0012, "secp192k1", 192),
    (0x0013, "secp192r1", 192),
    (0x0014, "secp224k1", 225),
    (0x0015, "secp224r1", 224),
    (0x0016, "secp256k1", 256),
    (0x0029, "curveSM2", 256),
    (KYBER_DRAFT.0, "X25519Kyber768Draft00", 256),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_has_its_groups() {
        let old = all(ProtocolVersion::TLS1_2);
        let new = all(ProtocolVersion::TLS1_3);
        for (group, in_old, in_new) in [
            (NamedGroup::X25519, true, true),
            (NamedGroup::FFDHE2048, true, true),
            (NamedGroup::X25519MLKEM768, false, true),
            (NamedGroup::BRAINPOOL_P256R1, true, false),
            (NamedGroup::BRAINPOOL_P256R1_TLS13, false, true),
            (NamedGroup(0x0013), true, false),
            (KYBER_DRAFT, false, true),
        ] {
            assert_eq!((old.contains(&group), new.contains(&group)), (in_old, in_new), "{}", name(group));
        }
        assert_eq!((new[0], old[0]), (NamedGroup::X25519MLKEM768, NamedGroup::X25519));
    }

    #[test]
    fn which_are_weak() {
        assert_eq!((weak_bits(NamedGroup(0x0013)), weak_bits(NamedGroup(0x0015))), (Some(192), None));
        assert_eq!((weak_bits(NamedGroup::X25519), name(NamedGroup(0x0013))), (None, "secp192r1".to_string()));
        assert!(resists_quantum(KYBER_DRAFT) && !resists_quantum(NamedGroup::X448));
    }
}

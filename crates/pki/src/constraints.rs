//! Which names the certificates below a CA may have: RFC 5280 §4.2.1.10.
//!
//! Each CA's constraints are held against each certificate below it, so what several CAs permit is what all of them
//! permit, and nothing is lost when one permits and another one excludes.
//!
//! A name that is permitted must lie in a permitted subtree for certain; a name is excluded if it, or one that it stands
//! for, might lie in an excluded subtree. A name that cannot be understood is refused where its form is constrained at
//! all.

mod host;
mod mailbox;

use crate::asn1::{Reader, constructed, primitive};
use crate::cert::Certificate;
use crate::error::{Rule, Unprocessable};
use crate::escape::escape_bytes;
use crate::extension::GeneralName;
use crate::oid;
use crate::policy::{Budget, Policy};
use crate::subject::Name;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net;
use der::Tag;
use host::{DnsName, Domain, Host};
use mailbox::Mailbox;

/// The name constraints of a CA.
///
/// ```text
/// NameConstraints ::= SEQUENCE {                            RFC 5280 §4.2.1.10
///     permittedSubtrees    [0] GeneralSubtrees OPTIONAL
///     excludedSubtrees     [1] GeneralSubtrees OPTIONAL }   at least one of them
///
/// GeneralSubtrees ::= SEQUENCE SIZE (1..MAX) OF GeneralSubtree
///
/// GeneralSubtree  ::= SEQUENCE {
///     base                 GeneralName
///     minimum              [0] INTEGER DEFAULT 0            0
///     maximum              [1] INTEGER OPTIONAL }           absent
/// ```
///
/// | form of the base | what lies in the subtree |
/// |---|---|
/// | dNSName | `host.test`: that host and all below it; `.host.test`: all below it; empty: every host |
/// | iPAddress | addresses of the same version that agree where the mask has ones |
/// | rfc822Name | `bob@host.test`: that address; `host.test`: every address there; `.host.test`: those of hosts below it |
/// | uniformResourceIdentifier | `host.test`: URIs of that host; `.host.test`: those of hosts below it |
/// | directoryName | every name that begins with the same RDNs, compared as RFC 5280 §7.1 has it |
/// | another | not processed: whoever has a name of that form is refused |
///
/// A form that is in no permitted subtree is permitted. IPv4 and IPv6 are one form: to permit addresses of one version is
/// to permit none of the other. An rfc822Name or uniformResourceIdentifier that is empty, of which the RFC says nothing,
/// permits nothing and excludes everything.
#[derive(Clone, Debug)]
pub struct NameConstraints<'a> {
    permitted: Subtrees<'a>,
    excluded: Subtrees<'a>,
}

impl<'a> NameConstraints<'a> {
    /// Reads the value of the extension.
    ///
    /// # Errors
    /// [`Rule::Malformed`]; [`Rule::UnprocessableConstraint`] when a base is not of the syntax of its form, or a subtree is
    /// limited in depth.
    pub fn read(value: &'a [u8]) -> Result<Self, Rule> {
        Self::read_content(crate::asn1::sequence(value, WHAT)?)
    }

    /// Reads the content octets of the SEQUENCE, without its tag and length: what a [`pki_types::TrustAnchor`] has.
    ///
    /// # Errors
    /// As [`NameConstraints::read`].
    pub fn read_content(content: &'a [u8]) -> Result<Self, Rule> {
        let mut reader = Reader::new(content, WHAT)?;
        if reader.is_empty() {
            return Err(reader.malformed());
        }
        let mut subtrees = |number| reader.maybe(constructed(number))?.map_or(Ok(Subtrees::default()), Subtrees::read);
        let own = Self { permitted: subtrees(0)?, excluded: subtrees(1)? };
        reader.end()?;
        Ok(own)
    }

    /// Checks that every name of `certificate` is allowed: the subject, mail addresses in it, and all of the
    /// subjectAltName. At most [`Policy::name_comparisons`] are made.
    ///
    /// RFC 5280 §6.1.3 (b) asks it of every certificate below the CA but of those that are self-issued and not the leaf.
    ///
    /// # Errors
    /// [`Rule::NameConstraint`]; [`Rule::UnprocessableConstraint`] when a name is malformed or of a form that is not
    /// processed, and its form is constrained; [`Rule::Malformed`]; [`Rule::Budget`].
    pub fn check(&self, certificate: &Certificate<'_>, policy: &Policy) -> Result<(), Rule> {
        check(self, certificate, &mut Budget::new(policy))
    }

    /// Checks one name, as [`NameConstraints::check`] does all.
    pub(crate) fn check_name(&self, name: GeneralName<'_>, budget: &mut Budget) -> Result<(), Rule> {
        let (permitted, excluded) = (&self.permitted, &self.excluded);
        let mut judge = Judge { name, budget };
        match name {
            GeneralName::Dns(text) => {
                judge.rule([&permitted.dns, &excluded.dns], || DnsName::read(text), Domain::covers_name)
            }
            GeneralName::Ip(octets) => {
                judge.rule([&permitted.ip, &excluded.ip], || read_address(octets), |range, ip, _| range.contains(ip))
            }
            GeneralName::Email(text) => {
                judge.rule([&permitted.email, &excluded.email], || Mailbox::read(text), mailbox::Constraint::covers)
            }
            GeneralName::SmtpUtf8Mailbox(text) => {
                self.check_name(GeneralName::Other(0), judge.budget)?;
                // RFC 9598 §6: constraints on the one kind of mail address hold for the other.
                let read = || Mailbox::read_utf8(text);
                judge.rule([&permitted.email, &excluded.email], read, mailbox::Constraint::covers)
            }
            GeneralName::Uri(text) => {
                let covers = |domain: &Domain<'_>, host: &Host<'_>, side| domain.covers_host(*host, side);
                judge.rule([&permitted.uri, &excluded.uri], || Host::of_uri(text), covers)
            }
            GeneralName::Directory(name) => {
                let is_within = |base: &Vec<u8>, name: &Vec<u8>, _| name.starts_with(base);
                judge.rule([&permitted.directory, &excluded.directory], || name.canonical().ok(), is_within)
            }
            GeneralName::Other(number) if permitted.has_other(number) || excluded.has_other(number) => {
                Err(Rule::UnprocessableConstraint(Unprocessable::Form(form(&name))))
            }
            GeneralName::Other(_) => Ok(()),
        }
    }

    /// Checks what a subject holds. `may_be_host`: it is no CA's, and there is no dNSName beside it.
    pub(crate) fn check_subject(&self, subject: Name<'_>, may_be_host: bool, budget: &mut Budget) -> Result<(), Rule> {
        if !subject.is_empty() {
            self.check_name(GeneralName::Directory(subject), budget)?;
        }
        // RFC 5280 asks for this where there is no subjectAltName. Somebody may believe the subject although there is one.
        if !self.permitted.email.is_empty() || !self.excluded.email.is_empty() {
            for (_, address) in subject.values(oid::EMAIL_ADDRESS)? {
                self.check_name(GeneralName::Email(address), budget)?;
            }
        }
        // Nothing here takes a common name for a host. Somebody may, as OpenSSL does where there is no dNSName, and then a CA that
        // may not speak for the host must not be able to.
        if may_be_host {
            for (_, name) in subject.values(oid::COMMON_NAME)? {
                if name.contains(&b'.') && DnsName::read(name).is_some() {
                    self.check_name(GeneralName::Dns(name), budget)?;
                }
            }
        }
        Ok(())
    }
}

/// [`NameConstraints::check`] on a budget that others draw on as well.
pub(crate) fn check(
    constraints: &NameConstraints<'_>,
    certificate: &Certificate<'_>,
    budget: &mut Budget,
) -> Result<(), Rule> {
    let has_dns = certificate.subject_alt_names()?.any(|name| matches!(name, Ok(GeneralName::Dns(_))));
    let may_be_host = !has_dns && !certificate.basic_constraints()?.is_some_and(|own| own.ca);
    constraints.check_subject(certificate.subject(), may_be_host, budget)?;
    certificate.subject_alt_names()?.try_for_each(|name| constraints.check_name(name?, budget))
}

/// What the errors of the reader name.
const WHAT: &str = "nameConstraints";

/// From which list a subtree comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// What a name stands for must lie in it as a whole.
    Permitted,
    /// Nothing that a name stands for may lie in it.
    Excluded,
}

/// The subtrees of one list, by their forms, so that a name meets only those of its own.
#[derive(Clone, Debug, Default)]
struct Subtrees<'a> {
    dns: Vec<Domain<'a>>,
    ip: Vec<Range<'a>>,
    email: Vec<mailbox::Constraint<'a>>,
    uri: Vec<Domain<'a>>,
    /// In canonical form.
    directory: Vec<Vec<u8>>,
    /// Forms that are not processed: bit n for the tag number n.
    others: u32,
}

impl<'a> Subtrees<'a> {
    fn read(list: &'a [u8]) -> Result<Self, Rule> {
        let mut reader = Reader::new(list, WHAT)?;
        if reader.is_empty() {
            return Err(reader.malformed());
        }
        let mut own = Self::default();
        while !reader.is_empty() {
            let mut subtree = Reader::new(reader.take(Tag::Sequence)?, WHAT)?;
            let base = GeneralName::read(&mut subtree)?;
            let minimum = subtree.maybe(primitive(0))?;
            let maximum = subtree.maybe(primitive(1))?;
            subtree.end()?;
            if minimum.is_some_and(|minimum| minimum != [0]) || maximum.is_some() {
                return Err(Rule::UnprocessableConstraint(Unprocessable::Distance));
            }
            own.add(base).ok_or(Rule::UnprocessableConstraint(Unprocessable::Constraint(form(&base))))?;
        }
        Ok(own)
    }

    /// `None` if the base is malformed.
    fn add(&mut self, base: GeneralName<'a>) -> Option<()> {
        match base {
            GeneralName::Dns(text) => self.dns.push(Domain::read(text)?),
            GeneralName::Ip(octets) => self.ip.push(Range::read(octets)?),
            GeneralName::Email(text) => self.email.push(mailbox::Constraint::read(text)?),
            GeneralName::Uri(text) => self.uri.push(Domain::read_for_uri(text)?),
            GeneralName::Directory(name) => self.directory.push(name.canonical().ok()?),
            GeneralName::SmtpUtf8Mailbox(_) => self.others |= 1,
            GeneralName::Other(number) => self.others |= 1_u32.checked_shl(number)?,
        }
        Some(())
    }

    fn has_other(&self, number: u32) -> bool {
        self.others.checked_shr(number).is_some_and(|bits| bits & 1 != 0)
    }
}

/// Addresses that agree in their first bits: an address and a mask of the same length. RFC 5280 §4.2.1.10 has them in the
/// style of CIDR, so the ones of the mask stand together. Bits of the address beyond the mask do not matter.
#[derive(Clone, Copy, Debug)]
struct Range<'a> {
    address: &'a [u8],
    mask: &'a [u8],
}

impl<'a> Range<'a> {
    fn read(octets: &'a [u8]) -> Option<Self> {
        let (address, mask) = octets.split_at_checked(octets.len() / 2)?;
        let mut bits = mask.iter().flat_map(|octet| (0..8).map(move |at| octet << at & 0x80 != 0));
        let is_contiguous = bits.by_ref().skip_while(|bit| *bit).all(|bit| !bit);
        (matches!(octets.len(), 8 | 32) && is_contiguous).then_some(Self { address, mask })
    }

    fn contains(&self, address: &[u8]) -> bool {
        let is_same = |((a, b), mask): ((&u8, &u8), &u8)| (a ^ b) & mask == 0;
        address.len() == self.address.len() && address.iter().zip(self.address).zip(self.mask).all(is_same)
    }
}

fn read_address(octets: &[u8]) -> Option<&[u8]> {
    matches!(octets.len(), 4 | 16).then_some(octets)
}

/// One name before the subtrees of its form.
struct Judge<'n, 'b> {
    name: GeneralName<'n>,
    budget: &'b mut Budget,
}

impl Judge<'_, '_> {
    /// The name must be covered by one of the permitted subtrees, if there are any, and by none of the excluded ones. It is
    /// read only if there is something to hold it against.
    fn rule<C, N>(
        &mut self,
        [permitted, excluded]: [&[C]; 2],
        read: impl FnOnce() -> Option<N>,
        covers: impl Fn(&C, &N, Side) -> bool,
    ) -> Result<(), Rule> {
        if permitted.is_empty() && excluded.is_empty() {
            return Ok(());
        }
        let name = read().ok_or_else(|| Rule::UnprocessableConstraint(Unprocessable::Name(text(&self.name))))?;
        let mut is_covered = |subtrees: &[C], side| {
            for subtree in subtrees {
                self.budget.name_comparison()?;
                if covers(subtree, &name, side) {
                    return Ok::<_, Rule>(true);
                }
            }
            Ok(false)
        };
        let is_permitted = permitted.is_empty() || is_covered(permitted, Side::Permitted)?;
        let is_excluded = is_permitted && is_covered(excluded, Side::Excluded)?;
        if is_permitted && !is_excluded {
            return Ok(());
        }
        Err(Rule::NameConstraint { name: text(&self.name), excluded: is_excluded })
    }
}

/// What RFC 5280 calls the form of the name.
pub(crate) fn form(name: &GeneralName<'_>) -> &'static str {
    match name {
        GeneralName::Dns(_) => "dNSName",
        GeneralName::Ip(_) => "iPAddress",
        GeneralName::Email(_) => "rfc822Name",
        GeneralName::Uri(_) => "uniformResourceIdentifier",
        GeneralName::Directory(_) => "directoryName",
        GeneralName::SmtpUtf8Mailbox(_) => "SmtpUTF8Mailbox",
        GeneralName::Other(0) => "otherName",
        GeneralName::Other(3) => "x400Address",
        GeneralName::Other(5) => "ediPartyName",
        GeneralName::Other(_) => "registeredID",
    }
}

/// How much of a name an error shows, in bytes.
const SHOWN_LEN: usize = 64;

pub(crate) fn text(name: &GeneralName<'_>) -> String {
    let shown = match name {
        GeneralName::Dns(text)
        | GeneralName::Email(text)
        | GeneralName::Uri(text)
        | GeneralName::SmtpUtf8Mailbox(text) => escape_bytes(text, SHOWN_LEN),
        GeneralName::Ip(octets) => match (<[u8; 4]>::try_from(*octets), <[u8; 16]>::try_from(*octets)) {
            (Ok(octets), _) => format!("{}", net::Ipv4Addr::from(octets)),
            (_, Ok(octets)) => format!("{}", net::Ipv6Addr::from(octets)),
            _ => format!("of {} octets", octets.len()),
        },
        GeneralName::Directory(name) => Name::text(*name, SHOWN_LEN),
        GeneralName::Other(_) => String::new(),
    };
    format!("{} {shown}", form(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::{sequence, tlv};

    /// One permitted subtree of these parts.
    fn permit(parts: &[&[u8]]) -> Result<NameConstraints<'static>, Rule> {
        let der = sequence(&[&tlv(0xa0, &[&sequence(parts)])]);
        NameConstraints::read(der.leak())
    }

    #[test]
    fn lists() {
        let subtree = sequence(&[&tlv(0x82, &[b"host.test"])]);
        let list = |tag| tlv(tag, &[&subtree, &subtree]);
        for (parts, permitted, excluded) in
            [(list(0xa0), 2, 0), (list(0xa1), 0, 2), ([list(0xa0), list(0xa1)].concat(), 2, 2)]
        {
            let der = sequence(&[&parts]);
            for read in [NameConstraints::read(&der).unwrap(), NameConstraints::read_content(&parts).unwrap()] {
                assert_eq!((read.permitted.dns.len(), read.excluded.dns.len()), (permitted, excluded));
            }
        }
        for bad in [
            Vec::new(),
            tlv(0xa0, &[]),
            [list(0xa0), tlv(0xa1, &[])].concat(),
            [list(0xa1), list(0xa0)].concat(),
            [list(0xa0), list(0xa0)].concat(),
            list(0xa2),
            list(0x80),
            list(0x30),
            sequence(&[&list(0xa0)]),
            tlv(0xa0, &[&tlv(0x82, &[b"host.test"])]),
            tlv(0xa0, &[&sequence(&[])]),
            tlv(0xa0, &[&sequence(&[&tlv(0x89, &[b"host.test"])])]),
            [list(0xa0), [5, 0].to_vec()].concat(),
        ] {
            let error = Some(Rule::Malformed("nameConstraints"));
            assert_eq!(NameConstraints::read(&sequence(&[&bad])).err(), error, "{bad:x?}");
            assert_eq!(NameConstraints::read_content(&bad).err(), error, "{bad:x?}");
        }
        assert!(NameConstraints::read(&list(0xa0)).is_err());
        assert!(NameConstraints::read(&[sequence(&[&list(0xa0)]), [5, 0].to_vec()].concat()).is_err());
    }

    #[test]
    fn depth_is_not_limited() {
        let base = tlv(0x82, &[b"host.test"]);
        assert!(permit(&[&base, &tlv(0x80, &[&[0]])]).is_ok());
        for parts in [
            &[&base[..], &[0x80, 1, 1]][..],
            &[&base, &[0x80, 0]],
            &[&base, &[0x80, 2, 0, 0]],
            &[&base, &[0x81, 1, 0]],
            &[&base, &[0x80, 1, 0], &[0x81, 1, 9]],
        ] {
            assert_eq!(permit(parts).err(), Some(Rule::UnprocessableConstraint(Unprocessable::Distance)), "{parts:x?}");
        }
        for parts in [&[&base[..], &[0x81, 1, 0], &[0x80, 1, 0]][..], &[&base, &[5, 0]]] {
            assert_eq!(permit(parts).err(), Some(Rule::Malformed("nameConstraints")), "{parts:x?}");
        }
    }

    #[test]
    fn bases_have_the_syntax_of_their_forms() {
        for (tag, base, form) in [
            (0x82, &b"*.host.test"[..], "dNSName"),
            (0x82, b"host.test.", "dNSName"),
            (0x81, b"bob@", "rfc822Name"),
            (0x86, b"https://host.test", "uniformResourceIdentifier"),
            (0x86, b"192.0.2.1", "uniformResourceIdentifier"),
            (0x87, &[192, 0, 2, 1], "iPAddress"),
            (0x87, &[], "iPAddress"),
            (0x87, &[0; 16], "iPAddress"),
            (0x87, &[0; 33], "iPAddress"),
            (0x87, &[192, 0, 2, 0, 255, 0, 255, 0], "iPAddress"),
            (0x87, &[192, 0, 2, 0, 0, 255, 255, 255], "iPAddress"),
            (0x87, &[192, 0, 2, 0, 255, 255, 0xfd, 0], "iPAddress"),
            (0xa4, &[0x30, 2, 0x31, 0], "directoryName"),
        ] {
            let error = permit(&[&tlv(tag, &[base])]).err();
            assert_eq!(error, Some(Rule::UnprocessableConstraint(Unprocessable::Constraint(form))), "{base:x?}");
        }
        for (tag, base) in [
            (0x82, &b".host.test"[..]),
            (0x81, b"bob@host.test"),
            (0x86, b"host.test"),
            (0x87, &[0; 8]),
            (0x87, &[255; 32]),
            // Bits beyond the mask.
            (0x87, &[192, 0, 2, 1, 255, 255, 0xfe, 0]),
            (0xa4, &[0x30, 0]),
            (0xa0, &[6, 1, 5, 0xa0, 2, 5, 0]),
            (0x88, &[5]),
        ] {
            assert!(permit(&[&tlv(tag, &[base])]).is_ok(), "{base:x?}");
        }
    }

    #[test]
    fn ranges_of_addresses() {
        let range = |octets: &'static [u8]| Range::read(octets).unwrap();
        let net = range(&[192, 0, 3, 9, 255, 255, 0xfe, 0]);
        assert!(net.contains(&[192, 0, 2, 1]) && net.contains(&[192, 0, 3, 255]));
        assert!(!net.contains(&[192, 0, 4, 1]) && !net.contains(&[193, 0, 2, 1]) && !net.contains(&[0; 16]));
        assert!(range(&[0; 8]).contains(&[255; 4]) && !range(&[0; 8]).contains(&[0; 16]));
        assert!(range(&[0; 32]).contains(&[255; 16]) && !range(&[0; 32]).contains(&[0; 4]));
    }

    /// What a peer writes is escaped and cut.
    #[test]
    fn names_in_messages() {
        for (name, shown) in [
            (GeneralName::Dns(b"a\x1b"), "dNSName a\\u{1b}"),
            (GeneralName::Ip(&[192, 0, 2, 1]), "iPAddress 192.0.2.1"),
            (GeneralName::Ip(&[0; 16]), "iPAddress ::"),
            (GeneralName::Ip(&[0; 3]), "iPAddress of 3 octets"),
            (GeneralName::Directory(Name::new(&[])), "directoryName empty name"),
        ] {
            assert_eq!(text(&name), shown);
        }
        assert!(text(&GeneralName::Uri(&[b'x'; 10_000])).len() < 100);
    }
}

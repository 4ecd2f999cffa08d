//! A certificate revocation list, read in place.

use crate::asn1::{Reader, Signed, constructed, primitive};
use crate::distribution_point::{DistributionPointName, Reasons};
use crate::error::Rule;
use crate::extension::{self, Extension};
use crate::oid;
use crate::reason::Reason;
use crate::signature_algorithm::CertificateSignature;
use crate::subject::Name;
use crate::time::Time;
use core::fmt;
use der::Tag;

/// A complete CRL of one issuer about its own certificates. Everything but the entries has been read; those are read one
/// after the other when they are asked for.
///
/// ```text
/// CertificateList ::= SEQUENCE {                            RFC 5280 §5.1
///     tbsCertList             TBSCertList                  what is signed
///     signatureAlgorithm      AlgorithmIdentifier          the same octets as inside
///     signatureValue          BIT STRING }                 whole octets
///
/// TBSCertList ::= SEQUENCE {
///     version                 INTEGER OPTIONAL             v2 = 1; in v1 it is absent
///     signature               AlgorithmIdentifier
///     issuer                  Name
///     thisUpdate              Time
///     nextUpdate              Time OPTIONAL                required by §5.1.2.5
///     revokedCertificates     SEQUENCE OF Entry OPTIONAL
///     crlExtensions       [0] EXPLICIT Extensions OPTIONAL }    v2
/// ```
///
/// | extension | clause | |
/// |---|---|---|
/// | authorityKeyIdentifier | §5.2.1 | which key of the issuer |
/// | cRLNumber | §5.2.3 | required in v2 |
/// | issuingDistributionPoint | §5.2.5 | [`Scope`] |
/// | deltaCRLIndicator | §5.2.4 | refused: a delta says nothing without its base |
/// | any other | §5.2 | refused when critical |
#[derive(Clone)]
pub struct Crl<'a> {
    der: &'a [u8],
    tbs: &'a [u8],
    algorithm: &'a [u8],
    issuer: Name<'a>,
    this_update: Time,
    next_update: Time,
    /// The content octets of revokedCertificates.
    entries: &'a [u8],
    extensions: Extensions<'a>,
    signature: &'a [u8],
}

/// The longest cRLNumber, in octets (RFC 5280 §5.2.3).
const NUMBER_MAX: usize = 20;

impl<'a> Crl<'a> {
    /// Reads a CRL, all but its entries.
    ///
    /// # Errors
    /// [`Rule::CrlMalformed`] names the field; [`Rule::CrlScope`] for a delta CRL and an indirect one;
    /// [`Rule::CrlCriticalExtension`].
    pub fn parse(der: &'a [u8]) -> Result<Self, Rule> {
        Self::read(der).map_err(Rule::of_crl)
    }

    fn read(der: &'a [u8]) -> Result<Self, Rule> {
        let Signed { tbs, algorithm, signature } = Signed::read(der)?;
        let mut reader = Reader::new(tbs.value, "version")?;
        let has_extensions = match reader.maybe(Tag::Integer)? {
            None => false,
            Some([1]) => true,
            Some(_) => return Err(reader.malformed()),
        };
        // RFC 5280 §5.1.1.2: as in certificates.
        let mut reader = reader.named("signatureAlgorithm");
        if reader.take(Tag::Sequence)? != algorithm {
            return Err(reader.malformed());
        }
        let mut reader = reader.named("issuer");
        let issuer = Name::new(reader.take(Tag::Sequence)?);
        let mut reader = reader.named("thisUpdate");
        let this_update = Time::read(&mut reader)?;
        // Without it a list would be good forever, and whoever holds back its successors could keep it so.
        let mut reader = reader.named("nextUpdate");
        let next_update = Time::read(&mut reader)?;
        let mut reader = reader.named("revokedCertificates");
        // RFC 5280 §5.1.2.6 would have an empty list left out; what it means is clear.
        let entries = reader.maybe(Tag::Sequence)?.unwrap_or_default();
        let mut reader = reader.named("tbsCertList");
        let extensions = if has_extensions { Extensions::read(reader.maybe(constructed(0))?)? } else { Extensions::V1 };
        reader.end()?;
        let tbs = tbs.der;
        Ok(Self { der, tbs, algorithm, issuer, this_update, next_update, entries, extensions, signature })
    }

    /// The whole CRL.
    pub const fn der(&self) -> &'a [u8] {
        self.der
    }

    /// What the issuer signed.
    pub const fn tbs(&self) -> &'a [u8] {
        self.tbs
    }

    /// Whose certificates it lists.
    pub const fn issuer(&self) -> Name<'a> {
        self.issuer
    }

    /// When it was made.
    pub const fn this_update(&self) -> Time {
        self.this_update
    }

    /// When the next one will be there at the latest.
    pub const fn next_update(&self) -> Time {
        self.next_update
    }

    /// Its number, big-endian without leading zeros; `None` in a CRL of version 1.
    pub const fn number(&self) -> Option<&'a [u8]> {
        self.extensions.number
    }

    /// The `keyIdentifier` of the `authorityKeyIdentifier`.
    pub const fn authority_key_identifier(&self) -> Option<&'a [u8]> {
        self.extensions.key_identifier
    }

    /// Which certificates it speaks about.
    pub const fn scope(&self) -> &Scope<'a> {
        &self.extensions.scope
    }

    /// How it is signed.
    ///
    /// # Errors
    /// [`Rule::CrlAlgorithm`], [`Rule::CrlMalformed`].
    pub fn signature_algorithm(&self) -> Result<CertificateSignature, Rule> {
        CertificateSignature::parse_content(self.algorithm).map_err(Rule::of_crl)
    }

    /// The octets of the signature.
    pub const fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// The revoked certificates, in the order of the list. Nothing follows an error.
    pub fn entries(&self) -> impl Iterator<Item = Result<Entry<'a>, Rule>> + use<'a> {
        let has_extensions = self.has_entry_extensions();
        let mut reader = self.entries_from(0);
        core::iter::from_fn(move || {
            let mut own = reader.take()?;
            if own.is_empty() {
                return None;
            }
            let entry = Entry::read(&mut own, has_extensions).map_err(Rule::of_crl);
            reader = entry.is_ok().then_some(own);
            Some(entry)
        })
    }

    /// The entry that starts `offset` octets into the list.
    pub(crate) fn entry_at(&self, offset: usize) -> Option<Entry<'a>> {
        Entry::read(&mut self.entries_from(offset)?, self.has_entry_extensions()).ok()
    }

    fn entries_from(&self, offset: usize) -> Option<Reader<'a>> {
        Reader::new(self.entries.get(offset..)?, "revokedCertificates").ok()
    }

    /// RFC 5280 §5.1.2.6: only version 2 has them.
    fn has_entry_extensions(&self) -> bool {
        self.extensions.number.is_some()
    }
}

impl fmt::Debug for Crl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crl")
            .field("issuer", &self.issuer)
            .field("this_update", &self.this_update)
            .field("next_update", &self.next_update)
            .finish_non_exhaustive()
    }
}

/// What the extensions of a CRL say.
#[derive(Clone)]
struct Extensions<'a> {
    number: Option<&'a [u8]>,
    key_identifier: Option<&'a [u8]>,
    scope: Scope<'a>,
}

impl<'a> Extensions<'a> {
    /// There are none.
    const V1: Self = Self { number: None, key_identifier: None, scope: Scope::ALL };

    fn read(explicit: Option<&'a [u8]>) -> Result<Self, Rule> {
        let mut own = Self::V1;
        for extension in explicit.map_or(Ok(Default::default()), Extension::read_all)? {
            match extension.oid {
                oid::CRL_NUMBER => own.number = Some(read_number(&extension)?),
                oid::AUTHORITY_KEY_IDENTIFIER => {
                    own.key_identifier = extension::authority_key_identifier(extension.value)?;
                }
                // Whether it is critical, as it has to be, or not: to ignore it would widen what the list covers.
                oid::ISSUING_DISTRIBUTION_POINT => own.scope = Scope::read(extension.value)?,
                oid::DELTA_CRL_INDICATOR => return Err(Rule::CrlScope("deltaCRLIndicator")),
                unknown if extension.critical => return Err(Rule::CrlCriticalExtension(oid::dotted(unknown))),
                _ => {}
            }
        }
        if own.number.is_none() { Err(Rule::Malformed("cRLNumber")) } else { Ok(own) }
    }
}

/// `CRLNumber ::= INTEGER (0..MAX)`, and never critical (RFC 5280 §5.2.3).
fn read_number<'a>(extension: &Extension<'a>) -> Result<&'a [u8], Rule> {
    let mut reader = Reader::new(extension.value, "cRLNumber")?;
    let number = reader.unsigned()?;
    if extension.critical || number.len() > NUMBER_MAX {
        return Err(reader.malformed());
    }
    reader.end()?;
    Ok(number)
}

/// Which certificates of its issuer a CRL covers, and which reasons of revocation.
///
/// ```text
/// IssuingDistributionPoint ::= SEQUENCE {                   RFC 5280 §5.2.5
///     distributionPoint             [0] DistributionPointName OPTIONAL    EXPLICIT, because it is a CHOICE
///     onlyContainsUserCerts         [1] BOOLEAN DEFAULT FALSE             at most one of these
///     onlyContainsCACerts           [2] BOOLEAN DEFAULT FALSE             is TRUE
///     onlySomeReasons               [3] ReasonFlags OPTIONAL
///     indirectCRL                   [4] BOOLEAN DEFAULT FALSE             refused
///     onlyContainsAttributeCerts    [5] BOOLEAN DEFAULT FALSE }           one of these as well
/// ```
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    /// Only certificates that have one of these names among their distribution points.
    pub point: Option<DistributionPointName<'a>>,
    /// Only certificates of this kind.
    pub kind: Option<Kind>,
    /// Only revocations for these reasons.
    pub reasons: Reasons,
}

/// A kind of certificates that a CRL can be restricted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Those of no CA.
    User,
    /// Those of CAs.
    Ca,
    /// Attribute certificates, which do not occur in TLS.
    Attribute,
}

impl<'a> Scope<'a> {
    /// Everything.
    const ALL: Self = Self { point: None, kind: None, reasons: Reasons::ALL };

    /// How many names a distribution point of a CRL can have.
    pub const MAX_NAMES: usize = 32;

    fn read(value: &'a [u8]) -> Result<Self, Rule> {
        const WHAT: &str = "issuingDistributionPoint";
        let mut reader = Reader::sequence(value, WHAT)?;
        if reader.is_empty() {
            return Err(reader.malformed());
        }
        let mut own = Self::ALL;
        if let Some(content) = reader.maybe(constructed(0))? {
            let point = DistributionPointName::read(content, WHAT)?;
            if let DistributionPointName::Full(names) = &point {
                let mut count = 0_usize;
                for name in names.clone() {
                    name?;
                    count = count.saturating_add(1);
                }
                if count > Self::MAX_NAMES {
                    return Err(reader.malformed());
                }
            }
            own.point = Some(point);
        }
        let user = flag(&mut reader, 1)?.then_some(Kind::User);
        let ca = flag(&mut reader, 2)?.then_some(Kind::Ca);
        if let Some(content) = reader.maybe(primitive(3))? {
            own.reasons = Reasons::read(content, WHAT)?;
        }
        let is_indirect = flag(&mut reader, 4)?;
        let attribute = flag(&mut reader, 5)?.then_some(Kind::Attribute);
        own.kind = match (user, ca, attribute) {
            (kind, None, None) | (None, kind, None) | (None, None, kind) => kind,
            _ => return Err(reader.malformed()),
        };
        reader.end()?;
        if is_indirect { Err(Rule::CrlScope("indirectCRL")) } else { Ok(own) }
    }

    /// Whether it is about the certificates of CAs, or of others.
    pub(crate) fn has_kind(&self, is_ca: bool) -> bool {
        self.kind.is_none_or(|kind| kind == if is_ca { Kind::Ca } else { Kind::User })
    }
}

/// `[number] IMPLICIT BOOLEAN DEFAULT FALSE`; FALSE may be spelled out as in [`Reader::flag`].
fn flag(reader: &mut Reader<'_>, number: u32) -> Result<bool, Rule> {
    match reader.maybe(primitive(number))? {
        None | Some([0]) => Ok(false),
        Some([0xff]) => Ok(true),
        Some(_) => Err(reader.malformed()),
    }
}

/// One revoked certificate.
///
/// ```text
/// Entry ::= SEQUENCE {                                      RFC 5280 §5.1.2.6, without a name of its own
///     userCertificate       INTEGER                        its serial number
///     revocationDate        Time
///     crlEntryExtensions    Extensions OPTIONAL }          v2
/// ```
///
/// | extension | clause | |
/// |---|---|---|
/// | reasonCode | §5.3.1 | removeFromCRL belongs into deltas and is refused |
/// | invalidityDate | §5.3.2 | |
/// | certificateIssuer | §5.3.3 | refused: the list is indirect |
/// | any other | §5.3 | refused when critical |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The content octets of the serial number.
    pub serial: &'a [u8],
    /// When the issuer revoked it.
    pub date: Time,
    /// Why, if it says.
    pub reason: Option<Reason>,
    /// From when on the key may have been somebody else's, if it says.
    pub invalidity_date: Option<Time>,
    /// How many octets the entry has.
    pub(crate) len: usize,
}

impl<'a> Entry<'a> {
    fn read(list: &mut Reader<'a>, has_extensions: bool) -> Result<Self, Rule> {
        let element = list.element()?;
        if element.tag != Tag::Sequence {
            return Err(list.malformed());
        }
        let mut reader = Reader::new(element.value, "userCertificate")?;
        let serial = reader.integer()?;
        let mut reader = reader.named("revocationDate");
        let date = Time::read(&mut reader)?;
        let mut own = Self { serial, date, reason: None, invalidity_date: None, len: element.der.len() };
        let mut reader = reader.named("crlEntryExtensions");
        if has_extensions && !reader.is_empty() {
            let list = reader.element()?.der;
            Extension::read_all(list)?.iter().try_for_each(|extension| own.extend(extension))?;
        }
        reader.end()?;
        Ok(own)
    }

    fn extend(&mut self, extension: &Extension<'_>) -> Result<(), Rule> {
        match extension.oid {
            oid::REASON_CODE => {
                let mut reader = Reader::new(extension.value, "reasonCode")?;
                let reason = Reason::read(&mut reader)?;
                if reason == Reason::RemoveFromCrl {
                    return Err(reader.malformed());
                }
                reader.end()?;
                self.reason = Some(reason);
            }
            oid::INVALIDITY_DATE => {
                let mut reader = Reader::new(extension.value, "invalidityDate")?;
                if reader.clone().maybe(Tag::GeneralizedTime)?.is_none() {
                    return Err(reader.malformed());
                }
                self.invalidity_date = Some(Time::read(&mut reader)?);
                reader.end()?;
            }
            oid::CERTIFICATE_ISSUER => return Err(Rule::CrlScope("certificateIssuer")),
            unknown if extension.critical => return Err(Rule::CrlCriticalExtension(oid::dotted(unknown))),
            _ => {}
        }
        Ok(())
    }
}

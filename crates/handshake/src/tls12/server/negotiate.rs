//! Which suite, which group.

use crate::alpn::HTTP2;
use crate::auth::shared_schemes;
use crate::tls12::exchange::fits;
use crate::tls12::{ServerParams as Tls12, is_for_http2};
use crate::{ClientAuth, Failure, Refusal, ServerParams, certificate_type, preference};
use alloc::{sync::Arc, vec::Vec};
use handfast_crypto::group::{is_field, is_post_quantum};
use handfast_crypto::signature::{Scheme, SignatureAlgorithm};
use handfast_crypto::{Authentication, Cipher, CryptoError, Group, KeyExchange, KeyKind, Suite};
use handfast_wire::extension::{SignatureAlgorithms, SignatureAlgorithmsCert, SupportedGroups};
use handfast_wire::message::ClientHello;
use handfast_wire::{CertificateType, ExtensionType, NamedGroup, SignatureScheme};

/// The suites both sides have and could use, the preferred first. Which one it will be, the certificate decides.
pub(super) struct Usable {
    suites: Vec<&'static Suite>,
    pub(super) curve: Option<&'static dyn Group>,
    pub(super) field: Option<Field>,
    /// The schemes both can use, in the client's order.
    pub(super) schemes: Arc<[SignatureScheme]>,
    pub(super) certificate_schemes: Vec<SignatureScheme>,
}

/// A finite field: one that the client named, or one of this side's choice.
#[derive(Clone)]
pub(super) enum Field {
    Named(&'static dyn Group),
    Own(Arc<dyn Group>),
}

impl Field {
    pub(super) fn group(&self) -> &dyn Group {
        match self {
            Self::Named(group) => *group,
            Self::Own(group) => &**group,
        }
    }
}

/// What a suite is chosen for.
#[derive(Clone, Copy)]
pub(super) enum Choice {
    /// A certificate with such a key is presented.
    Presented(KeyKind),
    /// None is.
    Nothing,
}

impl Usable {
    pub(super) fn new(params: &ServerParams, m: &ClientHello<'_>, protocol: Option<&[u8]>) -> Result<Self, Failure> {
        let tls12 = params.tls12.as_ref().ok_or(CryptoError::Failed)?;
        let groups = m.extensions.find::<SupportedGroups<'_>>()?;
        let groups: Option<Vec<NamedGroup>> = groups.map(|groups| groups.0.iter().collect());
        let curve = curve(params, groups.as_deref());
        let field = field(params, tls12, groups.as_deref());
        let theirs = m.extensions.find::<SignatureAlgorithms<'_>>()?.map(|list| list.0).unwrap_or_default();
        let in_certificates = m.extensions.find::<SignatureAlgorithmsCert<'_>>()?.map_or(theirs, |list| list.0);
        // The key that decrypts is one of a certificate.
        let takes_x509 = certificate_type::Offered::read(m)?.of_server().contains(&CertificateType::X509);
        let encrypt_then_mac = m.extensions.contains(ExtensionType::ENCRYPT_THEN_MAC);
        let possible = |suite: &&'static Suite| {
            let exchange = suite.exchange;
            (!exchange.has_curve() || curve.is_some())
                && (!exchange.has_field() || field.is_some())
                && (exchange != KeyExchange::Rsa || tls12.transport.is_some() && takes_x509)
                && (params.client_auth != ClientAuth::Require || !exchange.has_psk())
                && (protocol != Some(HTTP2) || is_for_http2(suite))
                && (encrypt_then_mac || takes_mac_inside(tls12, suite))
        };
        let suites: Vec<_> = preference::order(params, tls12.suites.iter().copied(), m.cipher_suites)
            .into_iter()
            .filter(possible)
            .collect();
        let signs = |scheme: SignatureScheme| {
            let auth = match Scheme::find(scheme).map(|scheme| scheme.algorithm) {
                Some(SignatureAlgorithm::Ecdsa(_) | SignatureAlgorithm::Ed25519) => Authentication::Ecdsa,
                _ => Authentication::Rsa,
            };
            suites.iter().any(|suite| suite.auth == auth && suite.exchange != KeyExchange::Rsa)
                && has_curve_of(scheme, groups.as_deref())
        };
        let schemes = shared_schemes(theirs.iter().filter(|&scheme| signs(scheme)), &tls12.sign_schemes);
        Ok(Self { schemes, certificate_schemes: in_certificates.iter().collect(), suites, curve, field })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.suites.is_empty()
    }

    /// Whether a certificate that signs can be of use.
    pub(super) fn wants_credential(&self) -> bool {
        !self.schemes.is_empty()
    }

    /// The suite, now that the certificate is known.
    pub(super) fn suite(&self, choice: Choice) -> Result<&'static Suite, Refusal> {
        let fits_choice = |suite: &&&'static Suite| match (choice, suite.exchange) {
            (_, KeyExchange::Rsa) => true,
            (Choice::Presented(kind), exchange) if !exchange.has_psk() => fits(suite.auth, kind),
            (_, exchange) => exchange.has_psk(),
        };
        self.suites.iter().find(fits_choice).copied().ok_or(Refusal::Suite)
    }
}

/// The curve preferred here. A client without supported_groups takes any (RFC 8422 §4): it gets the one that everybody
/// has.
fn curve(params: &ServerParams, offered: Option<&[NamedGroup]>) -> Option<&'static dyn Group> {
    let own =
        || params.groups.iter().copied().filter(|group| group.field().is_none() && !is_post_quantum(group.name()));
    match offered {
        Some(offered) => own().find(|group| offered.contains(&group.name())),
        None => own().find(|group| group.name() == NamedGroup::SECP256R1).or_else(|| own().next()),
    }
}

/// The finite field (RFC 7919 §4): a client that names some takes no other.
fn field(params: &ServerParams, tls12: &Tls12, offered: Option<&[NamedGroup]>) -> Option<Field> {
    let offered = offered.unwrap_or_default();
    if offered.iter().any(|&name| names_field(name)) {
        let mut own = params.groups.iter().copied().filter(|group| is_field(group.name()));
        return own.find(|group| offered.contains(&group.name())).map(Field::Named);
    }
    tls12.field.clone().map(Field::Own)
}

/// RFC 7919 §2: the code points of finite fields, whether they are known or not.
const fn names_field(name: NamedGroup) -> bool {
    matches!(name.0, 0x0100..=0x01ff)
}

/// RFC 8422 §5.1: a client takes the keys of the curves it names.
fn has_curve_of(scheme: SignatureScheme, offered: Option<&[NamedGroup]>) -> bool {
    let curve = match Scheme::find(scheme).map(|scheme| scheme.key) {
        Some(KeyKind::P256) => NamedGroup::SECP256R1,
        Some(KeyKind::P384) => NamedGroup::SECP384R1,
        Some(KeyKind::P521) => NamedGroup::SECP521R1,
        _ => return true,
    };
    offered.is_none_or(|offered| offered.contains(&curve))
}

/// Whether the suite may be used without RFC 7366: with CBC, that is a switch of its own.
pub(super) const fn takes_mac_inside(tls12: &Tls12, suite: &Suite) -> bool {
    !matches!(suite.cipher, Cipher::Cbc(..)) || tls12.mac_then_encrypt
}

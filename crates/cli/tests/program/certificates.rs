//! Certificates made on the spot, for the tests.

use crate::Scratch;
use handfast::crypto::KeyKind;
use handfast::pki::Certificate;
use handfast::pki::make::{Builder, CrlBuilder, Identity, OcspBuilder, OcspEntry};
use handfast::pki::ocsp::Status;
use handfast::pki::time::Time;
use handfast::pki_types::UnixTime;
use handfast::{Clock, Provider, ServerConfig, SystemClock};
use handfast_net::Acceptor;

pub(crate) const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 30];
pub(crate) const CERTIFICATE_POLICIES: &[u8] = &[0x55, 0x1d, 32];
/// certificatePolicies: 1.2.3.
pub(crate) const POLICY_1_2_3: &[u8] = &[0x30, 6, 0x30, 4, 6, 2, 0x2a, 3];
pub(crate) const DAY: i64 = 86_400;

pub(crate) fn provider() -> Provider {
    handfast::rustcrypto::provider()
}

pub(crate) fn now() -> UnixTime {
    SystemClock.now()
}

/// The same, counted from 1970.
pub(crate) fn seconds() -> i64 {
    Time::from(now()).unix()
}

pub(crate) fn ca(name: &str) -> Builder {
    Builder::ca(name, now())
}

pub(crate) fn server(names: &[&str]) -> Builder {
    Builder::server(names, now())
}

/// A certificate that signs itself.
pub(crate) fn root(builder: Builder) -> Identity {
    Identity::root(&provider(), builder, KeyKind::P256).unwrap()
}

/// A server for `localhost`, in this process, and its CA in a file of that directory.
pub(crate) fn localhost(scratch: &Scratch) -> (String, Acceptor) {
    let issuer = root(ca("A CA"));
    let leaf = issuer.issues(server(&["localhost"]));
    let identity = handfast::Identity::new(&provider(), vec![leaf.certificate], leaf.key.der()).unwrap();
    let acceptor = Acceptor::new(ServerConfig::builder().identity(identity).build().unwrap());
    (scratch.write("ca.pem", issuer.certificate_pem()), acceptor)
}

pub(crate) trait Issue {
    /// A certificate for a fresh key, signed by this one.
    fn issues(&self, builder: Builder) -> Identity;

    /// A list, as PEM, that revokes these of its certificates.
    fn lists(&self, revoked: &[&Identity]) -> String;

    /// An OCSP response that says this of a certificate of its.
    fn answers(&self, leaf: &Identity, status: Status) -> Vec<u8>;
}

impl Issue for Identity {
    fn issues(&self, builder: Builder) -> Identity {
        self.issue(&provider(), builder, KeyKind::P256).unwrap()
    }

    fn lists(&self, revoked: &[&Identity]) -> String {
        let list = revoked
            .iter()
            .fold(CrlBuilder::new(now()), |list, leaf| list.revoke(parse(leaf).serial(), seconds() - DAY, None));
        crl_pem(list, self)
    }

    fn answers(&self, leaf: &Identity, status: Status) -> Vec<u8> {
        let entry = OcspEntry::good(&provider(), &parse(leaf), &parse(self), now()).unwrap();
        OcspBuilder::new(now()).entry(entry.status(status)).signed_by(&provider(), self).unwrap()
    }
}

pub(crate) fn parse(identity: &Identity) -> Certificate<'_> {
    Certificate::parse(&identity.certificate).unwrap()
}

/// Several, one after the other.
pub(crate) fn pem(chain: &[&Identity]) -> String {
    chain.iter().map(|identity| identity.certificate_pem()).collect()
}

pub(crate) fn crl_pem(list: CrlBuilder, signer: &Identity) -> String {
    handfast::pki::pem::encode("X509 CRL", &list.signed_by(&provider(), signer).unwrap()).to_string()
}

/// A CA that may issue for this host and what is below it.
pub(crate) fn only_for(name: &str, host: &str) -> Builder {
    let len = |len: usize| u8::try_from(len).unwrap();
    let head = [0x30, len(host.len() + 6), 0xa0, len(host.len() + 4), 0x30, len(host.len() + 2), 0x82, len(host.len())];
    ca(name).extension(NAME_CONSTRAINTS, true, &[&head[..], host.as_bytes()].concat())
}

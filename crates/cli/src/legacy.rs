//! The older ways of TLS 1.2: `--legacy` and what goes with it.

use crate::failure::Failure;
use crate::{escape, hex, tls};
use clap::{Args, ValueHint};
use handfast::crypto::{KeyKind, SharedSecret};
use handfast::legacy::{Field, Legacy, PskKeys, RenegotiationLimit, TransportIdentity, dangerous_legacy};
use handfast::pki::pem;
use handfast::{Identity, Provider, Resolve};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What `--help` says of the ways.
pub(crate) const HELP: &str = "\
Older ways of TLS 1.2 to take, each worse than what is on by default, separated by commas:

  cbc               AES-CBC with HMAC, the MAC over the ciphertext
  cbc-mte           the same also with the MAC inside
  rsa               RSA key transport; a server needs `--rsa-cert` and `--rsa-key`
  dhe               Diffie-Hellman over a finite field
  any-dh            with dhe, on a client: also fields that are not those of RFC 7919
  psk=IDENTITY:HEX  a pre-shared key, beside Diffie-Hellman
  psk-only          with psk: also the key alone
  renegotiation     another handshake on the same connection when the peer asks for it; a client only with `--http`";

/// One of the older ways.
#[derive(Clone)]
pub(crate) enum Way {
    Cbc,
    CbcMte,
    Rsa,
    Dhe,
    AnyDh,
    Psk(Arc<Psk>),
    PskOnly,
    Renegotiation,
}

/// A pre-shared key and its name.
pub(crate) struct Psk {
    identity: Vec<u8>,
    key: Vec<u8>,
}

/// Reads the word for one.
pub(crate) fn way(text: &str) -> Result<Way, String> {
    Ok(match text.split_once('=') {
        None => match text {
            "cbc" => Way::Cbc,
            "cbc-mte" => Way::CbcMte,
            "rsa" => Way::Rsa,
            "dhe" => Way::Dhe,
            "any-dh" => Way::AnyDh,
            "psk-only" => Way::PskOnly,
            "renegotiation" => Way::Renegotiation,
            _ => return Err(format!("known ways are {WAYS}")),
        },
        // An identity may have colons.
        Some(("psk", psk)) => {
            let (identity, key) = psk.rsplit_once(':').ok_or("a pre-shared key is IDENTITY:HEX")?;
            let key = hex::decode(key).filter(|key| !key.is_empty()).ok_or("the key is not in hexadecimal digits")?;
            Way::Psk(Arc::new(Psk { identity: identity.as_bytes().to_vec(), key }))
        }
        Some(_) => return Err(format!("known ways are {WAYS}")),
    })
}

const WAYS: &str = "cbc, cbc-mte, rsa, dhe, any-dh, psk=IDENTITY:HEX, psk-only, renegotiation";

impl PskKeys for Psk {
    fn choose(&self, _: &[u8]) -> Option<(Vec<u8>, SharedSecret)> {
        Some((self.identity.clone(), SharedSecret::new(self.key.clone())))
    }

    fn find(&self, identity: &[u8]) -> Option<SharedSecret> {
        (identity == self.identity).then(|| SharedSecret::new(self.key.clone()))
    }

    fn domain(&self) -> Option<Vec<u8>> {
        Some(self.identity.clone())
    }
}

/// The switches of a client.
pub(crate) fn client(ways: &[Way], renegotiates: bool) -> Result<Legacy, Failure> {
    let legacy = switches(ways, Field::Named)?;
    Ok(if renegotiates { legacy.renegotiation(RenegotiationLimit::default()) } else { legacy })
}

fn switches(ways: &[Way], field: Field) -> Result<Legacy, Failure> {
    let has = |is_it: fn(&Way) -> bool| ways.iter().any(is_it);
    for (is_alone, needed) in [
        (
            has(|way| matches!(way, Way::AnyDh)) && !has(|way| matches!(way, Way::Dhe)),
            "`any-dh` means nothing without `dhe`",
        ),
        (
            has(|way| matches!(way, Way::PskOnly)) && !has(|way| matches!(way, Way::Psk(_))),
            "`psk-only` means nothing without `psk=IDENTITY:HEX`",
        ),
    ] {
        if is_alone {
            return Err(Failure::usage(needed));
        }
    }
    Ok(ways.iter().fold(dangerous_legacy(), |legacy, way| match way {
        Way::Cbc => legacy.cbc(),
        Way::CbcMte => legacy.cbc_mac_then_encrypt(),
        Way::Rsa => legacy.rsa_key_transport(),
        Way::Dhe => legacy.dhe(field.clone()),
        Way::AnyDh => legacy.any_field(),
        Way::Psk(psk) => legacy.psk(Resolve::Now(psk.clone())),
        Way::PskOnly => legacy.psk_without_dh(),
        Way::Renegotiation => legacy.renegotiation(RenegotiationLimit::default()),
    }))
}

/// What a server needs for some of them.
#[derive(Args)]
pub(crate) struct ServerFlags {
    /// The certificate for `--legacy rsa` (PEM, leaf first), with a key that signs nothing
    #[arg(long, value_name = "FILE", requires = "rsa_key", value_hint = ValueHint::FilePath)]
    rsa_cert: Option<PathBuf>,

    /// The private key of `--rsa-cert` (PEM)
    #[arg(long, value_name = "FILE", requires = "rsa_cert", value_hint = ValueHint::FilePath)]
    rsa_key: Option<PathBuf>,

    /// The finite field for clients of `--legacy dhe` that name none: `auto`, to fit the certificate, or a FILE as `openssl
    /// dhparam` makes it
    #[arg(long, value_name = "auto|FILE", value_hint = ValueHint::FilePath)]
    dhparam: Option<PathBuf>,
}

impl ServerFlags {
    /// The files.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let field = self.dhparam.as_ref().filter(|path| path.as_os_str() != "auto");
        self.rsa_cert.iter().chain(&self.rsa_key).chain(field)
    }
}

/// The switches of a server that has these certificates.
pub(crate) fn server(
    ways: &[Way],
    flags: &ServerFlags,
    identities: &[Arc<Identity>],
    provider: &Provider,
) -> Result<Legacy, Failure> {
    let has = |is_it: fn(&Way) -> bool| ways.iter().any(is_it);
    let field = match (&flags.dhparam, has(|way| matches!(way, Way::Dhe))) {
        (None, _) => Field::Named,
        (Some(_), false) => return Err(Failure::usage("`--dhparam` means nothing without `--legacy dhe`")),
        (Some(path), true) if path.as_os_str() == "auto" => {
            Field::auto(bits(identities), provider).map_err(Failure::usage)?
        }
        (Some(path), true) => Field::from_pem(&tls::read(path)?, provider)
            .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?,
    };
    let legacy = switches(ways, field)?;
    match (&flags.rsa_cert, &flags.rsa_key, has(|way| matches!(way, Way::Rsa))) {
        (Some(cert), Some(key), true) => Ok(legacy.rsa_key_transport_with(transport(provider, cert, key)?)),
        (None, None, false) => Ok(legacy),
        (Some(_), ..) => Err(Failure::usage("`--rsa-cert` means nothing without `--legacy rsa`")),
        _ => Err(Failure::usage("a server of `--legacy rsa` needs `--rsa-cert FILE --rsa-key FILE`")),
    }
}

/// How long the prime should be that goes with these certificates, in bits.
fn bits(identities: &[Arc<Identity>]) -> usize {
    /// The DER of an RSAPublicKey (RFC 8017 Appendix A.1.1) around the modulus, with the usual exponent, in bytes.
    const AROUND: usize = 14;
    let keys = identities.iter().map(|identity| identity.credential().public_key());
    let lengths = keys.filter(|key| key.kind == KeyKind::Rsa).map(|key| key.bytes.len().saturating_sub(AROUND) * 8);
    lengths.max().unwrap_or_default()
}

fn transport(provider: &Provider, cert: &Path, key: &Path) -> Result<Arc<TransportIdentity>, Failure> {
    let bad = |path: &Path, error: &dyn std::fmt::Display| {
        Failure::usage(format!("{}: {}", path.display(), escape::text(&error.to_string())))
    };
    let chain = pem::certificates(&tls::read(cert)?).map_err(|error| bad(cert, &error))?.0;
    let private = pem::private_key(&tls::read(key)?).map_err(|error| bad(key, &error))?;
    TransportIdentity::new(provider, chain, &private).map_err(|error| bad(cert, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        for text in ["cbc", "cbc-mte", "rsa", "dhe", "any-dh", "psk-only", "renegotiation"] {
            assert!(way(text).is_ok(), "{text}");
        }
        for (text, identity, key) in
            [("psk=me:00ff", "me", &[0, 255][..]), ("psk=a:b=c:AB", "a:b=c", &[0xab]), ("psk=:01", "", &[1])]
        {
            let Ok(Way::Psk(psk)) = way(text) else { panic!("{text}") };
            assert_eq!((psk.identity.as_slice(), psk.key.as_slice()), (identity.as_bytes(), key));
            assert!(psk.find(identity.as_bytes()).is_some() && psk.find(b"somebody").is_none());
        }
        for (text, words) in [
            ("rc4", "known ways are cbc, cbc-mte"),
            ("cbc=1", "known ways are"),
            ("psk=00ff", "IDENTITY:HEX"),
            ("psk=me:", "hexadecimal"),
            ("psk=me:0", "hexadecimal"),
            ("psk=me:0g", "hexadecimal"),
        ] {
            assert!(way(text).err().is_some_and(|error| error.contains(words)), "{text}");
        }
    }
}

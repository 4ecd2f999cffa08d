//! `handfast pki`: keys, requests, certificates, and what tells that they are revoked.
//!
//! | file | concept |
//! |---|---|
//! | `key` | private keys |
//! | `request` | certificate requests |
//! | `certificate` | certificates: self-signed, and issued by a CA |
//! | `ca` | CAs |
//! | `container` | keys and certificates in one file: PKCS#12, and out of it |
//! | `terms` | flags that say what a certificate says |
//! | `crl`, `ocsp` | revocation lists, and OCSP responses |
//! | `dev` | a CA and a certificate for this machine |
//! | `input`, `output` | files that are read, and written |

mod ca;
mod certificate;
mod container;
mod crl;
mod dev;
mod input;
mod key;
mod ocsp;
mod output;
mod request;
mod terms;

use crate::escape;
use crate::failure::{EXIT_CODES, Failure};
use clap::{Args, Subcommand};
use handfast::crypto::CryptoError;
use handfast::pki::make;

/// Make keys, certificate requests, certificates, revocation lists and OCSP responses
///
/// `handfast pki dev` makes all that a server on this machine needs. The others are the steps of a small CA: docs/pki.md goes
/// through them. What holds a key is written so that only its owner can read it, and nothing that is there is overwritten
/// without `--force`.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    #[command(after_help = EXIT_CODES)]
    Dev(dev::Arguments),
    #[command(after_help = EXIT_CODES)]
    Key(key::Arguments),
    #[command(after_help = EXIT_CODES)]
    Csr(request::Arguments),
    #[command(after_help = EXIT_CODES)]
    SelfSign(certificate::SelfSign),
    #[command(after_help = EXIT_CODES)]
    Ca(ca::Arguments),
    #[command(after_help = EXIT_CODES)]
    Issue(certificate::Issue),
    #[command(after_help = EXIT_CODES)]
    Crl(crl::Arguments),
    #[command(after_help = EXIT_CODES)]
    Ocsp(ocsp::Arguments),
    #[command(after_help = EXIT_CODES)]
    Pfx(container::ToPfx),
    #[command(after_help = EXIT_CODES)]
    Pem(container::ToPem),
}

/// How long before now what is said of now holds, in seconds: other clocks are slow.
const HEAD_START: i64 = 3_600;

/// Runs it.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.what {
        What::Dev(arguments) => dev::run(arguments),
        What::Key(arguments) => key::run(arguments),
        What::Csr(arguments) => request::run(arguments),
        What::SelfSign(arguments) => certificate::self_sign(arguments),
        What::Ca(arguments) => ca::run(arguments),
        What::Issue(arguments) => certificate::issue(arguments),
        What::Crl(arguments) => crl::run(arguments),
        What::Ocsp(arguments) => ocsp::run(arguments),
        What::Pfx(arguments) => container::to_pfx(arguments),
        What::Pem(arguments) => container::to_pem(arguments),
    }
}

/// What could not be made.
fn unmade(error: &make::Error) -> Failure {
    match error {
        make::Error::Crypto(CryptoError::Unsupported) => Failure::usage(error)
            .hint("RSA keys are made with 2048 to 4096 bits, in steps of 128; other keys have one size"),
        _ => Failure::broken(escape::text(&error.to_string())),
    }
}

//! Certificate requests.

use super::key::Source;
use super::terms::Whose;
use super::{output, unmade};
use crate::failure::Failure;
use crate::password::Opens;
use clap::Args;
use handfast::pki::make::Builder;
use handfast::pki::pem;
use handfast::{Clock, SystemClock};

/// Make a certificate request (PKCS#10, PEM) for a CA, with a key that is there or a new one
#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    source: Source,

    #[command(flatten)]
    whose: Whose,

    /// Ask for a certificate that a server has to staple an OCSP response to (RFC 7633)
    #[arg(long)]
    must_staple: bool,

    #[command(flatten)]
    opens: Opens,

    #[command(flatten)]
    output: output::Flags,
}

/// Runs it.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.whose.is_empty() {
        return Err(Failure::usage("whose certificate is it to be?")
            .hint("`--name www.example.com` asks for a host name, `--subject CN=…` for a distinguished name"));
    }
    let (source, output) = (&arguments.source, &arguments.output);
    output.check(source.new_key.as_ref(), &Vec::from_iter(source.input()))?;
    let provider = handfast::rustcrypto::provider();
    let blank = Builder::new("", SystemClock.now()).subject_content(&[]);
    let mut builder = arguments.whose.apply(blank, false)?;
    if arguments.must_staple {
        builder = builder.must_staple();
    }
    let key = source.key(&provider, &arguments.opens)?;
    let der = builder.request(&provider, &key).map_err(|error| unmade(&error))?;
    output.write_with_key(pem::encode("CERTIFICATE REQUEST", &der).as_bytes(), source, Some(&key))
}

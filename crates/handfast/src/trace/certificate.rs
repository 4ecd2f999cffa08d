//! A certificate in a message.

use super::lines::Lines;
use handfast_pki::subject::Name;
use handfast_pki::{Certificate, pem};

/// What a certificate says of itself, and all of it in PEM.
pub(super) fn show(lines: &mut Lines<'_>, der: &[u8]) {
    lines.line(format_args!("ASN.1Cert, length={}", der.len()));
    let mut inner = lines.inner();
    match Certificate::parse(der) {
        Ok(own) => {
            inner.line(format_args!("Subject: {}", own.subject()));
            inner.line(format_args!("Issuer: {}", own.issuer()));
            inner.hex("Serial Number", own.serial());
            let validity = own.validity();
            inner.line(format_args!("Not Before: {}", validity.not_before));
            inner.line(format_args!("Not After: {}", validity.not_after));
            match own.public_key() {
                Ok(key) => inner.line(format_args!("Public Key: {:?}", key.kind)),
                Err(rule) => inner.line(format_args!("Public Key: {rule}")),
            }
        }
        Err(rule) => inner.line(format_args!("cannot be read: {rule}")),
    }
    for line in pem::encode("CERTIFICATE", der).lines() {
        lines.line(line);
    }
}

/// A name, of an authority say.
pub(super) fn name(lines: &mut Lines<'_>, der: &[u8]) {
    let content = match der {
        [0x30, 0x82, _, _, content @ ..] | [0x30, 0x81, _, content @ ..] | [0x30, ..=0x7f, content @ ..] => content,
        _ => return lines.hex("DistinguishedName", der),
    };
    lines.line(format_args!("DistinguishedName (len={}): {}", der.len(), Name::new(content)));
}

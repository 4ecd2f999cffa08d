//! What to do about a certificate that is not good.

use handfast::pki::{self, Rule};

/// Who judges certificates; the flags differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judge {
    /// `handfast verify`.
    Verify,
    /// `handfast connect`.
    Connect,
    /// `handfast serve` its clients.
    Serve,
}

/// What to do about a certificate that is not good: with the flags of this program, or else what `pki` says, or else
/// something.
pub(crate) fn advice(error: &pki::Error, judge: Judge) -> &'static str {
    if judge == Judge::Serve {
        return of_client(error);
    }
    let own = of_list(error.rule()).or_else(|| match judge {
        Judge::Verify => of_file(error),
        Judge::Connect | Judge::Serve => of_server(error),
    });
    own.or_else(|| of_both(error)).or_else(|| error.hint()).unwrap_or(match judge {
        Judge::Verify => "its issuer has to mend that; `openssl x509 -noout -text -in FILE` shows what is in it",
        Judge::Serve | Judge::Connect => "`--insecure` shows what the server sends; tell it no secrets",
    })
}

/// What helps where a revocation list does not.
fn of_list(rule: &Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::NoCrl => {
            "add the list of its issuer with `--crl FILE`; `--crl-leaf-only` wants none for CAs, and `--crl-optional` takes \
             what no list covers"
        }
        Rule::CrlScope(_) => {
            "add the list that covers it with `--crl FILE`; `--crl-optional` takes what no list covers"
        }
        Rule::CrlExpired { .. } => "fetch the list of its issuer anew; `--crl-expired` takes the old one",
        Rule::CrlSignature
        | Rule::CrlAlgorithm(_)
        | Rule::CrlSigner
        | Rule::NoCrlSign
        | Rule::CrlCriticalExtension(_)
        | Rule::CrlMalformed(_)
        | Rule::CrlTooLarge => {
            "what that list revokes is not known: fetch it anew from the issuer, or leave it out of `--crl`"
        }
        _ => return None,
    })
}

fn of_file(error: &pki::Error) -> Option<&'static str> {
    Some(match error.code() {
        "CERT_HAS_EXPIRED" | "CERT_NOT_YET_VALID" => {
            "it must be renewed; or is the clock of this machine wrong? `--time TIME` verifies as of another time"
        }
        "HOSTNAME_MISMATCH" => "ask for a name that it has with `--host` or `--email`, or have it issued for this one",
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE" | "UNABLE_TO_GET_ISSUER_CERT_LOCALLY" => {
            "trust its CA with `--cafile FILE`, and give the intermediate certificates that lead there in CHAIN or with \
             `--untrusted FILE`"
        }
        "OCSP_VERIFY_NEEDED" => "give the response that the server staples with `--ocsp FILE`",
        "OCSP_VERIFY_FAILED" | "OCSP_CERT_UNKNOWN" => {
            "fetch the OCSP response anew from the issuer's responder, or leave out `--ocsp`"
        }
        "NO_EXPLICIT_POLICY" => {
            "`--policy OID` says which certificate policies are acceptable; without `--explicit-policy` none is required, \
             unless a CA requires one"
        }
        "INVALID_PURPOSE" => "`--purpose PURPOSE` asks for another use; or have one issued for this",
        "CERT_CHAIN_TOO_LONG" => {
            "`--max-depth NUMBER` allows more; `--untrusted` with fewer certificates searches less"
        }
        _ => return None,
    })
}

fn of_server(error: &pki::Error) -> Option<&'static str> {
    Some(match error.code() {
        "CERT_HAS_EXPIRED" => "the server must renew its certificate; or is the clock of this machine wrong?",
        "CERT_NOT_YET_VALID" => "is the clock of this machine right?",
        "HOSTNAME_MISMATCH" => "connect to a name of the certificate, or give the one you mean with `--servername`",
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE" | "UNABLE_TO_GET_ISSUER_CERT_LOCALLY" => {
            "trust its CA with `--cafile FILE`, or those of this system with `--system-roots`; a public server has to \
             send its intermediate certificates"
        }
        "CERT_REVOKED" => "its issuer has taken it back: the server must have a new one; tell this one no secrets",
        "OCSP_VERIFY_NEEDED" => {
            "the server has to staple an OCSP response; `--no-ocsp` does not ask for one, and then none is missing"
        }
        "OCSP_VERIFY_FAILED" | "OCSP_CERT_UNKNOWN" => {
            "the server has to fetch its OCSP response anew; `--no-ocsp` does not ask for one"
        }
        _ => return None,
    })
}

fn of_client(error: &pki::Error) -> &'static str {
    match error.code() {
        "CERT_HAS_EXPIRED" => "the client must renew its certificate; or is the clock of this machine wrong?",
        "CERT_NOT_YET_VALID" => "is the clock of this machine right?",
        "CERT_REVOKED" => "its issuer has taken it back: the client must have a new one",
        "INVALID_PURPOSE" => "the client's certificate is for something else than TLS clients",
        "UNABLE_TO_GET_CRL" | "CRL_HAS_EXPIRED" => "`--client-crl FILE` needs a current list of every issuer",
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
        | "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"
        | "DEPTH_ZERO_SELF_SIGNED_CERT"
        | "SELF_SIGNED_CERT_IN_CHAIN"
        | "CERT_SIGNATURE_FAILURE" => {
            "`--client-ca FILE` has to have the CA of the client's certificate, and the client to send what leads there"
        }
        _ => "the client needs another certificate",
    }
}

fn of_both(error: &pki::Error) -> Option<&'static str> {
    Some(match error.code() {
        _ if matches!(error.rule(), Rule::Breach(_)) => {
            "its issuer has to mend that; `--profile path` does not ask for it"
        }
        "DEPTH_ZERO_SELF_SIGNED_CERT" => "`--cafile FILE` with this very certificate trusts it",
        "SELF_SIGNED_CERT_IN_CHAIN" => "`--cafile FILE` with the CA's certificate trusts it",
        "CERT_SIGNATURE_FAILURE" => {
            "a CA of this name is trusted, and another key signed: was the CA made anew since the file of `--cafile`?"
        }
        "PERMITTED_VIOLATION" | "EXCLUDED_VIOLATION" => {
            "have it issued without that name, or by a CA that may issue for it"
        }
        "PATH_LENGTH_EXCEEDED" => "have it issued by a CA that is nearer to the root",
        _ => return None,
    })
}

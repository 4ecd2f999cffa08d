//! What is insisted on, and what becomes of a certificate then.

use super::{OcspFault, Status};
use crate::error::Rule;

/// What is done about stapled OCSP responses. Whatever it is, a certificate whose stapled response says that it is revoked
/// is refused, unless nobody looks.
///
/// | | no response | one that is of no use | good | revoked |
/// |---|---|---|---|---|
/// | `Off` | accepted | not looked at | not looked at | not looked at |
/// | `Soft` | accepted | accepted | accepted | refused |
/// | `Check` | accepted | refused | accepted | refused |
/// | either, and the certificate insists | refused | refused | accepted | refused |
/// | `Require` | refused | refused | accepted | refused |
///
/// Of no use is what is malformed, out of date, about another certificate, not signed by whom it should be, or knows nothing
/// (RFC 6960 §2.2). RFC 6066 §8 has such a response end the handshake. Whoever makes one up could as well leave it out, so
/// `Soft` protects no less than `Check` where nothing insists on a response, and forgives a server that staples old ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Stapling {
    /// Nobody looks, and so none can be missing: right for who does not ask for one, towards whom no certificate insists (RFC
    /// 7633 §4.2.3).
    Off,
    /// One that is of no use counts as none; certificates that insist on one are taken at their word.
    Soft,
    /// One that is there must be good; certificates that insist on one are taken at their word.
    #[default]
    Check,
    /// There has to be one, and it has to be good.
    Require,
}

/// What became of a stapled response where the certificate is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stapled {
    /// There was none, or nobody looked.
    Absent,
    /// It is good.
    Good,
    /// It is of no use, for this reason, and nothing insists on one.
    Unusable(Rule),
}

impl Stapling {
    /// Judges a certificate by `answer`, what the check of the response that was stapled to it gave ([`super::verify`];
    /// `None` when there was no response), and by whether it insists on one
    /// ([`Certificate::must_staple`](crate::Certificate::must_staple)).
    ///
    /// # Errors
    /// [`Rule::Revoked`]; where a response is insisted on, [`Rule::MissingStaple`] or what is wrong with it; and in any case
    /// [`Rule::Budget`] and [`Rule::Crypto`], which say nothing about the response.
    pub fn judge(self, answer: Option<Result<Status, Rule>>, must_staple: bool) -> Result<Stapled, Rule> {
        if self == Self::Off {
            return Ok(Stapled::Absent);
        }
        let is_required = must_staple || self == Self::Require;
        let rule = match answer {
            None if is_required => return Err(Rule::MissingStaple),
            None => return Ok(Stapled::Absent),
            Some(Ok(Status::Good)) => return Ok(Stapled::Good),
            Some(Ok(Status::Revoked { at, reason })) => return Err(Rule::Revoked { at, reason }),
            Some(Ok(Status::Unknown)) => OcspFault::Unknown.into(),
            Some(Err(rule @ Rule::Ocsp(_))) => rule,
            Some(Err(rule)) => return Err(rule),
        };
        if is_required || self == Self::Check { Err(rule) } else { Ok(Stapled::Unusable(rule)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;
    use handfast_crypto::CryptoError;

    /// docs/regressions.md row 67: every cell of the table above.
    #[test]
    fn the_table_of_what_is_insisted_on() {
        let revoked = Status::Revoked { at: Time::from_unix(0), reason: None };
        let refused = Rule::Revoked { at: Time::from_unix(0), reason: None };
        let bad = Rule::from(OcspFault::BadSignature);
        let unknown = Rule::from(OcspFault::Unknown);
        let failed = Rule::Crypto(CryptoError::Failed);
        let unusable = |rule: &Rule| Ok(Stapled::Unusable(rule.clone()));
        // The answer; then what becomes of it when nothing is insisted on, and when a good one is.
        for (answer, accepted, insisted) in [
            (None, Ok(Stapled::Absent), Err(Rule::MissingStaple)),
            (Some(Ok(Status::Good)), Ok(Stapled::Good), Ok(Stapled::Good)),
            (Some(Ok(Status::Unknown)), unusable(&unknown), Err(unknown)),
            (Some(Err(bad.clone())), unusable(&bad), Err(bad)),
            (Some(Ok(revoked)), Err(refused.clone()), Err(refused)),
            (Some(Err(Rule::Budget)), Err(Rule::Budget), Err(Rule::Budget)),
            (Some(Err(failed.clone())), Err(failed.clone()), Err(failed)),
        ] {
            let checked = if answer.is_none() { &accepted } else { &insisted };
            assert_eq!(Stapling::Check.judge(answer.clone(), false), *checked);
            assert_eq!(Stapling::Check.judge(answer.clone(), true), insisted);
            assert_eq!(Stapling::Soft.judge(answer.clone(), false), accepted);
            assert_eq!(Stapling::Soft.judge(answer.clone(), true), insisted);
            assert_eq!(Stapling::Require.judge(answer.clone(), false), insisted);
            assert_eq!(Stapling::Require.judge(answer.clone(), true), insisted);
            assert_eq!(Stapling::Off.judge(answer, true), Ok(Stapled::Absent));
        }
        assert_eq!(Stapling::default(), Stapling::Check);
    }
}

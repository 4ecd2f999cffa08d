//! Pre-shared keys in a ClientHello, and the proofs that the client has them (RFC 9846 §4.3.11).

use crate::{ExternalPsk, Failure, Prior, Session};
use alloc::vec::Vec;
use handfast_crypto::{CryptoError, Digest, Hash, HashAlgorithm, Provider, Secret};
use handfast_schedule::{BinderKind, EarlySecret, Transcript};
use handfast_wire::extension::{OfferedPsks, PskBinder, PskIdentity};
use handfast_wire::message::ClientHello;
use handfast_wire::{Extension, ExtensionBlock, Item, Violation};
use subtle::ConstantTimeEq;

/// A pre-shared key as a ClientHello has it: of a ticket, or an external one.
pub(crate) struct OfferedPsk<'a> {
    identity: &'a [u8],
    obfuscated_age: u32,
    pub(crate) key: Key<'a>,
}

/// What a binder is made of.
#[derive(Clone, Copy)]
pub(crate) struct Key<'a> {
    pub(crate) hash: HashAlgorithm,
    kind: BinderKind,
    secret: &'a [u8],
}

impl Prior {
    /// What is offered at `now`, in its order: the session first, so that early data can go with it (RFC 9846 §4.3.10).
    pub(crate) fn offered(&self, now: u64) -> Vec<OfferedPsk<'_>> {
        let session = self.session.iter().filter(|session| session.is_tls13()).map(|session| OfferedPsk {
            identity: &session.ticket,
            obfuscated_age: session.obfuscated_age(now),
            key: Key::of_session(session),
        });
        let psks = self.psks.iter().map(|psk| OfferedPsk {
            identity: psk.identity(),
            // RFC 9846 §4.3.11: an external key has no age.
            obfuscated_age: 0,
            key: Key::of_psk(psk),
        });
        session.chain(psks).collect()
    }
}

impl<'a> Key<'a> {
    pub(crate) fn of_session(session: &'a Session) -> Self {
        Self { hash: session.suite.hash, kind: BinderKind::Resumption, secret: session.secret.as_bytes() }
    }

    pub(crate) fn of_psk(psk: &'a ExternalPsk) -> Self {
        Self { hash: psk.hash(), kind: psk.kind(), secret: psk.key() }
    }

    /// A key that no client has.
    pub(crate) fn of_nobody() -> Self {
        Self { hash: HashAlgorithm::Sha256, kind: BinderKind::External, secret: &[0; 32] }
    }

    /// The beginning of the key schedule.
    pub(crate) fn early(&self, provider: &Provider) -> Result<EarlySecret, CryptoError> {
        EarlySecret::new(self.hash(provider)?, Some(self.secret))
    }

    pub(crate) fn hash(&self, provider: &Provider) -> Result<&'static dyn Hash, CryptoError> {
        provider.hash(self.hash).ok_or(CryptoError::Unsupported)
    }

    /// Checks the binder of a client, in constant time. `transcript` ends with the ClientHello cut before its binders.
    pub(crate) fn check(&self, early: &EarlySecret, transcript: &Digest, binder: PskBinder<'_>) -> Result<(), Failure> {
        let expected = early.binder_key(self.kind)?.verify_data(transcript)?;
        if bool::from(expected.as_bytes().ct_eq(binder.0)) { Ok(()) } else { Err(Violation::BadBinder.into()) }
    }
}

/// Adds the keys to a ClientHello, with room for their binders.
pub(crate) fn offer<'a>(block: &mut ExtensionBlock, psks: &'a [OfferedPsk<'a>]) -> Result<(), Failure> {
    let identity =
        |psk: &OfferedPsk<'a>| PskIdentity { identity: psk.identity, obfuscated_ticket_age: psk.obfuscated_age };
    let zeros = [0; Secret::MAX];
    let binder = |psk: &OfferedPsk<'_>| zeros.get(..psk.key.hash.output_len()).map(PskBinder);
    Ok(block.append(OfferedPsks::TYPE, |w| {
        w.vec16(|w| psks.iter().map(identity).try_for_each(|identity| identity.write(w)))?;
        w.vec16(|w| psks.iter().filter_map(binder).try_for_each(|binder| binder.write(w)))
    })?)
}

/// Fills the binders in: each a MAC over what `transcript` has, which is nothing unless there was a HelloRetryRequest, and
/// over the ClientHello before the binders (RFC 9846 §4.3.11.2).
pub(crate) fn bind(
    raw: &mut [u8],
    psks: &[OfferedPsk<'_>],
    transcript: &Transcript,
    provider: &Provider,
) -> Result<(), Failure> {
    if psks.is_empty() {
        return Ok(());
    }
    let at = ClientHello::binders_offset(raw).ok_or(CryptoError::Length)?;
    let (partial, binders) = raw.split_at_mut_checked(at).ok_or(CryptoError::Length)?;
    // Behind the length of the list.
    let mut rest = binders.get_mut(2..).ok_or(CryptoError::Length)?;
    for OfferedPsk { key, .. } in psks {
        let digest = match transcript.hash() {
            Some(_) => transcript.current_with(partial)?,
            None => key.hash(provider)?.digest(&[partial])?,
        };
        let binder = key.early(provider)?.binder_key(key.kind)?.verify_data(&digest)?;
        let binder = binder.as_bytes();
        // Behind its own length.
        let (place, later) = rest
            .split_at_mut_checked(binder.len().saturating_add(1))
            .and_then(|(place, later)| Some((place.get_mut(1..)?, later)))
            .ok_or(CryptoError::Length)?;
        place.copy_from_slice(binder);
        rest = later;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use handfast_crypto::suite::Suite;
    use handfast_wire::{CipherSuite, Dialect, Message};

    /// RFC 8448 §4, Resumed 0-RTT Handshake.
    const TRACE: &str = include_str!("../../../../vectors/rfc8448/resumed-0rtt.txt");

    fn value(name: &str) -> Vec<u8> {
        let lines = TRACE.lines().skip_while(|line| line.split(" =").next() != Some(name));
        let lines = lines.enumerate().take_while(|(at, line)| *at == 0 || line.starts_with("    "));
        let digits: String = lines.filter_map(|(_, line)| line.rsplit(['=', ' ']).next()).collect();
        let digit = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        (0..digits.len()).step_by(2).map(digit).collect()
    }

    fn hello(raw: &[u8]) -> ClientHello<'_> {
        let Ok(Message::ClientHello(hello)) = Message::read(Dialect::Tls13, raw) else { panic!() };
        hello
    }

    /// The session of the trace: its ticket, and the key that section 3 derives.
    fn session(ticket: &[u8]) -> Session {
        Session {
            suite: Suite::find(CipherSuite::TLS_AES_128_GCM_SHA256).unwrap(),
            secret: Secret::new(&value("psk")).unwrap(),
            extended: true,
            name: Some("server".into()),
            protocol: None,
            peer: None,
            server_type: handfast_wire::CertificateType::X509,
            psk: None,
            id: Vec::new(),
            ticket: ticket.to_vec(),
            lifetime: 30,
            created: 0,
            issued: 0,
            // RFC 8448 §3, in NewSessionTicket.
            age_add: 0xfad6_aac5,
            max_early_data: 1024,
        }
    }

    #[test]
    fn the_binder_of_rfc_8448_is_made_and_taken() {
        let provider = handfast_rustcrypto::provider();
        let raw = value("client_hello");
        let psks = hello(&raw).extensions.find::<OfferedPsks<'_>>().unwrap().unwrap();
        let identity = psks.identities.iter().next().unwrap();
        let binder = psks.binders.iter().next().unwrap();
        let session = session(identity.identity);

        // Offered as old as it was then, and bound, it is the ClientHello of the trace.
        let age = session.age_told(identity.obfuscated_ticket_age);
        let prior = Prior { session: Some(session.clone().into()), ..Prior::default() };
        // As old as it measures, and one millisecond less on the wire.
        let offered = prior.offered(u64::from(age) + 1);
        assert_eq!(offered[0].identity, identity.identity);
        assert_eq!(offered[0].obfuscated_age, identity.obfuscated_ticket_age);
        let at = ClientHello::binders_offset(&raw).unwrap();
        let mut own = raw.clone();
        own[at + 3..].fill(0);
        bind(&mut own, &offered, &Transcript::new(), &provider).unwrap();
        assert_eq!(own, raw);

        // And it is what a server checks; docs/regressions.md row 39: under its own label, and no bit of it or of what it
        // covers is another.
        let check = |key: Key<'_>, partial: &[u8], binder: &[u8]| {
            let digest = key.hash(&provider).unwrap().digest(&[partial]).unwrap();
            key.check(&key.early(&provider).unwrap(), &digest, PskBinder(binder))
        };
        let key = Key::of_session(&session);
        check(key, &raw[..at], binder.0).unwrap();
        let bad = |taken: Result<(), Failure>| assert!(matches!(taken, Err(Failure::Peer(Violation::BadBinder))));
        for kind in [BinderKind::External, BinderKind::Imported] {
            bad(check(Key { kind, ..key }, &raw[..at], binder.0));
        }
        for bit in 0..binder.0.len() * 8 {
            let mut other = binder.0.to_vec();
            other[bit / 8] ^= 1 << (bit % 8);
            bad(check(key, &raw[..at], &other));
        }
        for len in 0..binder.0.len() {
            bad(check(key, &raw[..at], &binder.0[..len]));
        }
        bad(check(key, &raw[..at - 1], binder.0));
    }
}

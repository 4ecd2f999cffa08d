//! The transcript: the running hash over the messages of a handshake (RFC 9846 §4.1).

use alloc::{boxed::Box, vec::Vec};
use core::fmt;
use handfast_crypto::{CryptoError, Digest, Hash, HashContext};
use handfast_wire::message::message_hash;

/// The hash over every handshake message so far, each with its header and without those of records.
///
/// The ClientHello comes before anyone knows the hash, so raw bytes are kept until [`Transcript::start`]. What is kept is
/// what the caller absorbed, a ClientHello and perhaps its answer, and is bounded by the caller's limits on messages.
pub struct Transcript {
    state: State,
}

enum State {
    /// The cipher suite is not chosen: the messages themselves.
    Waiting(Vec<u8>),
    /// The cipher suite is chosen.
    Running {
        hash: &'static dyn Hash,
        context: Box<dyn HashContext>,
        /// There was a HelloRetryRequest, and there can be one only (RFC 9846 §4.2.4).
        retried: bool,
        /// The messages themselves, for as long as somebody may have to sign them.
        kept: Option<Vec<u8>>,
    },
}

impl Transcript {
    /// An empty transcript, without a hash.
    pub const fn new() -> Self {
        Self { state: State::Waiting(Vec::new()) }
    }

    /// Appends `raw`, a handshake message with its header.
    pub fn absorb(&mut self, raw: &[u8]) {
        match &mut self.state {
            State::Waiting(messages) => messages.extend_from_slice(raw),
            State::Running { context, kept, .. } => {
                context.update(raw);
                if let Some(kept) = kept {
                    kept.extend_from_slice(raw);
                }
            }
        }
    }

    /// The cipher suite is chosen: what was kept is hashed and forgotten.
    ///
    /// A transcript has one hash: once it runs, a further call changes nothing. That the suite stays the same after a
    /// HelloRetryRequest is for the handshake to check (RFC 9846 §4.2.4).
    pub fn start(&mut self, hash: &'static dyn Hash) {
        self.start_with(hash, false);
    }

    /// As [`Transcript::start`], and the messages are kept as well until [`Transcript::forget_messages`]: a
    /// CertificateVerify of TLS 1.2 signs them with a hash of its own (RFC 5246 §7.4.8).
    pub fn start_keeping(&mut self, hash: &'static dyn Hash) {
        self.start_with(hash, true);
    }

    fn start_with(&mut self, hash: &'static dyn Hash, keep: bool) {
        if let State::Waiting(messages) = &mut self.state {
            let mut context = hash.start();
            context.update(messages);
            let kept = keep.then(|| core::mem::take(messages));
            self.state = State::Running { hash, context, retried: false, kept };
        }
    }

    /// Every message so far, one behind the other; `None` when they are not kept.
    pub fn messages(&self) -> Option<&[u8]> {
        match &self.state {
            State::Waiting(messages) => Some(messages),
            State::Running { kept, .. } => kept.as_deref(),
        }
    }

    /// Nobody will sign them: the memory is given back.
    pub fn forget_messages(&mut self) {
        if let State::Running { kept, .. } = &mut self.state {
            *kept = None;
        }
    }

    /// Puts the synthetic message_hash in the place of what was absorbed so far, the first ClientHello (RFC 9846 §4.1).
    /// Called between the first ClientHello and the HelloRetryRequest, after [`Transcript::start`].
    ///
    /// # Errors
    /// [`CryptoError::Failed`] when the hash is not known or this was called before, and when the hash fails. The
    /// transcript is as it was then.
    pub fn retry(&mut self) -> Result<(), CryptoError> {
        match &mut self.state {
            State::Running { hash, context, retried: retried @ false, .. } => {
                let first_hello = context.current()?;
                *context = hash.start();
                context.update(&message_hash(first_hello.as_bytes()));
                *retried = true;
                Ok(())
            }
            State::Running { retried: true, .. } | State::Waiting(_) => Err(CryptoError::Failed),
        }
    }

    /// The hash over the messages so far.
    ///
    /// # Errors
    /// [`CryptoError::Failed`] before [`Transcript::start`], and when the hash failed, now or while absorbing.
    pub fn current(&self) -> Result<Digest, CryptoError> {
        match &self.state {
            State::Running { context, .. } => context.current(),
            State::Waiting(_) => Err(CryptoError::Failed),
        }
    }

    /// The hash over the messages so far and `partial`, which is not kept: a ClientHello up to its binders
    /// (RFC 9846 §4.3.11.2).
    ///
    /// # Errors
    /// As [`Transcript::current`]. A client's first ClientHello comes before there is a hash; its binders are computed
    /// with the hash of each PSK over `partial` alone.
    pub fn current_with(&self, partial: &[u8]) -> Result<Digest, CryptoError> {
        let mut fork = self.fork();
        fork.absorb(partial);
        fork.current()
    }

    /// A copy that goes its own way from here.
    pub fn fork(&self) -> Self {
        let state = match &self.state {
            State::Waiting(messages) => State::Waiting(messages.clone()),
            State::Running { hash, context, retried, kept } => {
                State::Running { hash: *hash, context: context.fork(), retried: *retried, kept: kept.clone() }
            }
        };
        Self { state }
    }

    /// The hash, once it is known.
    pub fn hash(&self) -> Option<&'static dyn Hash> {
        match &self.state {
            State::Running { hash, .. } => Some(*hash),
            State::Waiting(_) => None,
        }
    }
}

impl Default for Transcript {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            State::Waiting(messages) => write!(f, "Transcript({} bytes waiting for a hash)", messages.len()),
            State::Running { hash, .. } => write!(f, "Transcript({:?})", hash.algorithm()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::Broken;
    use handfast_rustcrypto::{SHA256, SHA384};
    use std::format;

    fn digest(parts: &[&[u8]]) -> Digest {
        SHA256.digest(parts).unwrap()
    }

    #[test]
    fn what_came_before_the_hash_was_known_is_in_it() {
        let mut transcript = Transcript::new();
        assert!(transcript.hash().is_none());
        transcript.absorb(b"client");
        transcript.absorb(b"hello");
        transcript.start(SHA256);
        transcript.absorb(b"server");
        assert_eq!(transcript.current().unwrap(), digest(&[b"clienthelloserver"]));
        assert_eq!(transcript.hash().unwrap().algorithm(), SHA256.algorithm());
    }

    #[test]
    fn messages_are_kept_until_nobody_needs_them() {
        let mut transcript = Transcript::new();
        transcript.absorb(b"client");
        transcript.start_keeping(SHA256);
        transcript.absorb(b"server");
        assert_eq!(transcript.messages(), Some(&b"clientserver"[..]));
        assert_eq!(transcript.current().unwrap(), digest(&[b"clientserver"]));
        transcript.forget_messages();
        transcript.absorb(b"more");
        assert_eq!(transcript.messages(), None);
        assert_eq!(transcript.current().unwrap(), digest(&[b"clientservermore"]));
    }

    #[test]
    fn a_transcript_keeps_its_hash() {
        let mut transcript = Transcript::new();
        transcript.absorb(b"hello");
        transcript.start(SHA256);
        transcript.start(SHA384);
        assert_eq!(transcript.current().unwrap(), digest(&[b"hello"]));
    }

    #[test]
    fn retry_puts_message_hash_first() {
        for hash in [SHA256, SHA384] {
            let mut transcript = Transcript::new();
            transcript.absorb(b"first hello");
            transcript.start(hash);
            transcript.retry().unwrap();
            transcript.absorb(b"retry");
            let first = hash.digest(&[b"first hello"]).unwrap();
            let header = [254, 0, 0, hash.algorithm().output_len() as u8];
            let expected = hash.digest(&[&header, first.as_bytes(), b"retry"]).unwrap();
            assert_eq!(transcript.current().unwrap(), expected);
        }
    }

    #[test]
    fn retry_is_legal_once_and_with_a_hash() {
        let mut transcript = Transcript::new();
        transcript.absorb(b"first hello");
        assert_eq!(transcript.retry(), Err(CryptoError::Failed));
        transcript.start(SHA256);
        assert_eq!(transcript.retry(), Ok(()));
        let before = transcript.current().unwrap();
        assert_eq!(transcript.retry(), Err(CryptoError::Failed));
        assert_eq!(transcript.fork().retry(), Err(CryptoError::Failed));
        assert_eq!(transcript.current().unwrap(), before);
    }

    #[test]
    fn without_a_hash_there_is_no_digest() {
        let mut transcript = Transcript::new();
        transcript.absorb(b"hello");
        assert_eq!(transcript.current(), Err(CryptoError::Failed));
        assert_eq!(transcript.current_with(b"partial"), Err(CryptoError::Failed));
    }

    #[test]
    fn a_partial_message_is_not_kept() {
        let mut transcript = Transcript::new();
        transcript.start(SHA256);
        transcript.absorb(b"hello");
        assert_eq!(transcript.current_with(b"partial").unwrap(), digest(&[b"hellopartial"]));
        assert_eq!(transcript.current().unwrap(), digest(&[b"hello"]));
    }

    #[test]
    fn forks_go_their_own_way() {
        for started in [false, true] {
            let mut one = Transcript::new();
            if started {
                one.start(SHA256);
            }
            one.absorb(b"hello");
            let mut other = one.fork();
            one.absorb(b"one");
            other.absorb(b"other");
            one.start(SHA256);
            other.start(SHA256);
            assert_eq!(one.current().unwrap(), digest(&[b"helloone"]));
            assert_eq!(other.current().unwrap(), digest(&[b"helloother"]));
        }
    }

    /// docs/regressions.md row 54: a hash that fails gives no digest and no retry.
    #[test]
    fn a_hash_that_fails_gives_no_digest() {
        let mut transcript = Transcript::new();
        transcript.absorb(b"hello");
        transcript.start(&Broken);
        assert_eq!(transcript.current(), Err(CryptoError::Failed));
        assert_eq!(transcript.current_with(b"partial"), Err(CryptoError::Failed));
        assert_eq!(transcript.retry(), Err(CryptoError::Failed));
    }

    #[test]
    fn debug_prints_no_message() {
        let mut transcript = Transcript::new();
        transcript.absorb(b"hello");
        assert_eq!(format!("{transcript:?}"), "Transcript(5 bytes waiting for a hash)");
        transcript.start(SHA256);
        assert_eq!(format!("{transcript:?}"), "Transcript(Sha256)");
    }
}

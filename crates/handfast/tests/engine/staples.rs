//! OCSP responses that are found when they are wanted (RFC 6066 §8), at once or by whoever is asked.

use handfast::crypto::KeyKind;
use handfast::pki_types::UnixTime;
use handfast::wire::AlertDescription;
use handfast::{
    Error, PeerQuestion, Question, Rejection, Resolve, Staple, StapleQuestion, Stapled, VerifyPeer, Version,
};
use handfast_testkit::chunk::Chunking;
use handfast_testkit::pair::Pair;
use handfast_testkit::setup::Setup;
use handfast_testkit::world::{NAME, World};
use std::sync::Arc;

const VERSIONS: &[Version] = &[
    Version::Tls13,
    #[cfg(feature = "tls12")]
    Version::Tls12,
];

/// Gives this for the server's certificate, and knows no other.
struct Always(Stapled);

impl Staple for Always {
    fn staple(&self, question: &StapleQuestion) -> Stapled {
        assert_eq!(question.server_name(), Some(NAME));
        assert_eq!(question.credential().chain(), World::of(KeyKind::P256).server.credential().chain());
        self.0.clone()
    }
}

/// What is stapled is not what is judged here.
struct Anyone;

impl VerifyPeer for Anyone {
    fn verify(&self, _: &PeerQuestion, _: UnixTime) -> Result<(), Rejection> {
        Ok(())
    }
}

/// What the client gets; `asks` for who is asked for it. The identity has a response of its own.
fn stapled(
    version: Version,
    wants: bool,
    by: Resolve<dyn Staple>,
    asks: Option<fn(Question) -> handfast::Answer>,
) -> Pair {
    let own = World::of(KeyKind::P256).server.clone().with_ocsp(b"the identity's".to_vec());
    let mut made = Setup::default().make_with(
        |client| {
            let client = client.versions(version, version).request_ocsp(wants);
            client.verifier(Resolve::Now(Arc::new(Anyone)))
        },
        |server| server.identities(Resolve::Now(Arc::new(vec![own]))).staples(by),
    );
    made.server_answers.other = asks;
    let mut pair = Pair::new(made, Chunking::Coalesced);
    pair.run();
    pair
}

fn response(pair: &Pair) -> Option<&[u8]> {
    pair.client.connection.facts().peer().expect("a peer").credential.ocsp.as_deref()
}

#[test]
fn a_response_is_found_when_it_is_wanted() {
    for &version in VERSIONS {
        let now = |what| Resolve::Now(Arc::new(Always(what)) as Arc<dyn Staple>);
        let fresh = || Stapled::Response(b"fresh".to_vec());
        assert_eq!(response(&stapled(version, true, now(fresh()), None)), Some(&b"fresh"[..]));
        assert_eq!(response(&stapled(version, false, now(fresh()), None)), None);
        assert_eq!(response(&stapled(version, true, now(Stapled::Nothing), None)), None);
        let refused = stapled(version, true, now(Stapled::Refuse(AlertDescription::INTERNAL_ERROR)), None);
        assert_eq!(refused.server.error.as_ref().map(Error::code).as_deref(), Some("Refused"));
        assert_eq!(refused.client.error.as_ref().map(Error::code).as_deref(), Some("internal_error"));
    }
}

/// K10: also by somebody who takes his time; and nobody is asked whose client does not care.
#[test]
fn whoever_is_asked_finds_it() {
    let answer = |question| match question {
        Question::Staple(question) => question.response(b"asked".to_vec()).into(),
        other => panic!("{other:?}"),
    };
    let nobody = |question| panic!("{question:?}");
    for &version in VERSIONS {
        let pair = stapled(version, true, Resolve::Ask, Some(answer));
        assert_eq!(response(&pair), Some(&b"asked"[..]));
        assert_eq!(pair.server.events.iter().filter(|name| **name == "Staple?").count(), 1);
        assert_eq!(response(&stapled(version, false, Resolve::Ask, Some(nobody))), None);
    }
}

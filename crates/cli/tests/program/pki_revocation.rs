//! What `handfast pki crl` and `handfast pki ocsp` refuse.

use crate::Scratch;
use crate::certificates::{ca, crl_pem, now, root, seconds};
use crate::pki::World;
use handfast::pki::crl::Crl;
use handfast::pki::extension::KeyUsage;
use handfast::pki::make::CrlBuilder;
use handfast::pki::ocsp::{self, Status};
use handfast::pki::time::Time;
use handfast::pki::{Certificate, Policy, Reason};

const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1d, 28];
const DELTA_CRL_INDICATOR: &[u8] = &[0x55, 0x1d, 27];

#[test]
fn numbers_of_lists_only_grow() {
    let world = World::new();
    world.with_ca("crl", &["--number", "300", "--out", "@300.pem"]).exits(0);
    for number in ["1", "299", "300"] {
        let again = ["--previous", "@300.pem", "--number", number];
        world.with_ca("crl", &again).exits(2).says("`--number` is not above that of").says("hint: leave it out");
    }
    world.with_ca("crl", &["--previous", "@300.pem", "--number", "301", "--der", "--out", "@301.der"]).exits(0);
    let der = world.read("301.der");
    assert_eq!(Crl::parse(&der).unwrap().number(), Some(&[1, 45][..]));
}

/// What is said twice of a certificate is one entry: the last.
#[test]
fn one_certificate_is_one_entry() {
    let world = World::new();
    let revoke = ["--revoke", "0abc", "--revoke", "0A:BC:superseded", "--revoke", "12", "--der", "--out", "@crl.der"];
    world.with_ca("crl", &revoke).exits(0);
    let der = world.read("crl.der");
    let entries = Crl::parse(&der).unwrap().entries().map(Result::unwrap).map(|own| (own.serial.to_vec(), own.reason));
    assert_eq!(Vec::from_iter(entries), [(vec![0x0a, 0xbc], Some(Reason::Superseded)), (vec![0x12], None)]);
}

/// A list about some certificates would become one about all.
#[test]
fn lists_that_are_not_whole() {
    let world = World(Scratch::new());
    let own = root(ca("Own"));
    world.0.write("ca.pem", own.certificate_pem());
    world.0.write("ca-key.pem", own.key.to_pem().as_bytes());
    let only_users = &[0x30, 3, 0x81, 1, 0xff];
    let some_reasons = &[0x30, 4, 0x83, 2, 5, 0x20];
    for point in [&only_users[..], some_reasons] {
        let list = CrlBuilder::new(now()).extension(ISSUING_DISTRIBUTION_POINT, true, point);
        world.0.write("some.pem", crl_pem(list, &own));
        let run = world.with_ca("crl", &["--previous", "@some.pem"]).exits(2);
        run.says("some.pem: the list is about some certificates of the CA only");
    }
    let delta = CrlBuilder::new(now()).extension(DELTA_CRL_INDICATOR, true, &[2, 1, 1]);
    world.0.write("delta.pem", crl_pem(delta, &own));
    world.with_ca("crl", &["--previous", "@delta.pem"]).exits(2).says("by its deltaCRLIndicator");

    let mute = root(ca("Own").key_usage(KeyUsage::KEY_CERT_SIGN));
    world.0.write("ca.pem", mute.certificate_pem());
    world.0.write("ca-key.pem", mute.key.to_pem().as_bytes());
    world.with_ca("crl", &[]).exits(2).says("ca.pem: its key may not sign revocation lists");
}

#[test]
fn reasons_and_times_of_responses() {
    let world = World::new();
    world.with_ca("issue", &["--new-key", "@key.pem", "--name", "www.test", "--out", "@leaf.pem"]).exits(0);
    let says =
        |status: &str| world.with_ca("ocsp", &["--cert", "@leaf.pem", "--status", status, "--out", "@it", "--force"]);
    says("revoked:removeFromCRL").exits(2).says("removeFromCRL belongs into delta lists").says("hint: ");
    let soon = Time::from_unix(seconds() + 600);
    says(&format!("revoked:superseded@{soon}"))
        .exits(2)
        .says("has not come yet")
        .says("hint: without a time it is now");
    says("revoked:unspecified@2025-01-31T12:00:00Z").exits(0);
    let (ca, leaf) = (world.certificate("ca.pem"), world.certificate("leaf.pem"));
    let (ca, leaf) = (Certificate::parse(&ca).unwrap(), Certificate::parse(&leaf).unwrap());
    let provider = crate::certificates::provider();
    let status = ocsp::verify(&provider, &Policy::default(), &world.read("it"), &leaf, &ca, now());
    assert_eq!(status, Ok(Status::Revoked { at: Time::from_unix(1_738_324_800), reason: None }));
}

//! `handfast pki ca` below another CA, and chains.

use crate::Scratch;
use crate::certificates::{DAY, ca, root, seconds};
use crate::pki::World;
use handfast::pki::Certificate;
use handfast::pki::make::{Builder, Identity};
use handfast::pki::pem;

fn install(world: &World, ca: &Identity) {
    world.0.write("ca.pem", ca.certificate_pem());
    world.0.write("ca-key.pem", ca.key.to_pem().as_bytes());
}

fn below<'a>(subject: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["--subject", subject, "--new-key", "@below-key.pem", "--out", "@below.pem", "--force"], more].concat()
}

/// A CA whose certificates nobody would take is not made.
#[test]
fn what_a_ca_may_not_issue() {
    let world = World(Scratch::new());
    let own = || ca("Top");
    let limited = || own().permit(["test", "10.0.0.0/8", "a@mail.test"]).unwrap();
    let refused = |top: Builder, arguments: &[&str], code: &str| {
        install(&world, &root(top));
        world.with_ca("ca", &below("CN=Below", arguments)).exits(1).says(&format!("error: {code}: "));
        assert!(!std::fs::exists(world.0.path("below-key.pem")).unwrap());
    };
    refused(own().valid(seconds() - 10 * DAY, seconds() - 10), &[], "CERT_HAS_EXPIRED");
    refused(own().basic_constraints(true, Some(0)), &[], "PATH_LENGTH_EXCEEDED");
    for outside in ["example", "11.0.0.0/8", "10.0.0.0/7", "::/0", "b@mail.test"] {
        refused(limited(), &["--permit", "a.test", "--permit", outside], "PERMITTED_VIOLATION");
    }
    install(&world, &root(limited()));
    let inside = ["--permit", "a.test", "--permit", "10.1.0.0/16", "--permit", "a@mail.test"];
    world.with_ca("ca", &below("CN=Below", &inside)).exits(0);
    let same = world.with_ca("ca", &below("cn=TOP", &[])).exits(2);
    same.says("the CA that issues it has the same name").says("hint: no two CAs");
}

/// All that leads to the root is written, and what any of them forbids counts.
#[test]
fn chains_of_several() {
    let world = World(Scratch::new());
    let made = |arguments: &[&str]| drop(world.pki(arguments).exits(0));
    made(&["ca", "--subject", "CN=Root", "--new-key", "@0.key", "--permit", "test", "--out", "@0.pem"]);
    let names = |name: &str| -> Vec<String> {
        let (all, _) = pem::certificates(&world.read(name)).unwrap();
        all.iter().map(|der| Certificate::parse(der).unwrap().subject().to_string()).collect()
    };
    for (below, above) in [("1", "0"), ("2", "1"), ("3", "2")] {
        let [ca, ca_key] = [format!("@{above}.pem"), format!("@{above}.key")];
        let [subject, key, out] = [format!("CN=CA {below}"), format!("@{below}.key"), format!("@{below}.pem")];
        made(&["ca", "--subject", &subject, "--ca", &ca, "--ca-key", &ca_key, "--new-key", &key, "--out", &out]);
    }
    assert_eq!(names("3.pem"), ["CN=CA 3", "CN=CA 2", "CN=CA 1"]);
    // In another order, with the root and a stranger among them.
    let files = ["3.pem", "0.pem"].map(|name| String::from_utf8(world.read(name)).unwrap());
    let mut sections: Vec<_> =
        files.concat().split_inclusive("-----END CERTIFICATE-----\n").map(String::from).collect();
    sections[1..].reverse();
    sections.insert(1, root(ca("Stranger")).certificate_pem());
    world.0.write("all.pem", sections.concat());
    let issue = ["issue", "--ca", "@all.pem", "--ca-key", "@3.key", "--new-key", "@leaf.key", "--force"];
    made(&[&issue[..], &["--name", "www.test", "--out", "@leaf.pem"]].concat());
    assert_eq!(names("leaf.pem"), ["CN=www.test", "CN=CA 3", "CN=CA 2", "CN=CA 1"]);
    let root = world.0.path("0.pem");
    crate::run(&["verify", "--cafile", &root, "--host", "www.test", &world.0.path("leaf.pem")], b"").exits(0);
    // The root forbids it, three certificates up.
    let wrong = world.pki(&[&issue[..], &["--name", "www.example", "--out", "@no.pem"]].concat());
    wrong.exits(1).says("error: PERMITTED_VIOLATION: ");
    // Not known from a file that does not have the root.
    made(&["issue", "--ca", "@3.pem", "--ca-key", "@3.key", "--key", "@leaf.key", "--name", "www.example"]);
}

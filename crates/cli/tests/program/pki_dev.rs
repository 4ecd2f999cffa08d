//! `handfast pki dev`: what it keeps, what it refuses, and what it leaves alone.

use crate::certificates::{DAY, ca, root, seconds};
use crate::pki::World;
use crate::{Run, Scratch, run};
use handfast::pki::Purpose;
use handfast::pki::make::{Builder, Identity};
use std::fs;
use std::process::Command;

const SUBJECT: &str = "Handfast development CA 01234567";

fn dev(world: &World, arguments: &[&str]) -> Run {
    world.pki(&[&["dev", "--dir", "@dev"], arguments].concat())
}

/// What `handfast pki dev` makes, but for what the test changes.
fn own() -> Builder {
    ca(SUBJECT)
        .basic_constraints(true, Some(0))
        .purposes(&[Purpose::Server, Purpose::Client])
        .permit(["localhost", "test", "127.0.0.0/8", "::1"])
        .unwrap()
}

fn install(world: &World, ca: &Identity) {
    world.0.write("dev/ca.pem", ca.certificate_pem());
    let key = world.0.write("dev/ca-key.pem", ca.key.to_pem().as_bytes());
    set_mode(&key, 0o600);
}

#[cfg(unix)]
fn set_mode(path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn set_mode(_: &str, _: u32) {}

/// A name proves nothing: what the CA may do has to be what this program would have let it.
#[test]
fn only_a_ca_of_its_own_is_kept() {
    let world = World(Scratch::new());
    install(&world, &root(own()));
    dev(&world, &[]).exits(0).prints("(kept, until ");
    let signed = {
        let top = root(ca("Top"));
        top.issue(&crate::certificates::provider(), own(), handfast::crypto::KeyKind::P256).unwrap()
    };
    for (builder, why) in [
        (own().subject("Mine"), "it has another name"),
        (own().basic_constraints(true, None), "there may be CAs below it"),
        (own().basic_constraints(true, Some(1)), "there may be CAs below it"),
        (own().without(&[0x55, 0x1d, 37]), "it is for more than TLS"),
        (own().purposes(&[Purpose::Server, Purpose::Client, Purpose::CodeSigning]), "it is for more than TLS"),
        (own().without(&[0x55, 0x1d, 30]), "it may issue for every host name"),
        (own().permit(["127.0.0.1"]).unwrap(), "it may issue for every host name"),
        (own().permit(["a@mail.test"]).unwrap(), "it may issue for every host name"),
    ] {
        install(&world, &root(builder));
        dev(&world, &[]).exits(2).says(&format!("has not made this CA: {why}")).says("hint: `--dir DIR`");
    }
    install(&world, &signed);
    dev(&world, &[]).exits(2).says("it is not signed with its own key");
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_not_used() {
    let world = World(Scratch::new());
    dev(&world, &[]).exits(0);
    for mode in [0o640, 0o604] {
        set_mode(&world.0.path("dev/ca-key.pem"), mode);
        dev(&world, &[]).exits(2).says("others than its owner can read the key of the CA").says("hint: if nobody");
    }
    set_mode(&world.0.path("dev/ca-key.pem"), 0o600);
    dev(&world, &[]).exits(0);
}

#[test]
fn a_ca_at_its_end() {
    let world = World(Scratch::new());
    install(&world, &root(own().valid(seconds() - 10 * DAY, seconds() - 10)));
    dev(&world, &[]).exits(2).says("ca.pem: the CA has expired, at ").says("hint: `--new-ca`");
    assert!(!fs::exists(world.0.path("dev/server.pem")).unwrap());
    install(&world, &root(own().valid(seconds() - 10 * DAY, seconds() + 10 * DAY)));
    dev(&world, &["--days", "20"]).exits(0).says("note: the CA ends at ");
    assert!(!dev(&world, &["--days", "5"]).exits(0).stderr().contains("note: the CA ends"));
}

/// The lines that it prints remove what it has made, and nothing else.
#[test]
fn removing_it_again() {
    let world = World(Scratch::new());
    let remove = |told: &Run| {
        let lines = told.stdout();
        let lines: Vec<_> = lines.lines().filter(|line| line.starts_with("  rm")).collect();
        for line in &lines {
            assert!(
                Command::new("sh").args(["-c", line]).current_dir(&world.0.0).status().unwrap().success(),
                "{line}"
            );
        }
        lines.len()
    };
    assert_eq!(remove(&dev(&world, &[]).exits(0)), 2);
    assert!(!fs::exists(world.0.path("dev")).unwrap());
    // Also after another run, but for the directory, of which that does not know who made it.
    dev(&world, &[]).exits(0);
    assert_eq!(remove(&dev(&world, &[]).exits(0)), 1);
    assert_eq!(fs::read_dir(world.0.path("dev")).unwrap().count(), 0);
    // What else is there stays.
    world.0.write("dev/notes", "mine");
    world.0.write("dev/.gitignore", "target\n");
    let told = dev(&world, &[]).exits(0).says("note: ").says(".gitignore is there already");
    assert_eq!(remove(&told), 1);
    let left: Vec<_> = fs::read_dir(world.0.path("dev")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(world.read("dev/.gitignore"), b"target\n");
    for enough in ["*\n", "x\r\n/ca-key.pem\r\n/server-key.pem\r\n"] {
        world.0.write("dev/.gitignore", enough);
        let told = dev(&world, &[]).exits(0);
        assert_eq!(told.stderr(), "");
        remove(&told);
        assert_eq!(world.read("dev/.gitignore"), enough.as_bytes());
    }
    fs::remove_file(world.0.path("dev/.gitignore")).unwrap();
    // In a directory that was there it is written, and only names the keys.
    assert_eq!(remove(&dev(&world, &[]).exits(0)), 1);
    assert_eq!(fs::read_dir(world.0.path("dev")).unwrap().count(), 1);
    // Not taken for options.
    let run = Command::new(env!("CARGO_BIN_EXE_handfast"))
        .args(["pki", "dev", "--dir=-rf"])
        .current_dir(&world.0.0)
        .output()
        .unwrap();
    assert!(String::from_utf8(run.stdout).unwrap().contains("  rm ./-rf/ca.pem ./-rf/ca-key.pem "));
}

#[test]
fn whole_domains_and_names_of_others() {
    let world = World(Scratch::new());
    for name in ["com", "*.dev", "*.COM"] {
        dev(&world, &[name]).exits(2).says("would be one for a whole top-level domain").says("hint: name the host");
    }
    assert!(!fs::exists(world.0.path("dev")).unwrap());
    let told = dev(&world, &["www.example.com", "8.8.8.8", "a.test", "10.0.0.1"]).exits(0);
    let said = told.stderr();
    let told = told.says("note: www.example.com is a name that may be").says("note: 8.8.8.8 is a public address");
    assert_eq!(said.lines().count(), 2, "{said}");
    told.prints("DNS:localhost, DNS:test, IP Address:127.0.0.0/255.0.0.0, ").prints("DNS:www.example.com, ");
    // What it may issue for is read from the CA that is there.
    dev(&world, &["b.test"]).exits(0).prints("DNS:www.example.com, ");
}

/// docs/regressions.md row 90: names of files and arguments are text that others may have chosen.
#[test]
fn hostile_names_of_files_and_arguments() {
    let evil = "\u{1b}[2J\u{202e}.pem";
    for arguments in [
        &["pki", "issue", "--ca", evil, "--ca-key", evil, "--name", "a.test", "--new-key", "k"][..],
        &["pki", "crl", "--ca", "c", "--ca-key", "c", evil],
        &["pki", "dev", "--dir", evil, evil],
        &["pki", "csr", "--new-key", "/dev/null", "--subject", evil],
        &["inspect", &format!("./{evil}")],
        &["serve", "--cert", evil],
        &["verify", evil],
    ] {
        let run = run(arguments, b"");
        let said = run.stderr();
        assert_ne!(run.0.status.code(), Some(0));
        assert!(said.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{said:?}");
        assert!(said.contains("\\u{202e}.pem"), "{said}");
        assert!(!said.contains("\\\\u{1b}"), "{said}");
    }
}

use crate::{handfast, run};
use std::process::Stdio;

#[test]
fn the_demo_holds_what_it_promises() {
    let run = run(&["demo"], b"").exits(0).says("");
    let text = run.stdout();
    let messages = [
        "ClientHello ───",
        "─── ServerHello",
        "─── EncryptedExtensions",
        "─── CertificateRequest",
        "─── Certificate",
        "─── CertificateVerify",
        "─── Finished",
        "Certificate ───",
        "CertificateVerify ───",
        "Finished ───",
        "application data ───",
        "─── application data",
        "KeyUpdate ───",
        "─── KeyUpdate",
        "alert close_notify ───",
        "─── alert close_notify",
    ];
    let mut rest = text.as_str();
    for message in messages {
        let at = rest.find(message).unwrap_or_else(|| panic!("{message} is missing, or not in its place:\n{text}"));
        rest = &rest[at + message.len()..];
    }
    assert_eq!(text.matches('✔').count(), 7, "{text}");
    assert!(!text.contains('✘'));
    assert!(text.contains("X25519MLKEM768"));
    assert!(!text.contains('\x1b'), "colours only on a terminal");
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

/// `handfast demo | head -1` is no error.
#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut child = handfast(&["demo"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

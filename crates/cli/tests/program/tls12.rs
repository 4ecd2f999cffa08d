use crate::{Run, Server, run};
use serde_json::Value;

fn facts(run: &Run) -> Value {
    serde_json::from_str(&run.stdout()).unwrap()
}

#[test]
fn what_was_agreed_on_in_tls12() {
    let server = Server::start(&["--status"]);
    let run = server.connect(&["--tls1_2", "--http", "/json"], b"").exits(0);
    let run = run
        .says("  protocol             TLS 1.2\n")
        .says("  cipher               TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256\n");
    let run =
        run.says("  openssl name         ECDHE-ECDSA-AES128-GCM-SHA256\n").says("  group                x25519\n");
    let run = run.says("  extended main secret yes\n").says("  secure renegotiation yes\n");
    assert!(!run.stderr().contains("legacy") && !run.stderr().contains("resumed"), "{}", run.stderr());
    let body = run.stdout();
    let theirs: Value = serde_json::from_str(body.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let ours = facts(&server.connect(&["--tls1_2", "--json"], b"").exits(0));
    for facts in [&ours, &theirs] {
        assert_eq!(facts["openssl_name"], "ECDHE-ECDSA-AES128-GCM-SHA256");
        assert_eq!((&facts["extended_main_secret"], &facts["secure_renegotiation"]), (&true.into(), &true.into()));
        assert_eq!(facts["legacy"], serde_json::json!([]));
    }
    let newer = facts(&server.connect(&["--json"], b"").exits(0));
    for key in ["openssl_name", "extended_main_secret", "secure_renegotiation", "prime_bits"] {
        assert_eq!(newer[key], Value::Null, "{key}");
    }
}

/// One flag is that version only, both or none are both.
#[test]
fn versions_are_chosen() {
    let (old, new) = (&["--tls1_2"][..], &["--tls1_3"][..]);
    for (serves, connects) in [
        (&[][..], [Some("TLS 1.3"), Some("TLS 1.3"), Some("TLS 1.2"), Some("TLS 1.3")]),
        (&["--tls1_2", "--tls1_3"], [Some("TLS 1.3"), Some("TLS 1.3"), Some("TLS 1.2"), Some("TLS 1.3")]),
        (old, [Some("TLS 1.2"), Some("TLS 1.2"), Some("TLS 1.2"), None]),
        (new, [Some("TLS 1.3"), Some("TLS 1.3"), None, Some("TLS 1.3")]),
    ] {
        let server = Server::start(serves);
        for (arguments, version) in [&[][..], &["--tls1_2", "--tls1_3"], old, new].iter().zip(connects) {
            let run = server.connect(&[arguments, &["--json"][..]].concat(), b"");
            match version {
                Some(version) => assert_eq!(facts(&run.exits(0))["protocol"], version, "{serves:?} {arguments:?}"),
                None => drop(run.exits(1).says("error: protocol_version").says("--tls1_2")),
            }
        }
    }
}

/// The last of six connections is the one that is talked over.
#[test]
fn sessions_are_resumed() {
    const NEWER: &str = "TLSv1.3, TLS_AES_128_GCM_SHA256";
    const NAME: &str = "TLSv1.2, ECDHE-ECDSA-AES128-GCM-SHA256";
    for (serves, reused) in [
        (&[][..], true),
        (&["--no-ticket"], false),
        (&["--session-cache"], true),
        (&["--no-ticket", "--session-cache"], true),
    ] {
        let server = Server::start(serves);
        let run = server.connect(&["--tls1_2", "--reconnect"], b"hello").exits(0);
        let again = if reused { "Reused" } else { "New" };
        let expected = format!("New, {NAME}\n{}connected to ", format!("{again}, {NAME}\n").repeat(5));
        assert!(run.stderr().starts_with(&expected), "{serves:?}\n{}", run.stderr());
        assert_eq!(run.stderr().contains("resumed              yes"), reused);
        assert_eq!(run.stdout(), "hello");
    }
    let server = Server::start(&[]);
    let newer = server.connect(&["--reconnect"], b"").exits(0);
    let expected = format!("New, {NEWER}\n{}connected to ", format!("Reused, {NEWER}\n").repeat(5));
    assert!(newer.stderr().starts_with(&expected), "{}", newer.stderr());
    let insecure = run(&["connect", &server.host, "--insecure", "--tls1_2", "--reconnect"], b"").exits(0);
    assert_eq!(insecure.stderr().matches("Reused, ").count(), 5);
    insecure.says("NOT ACCEPTED, and ignored (--insecure): UNABLE_TO_VERIFY_LEAF_SIGNATURE");
}

#[test]
fn cipher_strings_are_for_both_versions() {
    let server = Server::start(&["--ciphers", "ECDHE+CHACHA20:TLS_AES_256_GCM_SHA384"]);
    for (arguments, cipher) in [
        (&[][..], "TLS_AES_256_GCM_SHA384"),
        (&["--ciphers", "ECDHE"], "TLS_AES_256_GCM_SHA384"),
        (&["--ciphers", "ECDHE:AES128", "--tls1_2"], "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
        (&["--ciphers", "ECDHE:!TLS_AES_256_GCM_SHA384"], ""),
        // Only suites of TLS 1.3 leave TLS 1.2 off.
        (&["--ciphers", "TLS_CHACHA20_POLY1305_SHA256"], ""),
        (&["--suites", "CHACHA20_POLY1305_SHA256"], ""),
    ] {
        let run = server.connect(&[arguments, &["--json"]].concat(), b"");
        match cipher {
            "" => drop(run.exits(1).says("error: handshake_failure").says("`--ciphers`")),
            cipher => assert_eq!(facts(&run.exits(0))["cipher"], cipher, "{arguments:?}"),
        }
    }
}

#[test]
fn words_without_a_meaning_and_ways_that_are_off_are_told() {
    let server = Server::start(&[]);
    let run = server.connect(&["--tls1_2", "--ciphers", "AES128-SHA:RC4-MD5:ECDHE+AESGCM:kRSA+CHACHA20"], b"").exits(0);
    let run = run.says("note: not known are [\"RC4-MD5\"]\n");
    let off = if cfg!(feature = "legacy") {
        "not switched on by `--legacy`"
    } else {
        "has none of the older ways of TLS 1.2"
    };
    run.says("note: left out are AES128-SHA: ").says(off).says("openssl name         ECDHE-ECDSA-AES128-GCM-SHA256");
    // They are no matter where TLS 1.2 is off.
    let newer = server.connect(&["--tls1_3", "--ciphers", "AES128-SHA", "--json"], b"").exits(0);
    assert_eq!(newer.stderr(), "");
}

#[test]
fn groups_and_signature_schemes_in_openssls_words() {
    let server = Server::start(&["--groups", "P-384:P-256"]);
    let chosen = ["--tls1_2", "--groups", "X25519:P-256", "--sigalgs", "RSA-PSS+SHA256:ECDSA+SHA256:Ed25519", "--json"];
    let facts = facts(&server.connect(&chosen, b"").exits(0));
    assert_eq!((&facts["group"], &facts["signature"]), (&"secp256r1".into(), &"ecdsa_secp256r1_sha256".into()));
    for version in ["--tls1_2", "--tls1_3"] {
        let none = server.connect(&[version, "--sigalgs", "rsa_pss_rsae_sha256,ed25519"], b"");
        none.exits(1).says("error: handshake_failure").says("`--sigalgs`");
    }
    // PKCS#1 signs no handshake of TLS 1.3.
    server.connect(&["--sigalgs", "RSA+SHA256"], b"").exits(2).says("can sign a TLS 1.3 handshake");
    server.connect(&["--tls1_2", "--sigalgs", "RSA+SHA256"], b"").exits(1).says("error: handshake_failure");
}

#[test]
fn the_trace_reads_tls12() {
    let server = Server::start(&[]);
    let run = server.connect(&["--tls1_2", "--trace=brief"], b"").exits(0);
    let run = run.says("<- Certificate (").says("bytes, in the clear): CN=localhost\n").says("<- ServerKeyExchange (");
    let run = run.says("-> ClientKeyExchange (").says("<- NewSessionTicket (").says("): good for 300 seconds\n");
    assert!(!run.stderr().contains("cannot be read"), "{}", run.stderr());
}

#[test]
#[cfg(not(feature = "legacy"))]
fn a_build_without_the_older_ways_says_so() {
    let connect = |flag| run(&["connect", "localhost:1", flag], b"").exits(2);
    connect("--renegotiate")
        .says("error: USAGE: `--renegotiate`: this build has none of the older ways")
        .says("--features legacy");
    for flag in ["--legacy", "--legacy=cbc", "--legacy-keys", "--dhparam"] {
        connect(flag).says("unexpected argument").says("--features legacy");
    }
    assert!(!connect("--lagecy").stderr().contains("--features legacy"));
}

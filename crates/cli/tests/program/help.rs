use crate::{Scratch, run};

#[test]
fn the_exit_codes_are_documented() {
    let help =
        run(&["--help"], b"").exits(0).prints("Exit codes:").prints("  3  input or output failed").prints("  4  ");
    for command in ["demo", "connect", "serve", "verify", "pki", "ciphers", "probe", "bench"] {
        assert!(help.stdout().contains(command));
        run(&[command, "--help"], b"").exits(0).prints("Usage: handfast");
    }
    run(&["--version"], b"").exits(0).prints("handfast");
}

#[test]
fn what_cannot_be_meant_is_a_usage_error() {
    let scratch = Scratch::new();
    let text = scratch.write("text.pem", "no certificate");
    for (arguments, words) in [
        (&["dance"][..], "unrecognized subcommand"),
        (&["connect"], "HOST"),
        (&["connect", "localhost:http"], "is not a port"),
        (&["connect", "not a name"], "neither a host name nor an address"),
        (&["connect", "localhost", "--groups", "x448"], "known groups are X25519MLKEM768"),
        (&["connect", "localhost", "--suites", "RC4"], "known cipher suites are TLS_AES_128_GCM_SHA256"),
        (&["connect", "localhost", "--suites", "AES_128_GCM_SHA256", "--ciphers", "ALL"], "cannot be used with"),
        (&["connect", "localhost", "--suites", "AES_128_GCM_SHA256", "--tls1_2"], "no cipher suite is enabled"),
        (&["connect", "localhost", "--ciphers", "ALL:@SPEED"], "\"@SPEED\" at byte 4 of the cipher string"),
        (&["connect", "localhost", "--ciphers", "kRSA", "--tls1_2"], "leaves no suite for this connection"),
        (&["connect", "localhost", "--sigalgs", "RSA+SHA1"], "known signature schemes are ecdsa_secp256r1_sha256"),
        (&["serve", "--self-signed", "--ciphers", "3DES"], "the cipher string selects no suite"),
        (&["connect", "localhost", "--key", "x"], "--cert"),
        (&["connect", "localhost", "--pass", "env:X"], "--cert"),
        (&["connect", "localhost", "--cert", "x", "--pass", "secret"], "file:PATH, env:NAME or pass:WORD"),
        (&["connect", "localhost", "--cafile", &text], "no PEM certificate"),
        (&["connect", "localhost", "--timeout", "0"], "0 is not in"),
        (&["connect", "localhost", "--alpn", ""], "1 to 255 bytes"),
        (&["serve"], "--self-signed"),
        (&["serve", "--self-signed", "--tickets", "33"], "33 is not in"),
        (&["serve", "--self-signed", "--early-data=0"], "0 is not in"),
        (&["serve", "--self-signed", "--no-ticket", "--ticket-keys", &text], "cannot be used with"),
        (&["serve", "--self-signed", "--cert", "x", "--key", "y"], "cannot be used with"),
        (&["serve", "--cert", &text, "--key", &text], "there is no private key"),
        (&["serve", "--self-signed", "--client-auth", "require"], "--client-ca"),
        (&["serve", "--self-signed", "--client-ca", &text], "would check nobody"),
        (&["serve", "--self-signed", "--grace", "18446744073709551615"], "is not in"),
        (&["connect", "localhost", "--http", "page"], "a path begins with /"),
        (&["serve", "--self-signed", "--www", &text], "is not a directory"),
        (&["serve", "--self-signed", "--www", ".", "--status"], "cannot be used with"),
        (&["probe", "not a name"], "neither a host name nor an address"),
        (&["probe", "localhost", "--fail-on", "worse"], "info, low, medium, high, critical, never"),
        (&["probe", "localhost", "--parallel", "65"], "65 is not in"),
        (&["bench", "not a name"], "neither a host name nor an address"),
    ] {
        run(arguments, b"").exits(2).says(words);
    }
}

#[test]
fn files_and_hosts_that_are_not_there_are_io_errors() {
    for arguments in [
        &["connect", "localhost", "--cafile", "/no/such/file"][..],
        &["connect", "localhost", "--cert", "/no/such/file", "--key", "/no/such/file"],
        &["serve", "--cert", "/no/such/file", "--key", "/no/such/file"],
        &["connect", "localhost", "--early-data", "/no/such/file"],
        &["connect", "localhost", "--session-key", "/no/such/file"],
        &["serve", "--psk-file", "/no/such/file"],
        &["serve", "--self-signed", "--ticket-keys", "/no/such/file"],
        &["serve", "--self-signed", "--www", "/no/such/directory"],
        &["serve", "--self-signed", "--keylog", "/no/such/directory/file"],
        &["serve", "--self-signed", "--ca-out", "/no/such/directory/file"],
    ] {
        run(arguments, b"").exits(3).says("error: NotFound: /no/such/");
    }
}

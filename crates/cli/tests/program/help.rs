use crate::{Scratch, run};
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

#[test]
fn the_exit_codes_are_documented() {
    let help =
        run(&["--help"], b"").exits(0).prints("Exit codes:").prints("  3  input or output failed").prints("  4  ");
    let commands =
        ["demo", "connect", "serve", "verify", "pki", "inspect", "ciphers", "completions", "man", "probe", "bench"];
    for command in commands {
        assert!(help.stdout().contains(command));
        let help = run(&[command, "--help"], b"").exits(0).prints("Usage: handfast");
        help.prints("Examples:\n").prints("Exit codes:");
        let short = run(&[command, "-h"], b"").exits(0).prints("Exit codes:");
        assert!(!short.stdout().contains("Examples:"), "{command}");
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
        (&["serve", "--self-signed", "--early-data=262145"], "262145 is not in 1..=262144"),
        (&["serve", "--self-signed", "--max-handshakes", "0"], "0 is not in"),
        (&["serve", "--self-signed", "--handshake-timeout", "86401"], "86401 is not in"),
        (&["serve", "--self-signed", "--no-ticket", "--ticket-keys", &text], "cannot be used with"),
        (&["serve", "--self-signed", "--cert", "x", "--key", "y"], "cannot be used with"),
        (&["serve", "--cert", &text, "--key", &text], "there is no private key"),
        (&["serve", "--self-signed", "--client-auth", "require"], "--client-ca"),
        (&["serve", "--self-signed", "--client-ca", &text], "would check nobody"),
        (&["serve", "--self-signed", "--grace", "18446744073709551615"], "is not in"),
        (&["connect", "localhost", "--http", "page"], "a path begins with /"),
        (&["serve", "--self-signed", "--www", &text], "is not a directory"),
        (&["serve", "--self-signed", "--www", ".", "--status"], "cannot be used with"),
        (&["serve", "--self-signed", "--reply-size", "5", "--status"], "cannot be used with"),
        (&["serve", "--self-signed", "--reply-size", "x"], "--reply-size"),
        (&["serve", "--self-signed", "--cert-dir", "."], "cannot be used with"),
        (&["connect", "localhost", "--starttls", "gopher"], "smtp, lmtp, imap"),
        (&["connect", "localhost", "--crlf", "--json"], "cannot be used with"),
        (&["completions", "tcsh"], "bash, elvish, fish, powershell, zsh"),
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

/// Every command and its flags are known to every shell.
#[test]
fn completions() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(&["completions", shell], b"").exits(0).stdout();
        for word in ["self-sign", "starttls", "reply-size", "strict-sni", "inspect"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
        // What a shell that is here thinks of it.
        let Ok(mut checker) = Command::new(shell).arg("-n").stdin(Stdio::piped()).spawn() else { continue };
        checker.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        assert!(checker.wait().unwrap().success(), "{shell}");
    }
}

/// A shell that is asked.
#[test]
fn bash_completes() {
    let scratch = Scratch::new();
    let script = scratch.write("handfast.bash", run(&["completions", "bash"], b"").exits(0).stdout());
    let complete = |words: &[&str]| {
        let line = words.join(" ");
        let ask = format!(
            "source {script}; COMP_WORDS=({line}); COMP_CWORD={}; COMP_LINE='{line}'; COMP_POINT={}; \
             _handfast handfast {:?} {:?}; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.len() - 1,
            line.len(),
            words[words.len() - 1],
            words[words.len() - 2],
        );
        let output = Command::new("bash").args(["--norc", "-c", &ask]).output();
        output.ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    // Where there is no bash nobody completes.
    let Some(commands) = complete(&["handfast", "con"]) else { return };
    assert_eq!(commands, "connect\n");
    assert_eq!(complete(&["handfast", "pki", "self"]).unwrap(), "self-sign\n");
    assert_eq!(complete(&["handfast", "serve", "--strict"]).unwrap(), "--strict-sni\n");
    assert_eq!(complete(&["handfast", "connect", "--starttls", "pg"]).unwrap(), "pgsql\n");
}

/// A page for every command, with examples, and nothing that troff does not like.
#[test]
fn the_manual() {
    let scratch = Scratch::new();
    let dir = scratch.path("man/man1");
    for _ in 0..2 {
        run(&["man", &dir], b"").exits(0);
    }
    let pages: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(pages.len() > 18, "{pages:?}");
    for page in &pages {
        let text = fs::read_to_string(page).unwrap();
        let name = page.file_stem().unwrap().to_str().unwrap();
        assert!(text.contains(&format!(".TH {name} 1")) && text.contains("Examples:"), "{}", page.display());
        // What groff thinks of it, where it is here.
        let Ok(output) = Command::new("groff").args(["-man", "-Tutf8", "-ww", "-z"]).arg(page).output() else {
            continue;
        };
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && said.is_empty(), "{name}: {said}");
    }
    let names: Vec<_> = pages.iter().filter_map(|page| page.file_name()?.to_str()).collect();
    assert!(names.contains(&"handfast.1") && names.contains(&"handfast-pki-self-sign.1"), "{names:?}");
    let one = run(&["man"], b"").exits(0).prints("handfast\\-connect(1)");
    assert_eq!(one.stdout(), fs::read_to_string(format!("{dir}/handfast.1")).unwrap());
    run(&["man", &format!("{dir}/handfast.1")], b"").exits(3);
}

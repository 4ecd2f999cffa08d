use crate::run;

const TLS13: &str = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

#[test]
fn names_are_joined_as_openssl_does() {
    let run = run(&["ciphers", "kRSA+AES256:+AESGCM:!AESCCM"], b"").exits(0);
    assert_eq!(run.stdout(), format!("{TLS13}:AES256-SHA256:AES256-SHA:AES256-GCM-SHA384\n"));
    assert_eq!(run.stderr(), "");
}

#[test]
fn without_a_string_it_is_the_default() {
    let default = run(&["ciphers"], b"").exits(0).stdout();
    assert_eq!(default.trim_end().split(':').count(), 9);
    assert!(default.starts_with(&format!("{TLS13}:ECDHE-ECDSA-AES128-GCM-SHA256:")), "{default}");
    assert_eq!(run(&["ciphers", "DEFAULT"], b"").exits(0).stdout(), default);
}

#[test]
fn a_line_for_each_describes_them() {
    for flag in ["-v", "--verbose"] {
        let run = run(&["ciphers", flag, "TLS_AES_128_CCM_8_SHA256:DHE-RSA-AES128-SHA"], b"").exits(0);
        assert_eq!(
            run.stdout(),
            "TLS_AES_128_CCM_8_SHA256       TLSv1.3 Kx=any      Au=any   Enc=AESCCM8(128)           Mac=AEAD\n\
             DHE-RSA-AES128-SHA             SSLv3   Kx=DH       Au=RSA   Enc=AES(128)               Mac=SHA1\n"
        );
    }
}

#[test]
fn words_that_are_not_known_are_told() {
    let run = run(&["ciphers", "AES128-SHA:RC4-MD5:!RC4"], b"").exits(0).says("note: not known are [\"RC4-MD5\"]\n");
    assert_eq!(run.stdout(), format!("{TLS13}:AES128-SHA\n"));
}

#[test]
fn a_string_that_cannot_be_meant_is_a_usage_error() {
    for (string, words) in [
        ("HIGH:@FOO", "error: USAGE: \"@FOO\" at byte 5 of the cipher string"),
        ("HIGH:\u{1b}[2J", "in \"\\u{1b}[2J\""),
        ("RC4:3DES", "the cipher string selects no suite\n"),
        ("", "hint: `handfast ciphers ALL` lists every name"),
    ] {
        run(&["ciphers", string], b"").exits(2).says(words);
    }
}

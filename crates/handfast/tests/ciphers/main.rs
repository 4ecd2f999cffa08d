//! V11: cipher strings against what OpenSSL makes of them, and the names of suites.

use handfast::ciphers::{self, CipherStringError, Ciphers, Description, MAX_IGNORED, MAX_STRING};
use handfast::crypto::Suite;
use handfast::crypto::suite::{TLS12_SUITES, TLS13_SUITES};
use handfast_testkit::random::Seeded;
use std::collections::BTreeSet;

const ORDERS: &str = include_str!("orders.txt");
const DESCRIPTIONS: &str = include_str!("descriptions.txt");

/// The default list of Node.js, but for its names of TLS 1.3.
const NODE: &str = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:\
    ECDHE-ECDSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256:DHE-RSA-AES128-SHA256:\
    ECDHE-RSA-AES256-SHA384:DHE-RSA-AES256-SHA384:ECDHE-RSA-AES256-SHA256:DHE-RSA-AES256-SHA256:HIGH:!aNULL:!eNULL:\
    !EXPORT:!DES:!RC4:!MD5:!PSK:!SRP:!CAMELLIA";

const DEFAULT: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:\
    ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

/// The strings of the table, each with the names that it selects.
fn orders() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut orders: Vec<(_, Vec<_>)> = Vec::new();
    for line in ORDERS.lines().filter(|line| !line.starts_with('#')) {
        match (line.strip_prefix("> "), orders.last_mut()) {
            (Some(text), _) => orders.push((text, Vec::new())),
            (None, Some((_, names))) => names.extend(line.split_whitespace()),
            (None, None) => assert!(line.is_empty(), "{line}"),
        }
    }
    orders
}

fn names(suites: &[&'static Suite]) -> Vec<&'static str> {
    suites.iter().map(|suite| suite.openssl_name).collect()
}

#[track_caller]
fn parse(text: &str) -> Ciphers {
    ciphers::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[track_caller]
fn tls12(text: &str) -> String {
    names(&parse(text).tls12).join(":")
}

#[track_caller]
fn tls13(text: &str) -> Option<String> {
    parse(text).tls13.map(|suites| names(&suites).join(":"))
}

#[test]
fn the_order_is_that_of_openssl() {
    let orders = orders();
    assert!(orders.len() >= 60);
    let (first, all) = orders.first().expect("a string");
    assert_eq!((*first, all.len()), ("ALL", TLS12_SUITES.len() - 4));
    let theirs: BTreeSet<_> = all.iter().copied().collect();
    for (text, expected) in &orders {
        let mut found = names(&parse(text).tls12);
        found.retain(|name| theirs.contains(name));
        assert_eq!(found, *expected, "{text}");
    }
}

/// OpenSSL does not have these suites of RFC 8442. They stand where its rules put them.
#[test]
fn suites_that_openssl_lacks_have_their_place() {
    assert_eq!(
        tls12("kECDHEPSK+AESGCM:kECDHEPSK"),
        "ECDHE-PSK-AES256-GCM-SHA384:ECDHE-PSK-AES128-GCM-SHA256:ECDHE-PSK-CHACHA20-POLY1305:ECDHE-PSK-AES128-CCM:\
         ECDHE-PSK-AES128-CCM8:ECDHE-PSK-AES256-CBC-SHA384:ECDHE-PSK-AES256-CBC-SHA:ECDHE-PSK-AES128-CBC-SHA256:\
         ECDHE-PSK-AES128-CBC-SHA"
    );
}

#[test]
fn the_list_of_node_is_read_as_node_does() {
    let node = format!("TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256:{NODE}");
    let list = parse(&node);
    assert_eq!(
        names(&list.tls13.expect("named")),
        ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"]
    );
    let (_, expected) = orders().into_iter().find(|(text, _)| *text == NODE).expect("in the table");
    assert_eq!(names(&list.tls12), expected);
    assert_eq!(list.ignored, ["DHE-RSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA256"], "there are no such suites");
}

#[test]
fn tls13_is_a_list_of_its_own() {
    let text = "TLS_AES_128_CCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256:TLS_AES_128_GCM_SHA256";
    assert_eq!(tls13(text).as_deref(), Some("TLS_AES_128_CCM_SHA256:TLS_AES_128_GCM_SHA256"));
    assert_eq!(tls12(text), "ECDHE-RSA-AES128-GCM-SHA256");
    assert_eq!(tls13("ALL:!AES:-CHACHA20+kRSA"), None, "keywords have no effect on it");
    assert_eq!(tls12("TLS_AES_128_GCM_SHA256"), "", "TLS 1.3 alone");

    let operators = [
        ("HIGH:!TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"),
        ("HIGH:-TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"),
        ("HIGH:+TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"),
        ("!TLS_AES_128_GCM_SHA256:TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"),
        (
            "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:+TLS_AES_256_GCM_SHA384:!TLS_AES_128_GCM_SHA256:HIGH",
            "TLS_AES_256_GCM_SHA384",
        ),
        ("HIGH:!TLS_AES_128_GCM_SHA256!TLS_AES_256_GCM_SHA384!TLS_CHACHA20_POLY1305_SHA256", ""),
        ("ALL:@SECLEVEL=4", "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"),
    ];
    for (text, expected) in operators {
        assert_eq!(tls13(text).as_deref(), Some(expected), "{text}");
    }
    assert_eq!(tls13("ALL:@SECLEVEL=3"), None);
    for rule in ["TLS_AES_128_GCM_SHA256+HIGH", "HIGH+TLS_AES_128_GCM_SHA256"] {
        assert_eq!(parse(&format!("HIGH:{rule}")).ignored, [rule]);
    }
}

#[test]
fn all_suites_are_those_of_both_versions() {
    let all = |text| names(&parse(text).suites().collect::<Vec<_>>()).join(":");
    let default = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
    assert_eq!(all("DEFAULT"), format!("{default}:{DEFAULT}"));
    assert_eq!(all("AES128-SHA:TLS_AES_128_CCM_8_SHA256"), "TLS_AES_128_CCM_8_SHA256:AES128-SHA");
}

#[test]
fn the_default_is_ours() {
    assert_eq!(tls12("DEFAULT"), DEFAULT);
    assert_eq!(tls12("TLS_AES_128_GCM_SHA256 DEFAULT"), DEFAULT, "the other list does not count");
    assert_eq!(tls12("DEFAULT:AES128-SHA:-aECDSA:-AES128+ECDHE@STRENGTH"), {
        "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305:AES128-SHA"
    });
    assert_eq!(tls12("DEFAULT+AESGCM!aRSA"), {
        "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"
    });
    let sorted = |text| parse(text).tls12.iter().map(|suite| suite.openssl_name).collect::<BTreeSet<_>>();
    assert_eq!(sorted("ALL:!COMPLEMENTOFDEFAULT:!eNULL"), DEFAULT.split(':').collect());
    assert_eq!(parse("COMPLEMENTOFDEFAULT").tls12.len(), TLS12_SUITES.len() - 6);
    assert_eq!(parse("AES128-SHA:DEFAULT").ignored, ["DEFAULT"], "only at the beginning");
}

#[test]
fn what_is_malformed_is_refused() {
    let no_name = |rule: &str, at| CipherStringError::NoName { rule: rule.to_string(), at };
    let command = |rule: &str, at| CipherStringError::Command { rule: rule.to_string(), at };
    let nothing = |ignored: &[&str]| CipherStringError::NoSuites {
        ignored: ignored.iter().map(|word| word.to_string()).collect(),
    };
    for (text, error) in [
        ("", nothing(&[])),
        (": ,;", nothing(&[])),
        ("@STRENGTH", nothing(&[])),
        ("RC4-MD5:!DES:nonsense", nothing(&["RC4-MD5", "nonsense"])),
        ("@SECLEVEL=0:DEFAULT", nothing(&["DEFAULT"])),
        ("high", nothing(&["high"])),
        ("ALL:!ALL", nothing(&[])),
        ("ecdhe-rsa-aes128-gcm-sha256", nothing(&["ecdhe-rsa-aes128-gcm-sha256"])),
        ("!TLS_AES_128_GCM_SHA256", nothing(&[])),
        ("TLS_AES_128_GCM_SHA256:-TLS_AES_128_GCM_SHA256", nothing(&[])),
        ("AES128-SHA@SECLEVEL=3", nothing(&[])),
        ("@SECLEVEL=4:TLS_AES_128_GCM_SHA256", nothing(&[])),
        ("HIGH:#AES:RSA", no_name("#AES", 5)),
        ("HIGH:é", no_name("é", 5)),
        ("HIGH\n", no_name("\n", 4)),
        ("HIGH:AES+:RSA", no_name("AES+", 9)),
        ("HIGH:AES+!RSA", no_name("AES+!RSA", 9)),
        ("HIGH:-", no_name("-", 6)),
        ("!!RC4:HIGH", no_name("!!RC4", 1)),
        ("+ HIGH", no_name("+", 1)),
        ("HIGH:@", no_name("@", 6)),
        ("HIGH:@FOO", command("@FOO", 5)),
        ("HIGH@SECLEVEL", command("@SECLEVEL", 4)),
        ("HIGH@SECLEVEL=6", command("@SECLEVEL=6", 4)),
        ("HIGH@SECLEVEL=22:AES", command("@SECLEVEL=22", 4)),
        ("HIGH@strength", command("@strength", 4)),
    ] {
        assert_eq!(ciphers::parse(text), Err(error), "{text}");
    }
    assert_eq!(
        ciphers::parse("HIGH:\u{1b}[2J").expect_err("no name").to_string(),
        "a name is missing at byte 5 of the cipher string, in \"\\u{1b}[2J\""
    );
    assert_eq!(
        ciphers::parse("RC4-MD5:x").expect_err("no suite").to_string(),
        "the cipher string selects no suite; not known are [\"RC4-MD5\", \"x\"]"
    );
}

#[test]
fn what_is_not_known_is_reported() {
    for (text, ignored) in [
        ("HIGH:RC4:!MD5:-EXPORT:+3DES:NULL+kRSA", &[][..]),
        ("HIGH:!ADH-AES128-SHA:RC4-MD5", &["!ADH-AES128-SHA", "RC4-MD5"]),
        ("FOO!PSK@STRENGTH:HIGH", &["FOO!PSK@STRENGTH"]),
        ("HIGH:AES+FOO+RSA#", &["AES+FOO+RSA#"]),
        ("HIGH@STRENGTH!PSK:!RSA", &["!PSK"]),
    ] {
        assert_eq!(parse(text).ignored, ignored, "{text}");
    }
}

#[test]
fn strings_are_bounded() {
    let longest = format!("{}HIGH", ":".repeat(MAX_STRING - 4));
    assert_eq!(parse(&longest).tls12.len(), TLS12_SUITES.len());
    assert_eq!(ciphers::parse(&format!(":{longest}")), Err(CipherStringError::TooLong(MAX_STRING + 1)));
    assert_eq!(parse(&format!("HIGH{}", ":x".repeat(1_000))).ignored.len(), MAX_IGNORED);
    // As much work as a string can make.
    assert_eq!(parse(&format!("ALL{}", "@STRENGTH ".repeat(400))).tls12.len(), TLS12_SUITES.len());
    assert_eq!(tls12(&format!("ALL{}", "+DH".repeat(1_300))), tls12("DH"));
}

#[test]
fn every_suite_has_two_names_and_a_description() {
    let mut described = 0;
    for line in DESCRIPTIONS.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (standard, description) = line.split_once(" - ").expect("a name and a description");
        let suite = ciphers::find(standard).expect("a suite");
        assert_eq!(Description(suite).to_string(), description);
        assert_eq!(ciphers::find(suite.openssl_name), Some(suite));
        assert_eq!(ciphers::standard_name(suite.openssl_name), Some(standard));
        assert_eq!(ciphers::standard_name(standard), Some(standard));
        if !suite.is_tls13() {
            assert_eq!(tls12(standard), suite.openssl_name);
            assert_eq!(tls12(suite.openssl_name), suite.openssl_name);
        }
        described += 1;
    }
    assert_eq!(described, TLS13_SUITES.len() + TLS12_SUITES.len() - 4);
    for name in ["RC4-MD5", "aes128-sha", "TLS_RSA_WITH_NULL_SHA", "TLS_FALLBACK_SCSV", ""] {
        assert_eq!(ciphers::find(name), None, "{name}");
        assert_eq!(ciphers::standard_name(name), None, "{name}");
    }
}

#[test]
fn the_supported_names_are_listed_as_node_does() {
    let names = ciphers::supported();
    assert_eq!(names.len(), TLS13_SUITES.len() + TLS12_SUITES.len());
    assert!(names.is_sorted_by(|a, b| a < b));
    assert!(names.contains(&"ecdhe-rsa-aes128-gcm-sha256".to_string()));
    assert!(names.contains(&"tls_aes_128_ccm_8_sha256".to_string()));
    for name in names {
        assert!(ciphers::find(&name.to_ascii_uppercase()).is_some(), "{name}");
    }
}

/// docs/regressions.md row 47: no string selects what has long been broken.
#[test]
fn broken_ciphers_cannot_be_selected() {
    let words = "RC4 3DES DES RC2 IDEA SEED MD5 NULL eNULL aNULL ADH AECDH EXPORT EXP EXPORT40 EXPORT56 LOW MEDIUM \
        COMPLEMENTOFALL CAMELLIA ARIA aDSS SRP GOST89 RC4-SHA RC4-MD5 DES-CBC3-SHA ECDHE-RSA-DES-CBC3-SHA NULL-SHA \
        ADH-AES128-SHA AECDH-AES128-SHA EXP-RC4-MD5 TLS_RSA_WITH_RC4_128_SHA TLS_RSA_WITH_3DES_EDE_CBC_SHA \
        TLS_RSA_WITH_NULL_SHA TLS_DH_anon_WITH_AES_128_CBC_SHA";
    for word in words.split_whitespace() {
        let error = ciphers::parse(&format!("{word}:{word}@SECLEVEL=0")).expect_err(word);
        assert!(matches!(error, CipherStringError::NoSuites { .. }), "{word}: {error}");
        assert_eq!(tls12(&format!("DEFAULT:{word}:+{word}")), DEFAULT, "{word}");
    }
    let everything = format!("ALL:COMPLEMENTOFALL:{words}@SECLEVEL=0");
    assert_eq!(parse(&everything).tls12.len(), TLS12_SUITES.len());
    for suite in TLS12_SUITES {
        for word in ["RC4", "DES", "NULL", "EXP", "ADH", "anon", "MD5"] {
            assert!(!suite.openssl_name.contains(word) && !suite.id.to_string().contains(word));
        }
    }
}

/// Whatever the string, nothing panics, and what it selects is in the tables, once.
#[test]
fn any_string_selects_only_what_exists() {
    const PARTS: &[&str] = &[
        ":",
        ":",
        ":",
        ":",
        " ",
        ",",
        "+",
        "+",
        "-",
        "!",
        "@STRENGTH",
        "@SECLEVEL=3",
        "@SECLEVEL=9",
        "@",
        "ALL",
        "HIGH",
        "DEFAULT",
        "COMPLEMENTOFDEFAULT",
        "SUITEB128",
        "PSK",
        "RSA",
        "kECDHE",
        "DHE",
        "AES",
        "AES256",
        "AESGCM",
        "CBC",
        "CHACHA20",
        "SHA1",
        "TLSv1.2",
        "aNULL",
        "RC4",
        "AES128-SHA",
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
        "FOO",
        "é",
        "\0",
        "=",
    ];
    let random = Seeded::new(11);
    let (mut good, mut bad) = (0, 0);
    for _ in 0..4_000 {
        let text: String = (0..random.below(16)).map(|_| PARTS[random.below(PARTS.len())]).collect();
        match ciphers::parse(&text) {
            Ok(list) => {
                good += 1;
                check(&list, &text);
                // A rule at the end has the last word, whatever came before it.
                if let Ok(list) = ciphers::parse(&format!("{text}:!AESGCM:AESGCM:@SECLEVEL=3")) {
                    check(&list, &text);
                    let gone =
                        |suite: &&Suite| suite.openssl_name.contains("GCM") || suite.openssl_name == "AES128-SHA";
                    assert!(!list.tls12.iter().any(gone), "{text}");
                }
            }
            Err(CipherStringError::NoName { rule, at } | CipherStringError::Command { rule, at }) => {
                bad += 1;
                assert!(text.is_char_boundary(at) && text.contains(&rule), "{text}");
            }
            Err(error) => assert!(matches!(error, CipherStringError::NoSuites { .. }), "{text}: {error}"),
        }
    }
    assert!(good > 500 && bad > 500, "{good} {bad}");
}

fn check(list: &Ciphers, text: &str) {
    assert!(list.suites().count() > 0, "{text}");
    assert!(list.ignored.len() <= MAX_IGNORED, "{text}");
    let tls13 = list.tls13.as_deref().unwrap_or_default();
    for (suites, table) in [(&*list.tls12, TLS12_SUITES), (tls13, TLS13_SUITES)] {
        assert!(suites.iter().all(|suite| table.contains(suite)), "{text}");
        assert_eq!(suites.iter().map(|suite| suite.id).collect::<BTreeSet<_>>().len(), suites.len(), "{text}");
    }
}

//! `openssl verify`, asked about chains of random shape, good and bad: we accept nothing that it refuses. What we refuse and it
//! accepts is in a table of docs/verify.md, or else the test fails.
//!
//! `HANDFAST_CHAINS` sets how many are made, `HANDFAST_SEED` which.

#[path = "../../../pki/tests/pki/chains.rs"]
mod chains;
#[path = "../../../pki/tests/pki/faults.rs"]
mod faults;
#[path = "../../../pki/tests/pki/noise.rs"]
mod noise;
#[path = "openssl_verify/tweaks.rs"]
mod tweaks;

use chains::{Chain, POLICY_CONSTRAINTS, POLICY_MAPPINGS, Style};
use faults::{BREACHES, FAULTS};
use handfast_interop::world::WORLD;
use handfast_pki::policy_extension::PolicyMapping;
use handfast_pki::{Certificate, Error, Path, Profile, Purpose, Rule, Trust, pem};
use noise::Noise;
use pki_types::CertificateDer;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;
use std::thread;

const DOCUMENT: &str = include_str!("../../../../docs/verify.md");

const ANY_POLICY: &[u8] = &[0x55, 0x1d, 32, 0];
const INHIBIT_ANY_POLICY: &[u8] = &[0x55, 0x1d, 54];
const NS_CERT_TYPE: &[u8] = &[0x60, 0x86, 0x48, 1, 0x86, 0xf8, 0x42, 1, 1];
const PROXY_CERT_INFO: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 14];

/// What came of it: how often, and an example.
type Tally = BTreeMap<String, (usize, String)>;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|count| count.parse().ok()).unwrap_or(default)
}

#[test]
fn we_accept_nothing_that_it_refuses() {
    let (count, seed) = (setting("HANDFAST_CHAINS", 2_000), setting("HANDFAST_SEED", 1));
    let workers = thread::available_parallelism().map_or(2, usize::from) as u64;
    let tally = thread::scope(|scope| {
        let handles: Vec<_> = (0..workers)
            .map(|worker| {
                scope.spawn(move || {
                    let mut tally = Tally::new();
                    for round in (worker..count).step_by(workers as usize) {
                        compare(&mut tally, seed, round, worker);
                    }
                    tally
                })
            })
            .collect();
        let mut all = Tally::new();
        for (key, (count, example)) in handles.into_iter().flat_map(|handle| handle.join().unwrap()) {
            all.entry(key).or_insert((0, example)).0 += count;
        }
        all
    });
    let mut report = String::new();
    for (key, (count, example)) in &tally {
        let _ = writeln!(report, "{count:6} {key}: {example}");
    }
    println!("{report}");
    let known = |key: &str| match key.split_once(' ') {
        Some(("refused" | "accepted", shape)) => is_documented(shape),
        _ => true,
    };
    let unknown: Vec<_> = tally.keys().filter(|key| !known(key)).collect();
    assert!(unknown.is_empty(), "not in docs/verify.md: {unknown:?}\n{report}");
    let wrong: Vec<_> = tally.keys().filter(|key| key.starts_with("ACCEPTED")).collect();
    assert!(wrong.is_empty(), "{wrong:?}\n{report}");
    // Else it would compare nothing with nothing.
    let same = |key: &str| tally.get(key).map_or(0, |(count, _)| *count) as u64;
    assert!(same("both accept") > count / 10 && same("both refuse") > count / 10, "{report}");
}

fn compare(tally: &mut Tally, seed: u64, round: u64, worker: u64) {
    let mut noise = Noise((seed << 32) + round + 1);
    (0..8).for_each(|_| {
        noise.next();
    });
    let style = if noise.below(3) == 0 { Style::Any } else { Style::Strict };
    let mut chain = Chain::random(&mut noise, style);
    chain.is_bare = false;
    let mut done = format!("{round}:");
    if noise.below(6) == 0 {
        chain.cross_sign(&mut noise);
        if chain.crls.is_some() {
            chain.add_crls();
        }
        done += " cross";
    }
    for _ in 0..[0, 0, 0, 1, 2][noise.below(5)] {
        let all = FAULTS.len() + BREACHES.len();
        let (name, fault) = FAULTS.iter().chain(BREACHES).nth(noise.below(all)).unwrap();
        if fault(&mut chain, &mut noise).is_some() {
            let _ = write!(done, " {name},");
        }
    }
    for _ in 0..[0, 1, 1, 1, 2][noise.below(5)] {
        let _ = write!(done, " {},", tweaks::tweak(&mut chain, &mut noise));
    }
    let ours = chain.verify(Profile::Rfc5280);
    let files = format!("verify-{worker}");
    let theirs = ask(&files, &chain, &chain.sent(0)[1..], &chain.trusted());
    let key = match (&ours, &theirs) {
        (Ok(_), Ok(())) => "both accept".to_string(),
        (Err(_), Err(_)) => "both refuse".to_string(),
        (Err(error), Ok(())) => format!("refused {}", shape(&chain, error)),
        (Ok(path), Err(_)) => {
            // It does not look for every path (RFC 4158), and reads no list with one that it cannot read.
            let (sent, trusted) = on_path(&chain, path);
            match ask(&files, &chain, &sent, &trusted) {
                Ok(()) => "accepted path not found".to_string(),
                Err(why) => match excuse(&chain, path, &why) {
                    Some(excuse) => format!("accepted {excuse}"),
                    None => {
                        let _ = write!(done, " {path:?}; policies, the anchor first: {}", policies(&chain, path));
                        format!("ACCEPTED {why}")
                    }
                },
            }
        }
    };
    let detail = match &ours {
        Err(error) => format!("{done} {error}"),
        Ok(_) => done,
    };
    tally.entry(key).or_insert((0, detail)).0 += 1;
}

/// Where the RFC is on our side, the words of docs/verify.md for it.
fn excuse(chain: &Chain, path: &Path, why: &str) -> Option<&'static str> {
    let (mut ders, anchor) = on_path(chain, path);
    ders.insert(0, chain.path[0].der.clone());
    ders.extend(anchor);
    let certificates: Vec<_> = ders.iter().map(|der| Certificate::parse(der).unwrap()).collect();
    let is_last_second = |certificate: &Certificate<'_>| certificate.validity().not_after.unix() == chain.now;
    let is_netscape = |certificate: &Certificate<'_>| certificate.extension(NS_CERT_TYPE).is_some();
    let is_proxy = |certificate: &Certificate<'_>| certificate.extension(PROXY_CERT_INFO).is_some();
    for (words, shape, holds) in [
        ("certificate has expired", "last second", &is_last_second as &dyn Fn(&_) -> bool),
        ("unsuitable certificate purpose", "nsCertType", &is_netscape),
        ("invalid CA certificate", "nsCertType", &is_netscape),
        ("unable to get local issuer certificate", "proxyCertInfo", &is_proxy),
        ("proxy certificates not allowed", "proxyCertInfo", &is_proxy),
    ] {
        if why.contains(words) && certificates.iter().any(holds) {
            return Some(shape);
        }
    }
    why.contains("no explicit policy").then(|| odd_mapping(&certificates)).flatten()
}

/// Where OpenSSL heeds mappings in its own way, on a path that begins with the leaf.
fn odd_mapping(path: &[Certificate<'_>]) -> Option<&'static str> {
    let maps_what_any_stands_for = |certificate: &Certificate<'_>| {
        let policies = certificate.certificate_policies().ok().flatten();
        let mappings = certificate.policy_mappings().unwrap_or_default();
        policies.is_some_and(|own| {
            own.has_any() && mappings.iter().any(|mapping| !own.oids().contains(&mapping.issuer_domain))
        })
    };
    let (leaf, issuers) = path.split_first()?;
    if leaf.extension(POLICY_MAPPINGS).is_some() {
        return Some("mappings of the leaf");
    }
    issuers.iter().any(maps_what_any_stands_for).then_some("mapping of anyPolicy")
}

/// What the certificates of the path say about policies.
fn policies(chain: &Chain, path: &Path) -> String {
    let (sent, anchor) = on_path(chain, path);
    let ders = anchor.iter().chain(sent.iter().rev()).chain(std::iter::once(&chain.path[0].der));
    let text = |der: &CertificateDer<'_>| {
        let certificate = Certificate::parse(der).unwrap();
        let last = |oid: &[u8]| oid.last().copied().unwrap_or_default();
        let own = certificate.certificate_policies().unwrap();
        let own: Vec<_> = own.iter().flat_map(|own| own.oids()).map(|oid| last(oid)).collect();
        let mappings = certificate.policy_mappings().unwrap();
        let mapped = |map: &PolicyMapping<'_>| (last(map.issuer_domain), last(map.subject_domain));
        let mapped: Vec<_> = mappings.iter().map(mapped).collect();
        let demands = (certificate.policy_constraints().unwrap(), certificate.inhibit_any_policy().unwrap());
        format!("{own:?} {mapped:?} {demands:?} self-issued {}; ", certificate.is_self_issued())
    };
    ders.map(text).collect::<String>() + &format!("{:?}", chain.policies)
}

/// What docs/verify.md calls the difference.
fn shape(chain: &Chain, error: &Error) -> String {
    let own = shape_of(chain, error.rule(), error.code());
    // Where one way is closed for a reason of the table, the end of the other ways is what is told.
    let leads_elsewhere = matches!(
        error.rule(),
        Rule::UnknownIssuer(_)
            | Rule::SelfSigned
            | Rule::BadSignature
            | Rule::WrongSigner
            | Rule::NoCrl
            | Rule::NoPolicy
    );
    let mut others =
        error.tried().iter().map(|tried| shape_of(chain, &tried.rule, Error::from(tried.rule.clone()).code()));
    others.find(|other| leads_elsewhere && is_documented(other)).unwrap_or(own)
}

fn shape_of(chain: &Chain, rule: &Rule, code: &str) -> String {
    let anchor = Certificate::parse(&chain.path[chain.anchor()].der);
    let restricts = anchor
        .is_ok_and(|anchor| anchor.extension(POLICY_CONSTRAINTS).or(anchor.extension(INHIBIT_ANY_POLICY)).is_some());
    match rule {
        Rule::Breach(breach) => breach.name().to_string(),
        Rule::Malformed(field) => format!("malformed {field}"),
        Rule::DuplicateExtension(_) => "duplicate extension".to_string(),
        Rule::NoDigitalSignature => "no digitalSignature".to_string(),
        Rule::CrlScope("deltaCRLIndicator") => "delta list".to_string(),
        Rule::NoPolicy if restricts => "policies of the anchor".to_string(),
        Rule::NoPolicy => {
            let path: Vec<_> = chain.path.iter().filter_map(|link| Certificate::parse(&link.der).ok()).collect();
            odd_mapping(&path).unwrap_or(code).to_string()
        }
        _ if code.contains("CRL") && chain.rolls_over() => "list of another key".to_string(),
        _ => code.to_string(),
    }
}

fn is_documented(shape: &str) -> bool {
    DOCUMENT.contains(&format!("| `{shape}` |"))
}

fn on_path(chain: &Chain, path: &Path) -> (Vec<CertificateDer<'static>>, Vec<CertificateDer<'static>>) {
    let (sent, trusted) = (chain.sent(0), chain.trusted());
    let anchor = match path.trust {
        Trust::Anchor(at) | Trust::Exact(at) => {
            // An anchor is there once.
            let mut distinct: Vec<CertificateDer<'_>> = Vec::new();
            for der in trusted {
                if !distinct.contains(&der) && Certificate::parse(&der).is_ok() {
                    distinct.push(der);
                }
            }
            distinct.into_iter().nth(at)
        }
        Trust::Pin(_) => None,
    };
    let sent = path.certificates.iter().skip(1).map(|at| sent[*at].clone()).collect();
    (sent, anchor.into_iter().collect())
}

/// Asks OpenSSL; why it refuses.
fn ask(
    files: &str,
    chain: &Chain,
    untrusted: &[CertificateDer<'_>],
    trusted: &[CertificateDer<'_>],
) -> Result<(), String> {
    let write = |name: &str, label: &str, ders: &mut dyn Iterator<Item = &[u8]>| {
        let text: String = ders.map(|der| pem::encode(label, der).to_string()).collect();
        WORLD.write(&format!("{files}-{name}.pem"), text.as_bytes())
    };
    // What is no certificate at all it would not read past.
    let mut untrusted = untrusted.iter().map(|der| der.as_ref()).filter(|der| der.len() > 5).peekable();
    let mut command = Command::new("openssl");
    command.args(["verify", "-x509_strict", "-partial_chain", "-auth_level", "2", "-no-CApath", "-no-CAstore"]);
    command.args(["-policy_check", "-attime", &chain.now.to_string(), "-verify_depth", &chain.depth.to_string()]);
    command.args(["-purpose", if chain.purpose == Purpose::Server { "sslserver" } else { "sslclient" }]);
    if let Some(name) = &chain.name {
        let is_address = name.parse::<std::net::IpAddr>().is_ok();
        command.args([if is_address { "-verify_ip" } else { "-verify_hostname" }, name]);
    }
    let inputs = &chain.policies;
    for (flag, is_set) in [
        ("-explicit_policy", inputs.require_explicit),
        ("-inhibit_map", inputs.inhibit_mapping),
        ("-inhibit_any", inputs.inhibit_any),
    ] {
        command.args(is_set.then_some(flag));
    }
    // Without any, it takes none for acceptable; RFC 5280 §6.1.1 (c) has anyPolicy for who does not care.
    let any = [ANY_POLICY.to_vec()];
    for policy in inputs.acceptable.as_deref().unwrap_or(&any) {
        command.args(["-policy", &tweaks::dotted(policy)]);
    }
    command.args(["-CAfile", &write("trusted", "CERTIFICATE", &mut trusted.iter().map(|der| der.as_ref()))]);
    if untrusted.peek().is_some() {
        command.args(["-untrusted", &write("untrusted", "CERTIFICATE", &mut untrusted)]);
    }
    if let Some(crls) = &chain.crls {
        command.arg("-crl_check_all");
        if crls.iter().flatten().next().is_some() {
            let mut lists = crls.iter().flatten().map(Vec::as_slice);
            command.args(["-CRLfile", &write("crls", "X509 CRL", &mut lists)]);
        }
    }
    command.arg(write("leaf", "CERTIFICATE", &mut std::iter::once(chain.path[0].der.as_ref())));
    let output = command.output().expect("openssl; `just interop` installs it");
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let mut errors = said.lines().filter(|line| line.starts_with("error "));
    Err(errors.next().map_or_else(|| said.lines().next().unwrap_or_default().to_string(), ToString::to_string))
}

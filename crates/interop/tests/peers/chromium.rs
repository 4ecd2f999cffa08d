//! Chromium without a window: one page that visits a site for each suite and group, and tells what it saw.

use handfast::crypto::KeyKind;
use handfast::wire::NamedGroup;
use handfast_interop::SUITES;
use handfast_interop::process::Process;
use handfast_interop::site::Site;
use handfast_interop::world::{KINDS, LARGE, WORLD};
use serde_json::Value;
use std::fs;
use std::process::Command;

/// What it offers.
const GROUPS: [NamedGroup; 4] =
    [NamedGroup::X25519MLKEM768, NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1];

/// P-521 it does not know.
fn kinds() -> impl Iterator<Item = KeyKind> {
    KINDS.into_iter().filter(|kind| *kind != KeyKind::P521)
}

/// Visits the sites of `PORTS` one after the other, transfers what is large both ways, and reports.
const PAGE: &str = r"<!doctype html><title>interop</title><script>
async function visit() {
  const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const facts = [];
  for (const port of PORTS) facts.push(await (await fetch(`https://localhost:${port}/facts`)).json());
  const again = [];
  for (let time = 0; time < 3; time++) again.push((await (await fetch('/last')).json()).resumed);
  const large = await (await fetch('/large.bin')).arrayBuffer();
  const down = hex(await crypto.subtle.digest('SHA-256', large));
  const up = await (await fetch('/hash', { method: 'POST', body: large })).text();
  return { facts, again, down, up };
}
visit().catch((error) => ({ error: String(error) }))
  .then((report) => fetch('/report', { method: 'POST', body: JSON.stringify(report) }));
</script>";

/// The page that visits these ports.
pub(crate) fn page(ports: impl Iterator<Item = u16>) -> String {
    PAGE.replace("PORTS", &format!("{:?}", ports.collect::<Vec<_>>()))
}

/// A browser at home in a folder of its own, whose user trusts the CA.
pub(crate) fn chromium(home: &str, url: &str) -> Process {
    let home = WORLD.path(home);
    let database = format!("sql:{home}/.pki/nssdb");
    fs::create_dir_all(format!("{home}/.pki/nssdb")).unwrap();
    Process::start("certutil", ["-N", "-d", &database, "--empty-password"]).succeed();
    Process::start("certutil", ["-A", "-d", &database, "-n", "ca", "-t", "C,,", "-i", &WORLD.path("ca.pem")]).succeed();
    let mut browser = Command::new("chromium");
    browser.env("HOME", &home).arg(format!("--user-data-dir={home}/profile")).args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--remote-debugging-port=0",
        url,
    ]);
    Process::run(browser)
}

#[test]
fn every_suite_group_and_kind_of_certificate_and_a_hundred_mebibytes() {
    let site = |config: handfast::ServerConfigBuilder| Site::open(config.build().unwrap(), String::new());
    let by_suite = SUITES.map(|suite| site(WORLD.server(KeyKind::P256).suites([suite])));
    // It sends shares of the first two: the others are asked for.
    let by_group = GROUPS.map(|group| site(WORLD.server(KeyKind::P256).groups([group])));
    let by_kind: Vec<_> = kinds().map(|kind| site(WORLD.server(kind).protocols(["http/1.1"]))).collect();
    let page = page(by_suite.iter().chain(&by_group).chain(&by_kind).map(|site| site.port));
    let main = Site::open(WORLD.server(KeyKind::P256).build().unwrap(), page);

    let _browser = chromium("home", &format!("https://localhost:{}/", main.port));
    let report: Value = serde_json::from_str(&main.report()).unwrap();
    assert!(report["error"].is_null(), "{report}");
    assert_eq!(report["down"], LARGE.hash());
    assert_eq!(report["up"], LARGE.hash());
    // It may have opened one for the future.
    assert_eq!(report["again"][2], true, "{report}");
    let (suites, rest) = report["facts"].as_array().unwrap().split_at(SUITES.len());
    let (groups, kinds) = rest.split_at(GROUPS.len());
    for (facts, suite) in suites.iter().zip(SUITES) {
        assert_eq!(facts["cipher"], suite.to_string());
    }
    for (facts, group) in groups.iter().zip(GROUPS) {
        assert_eq!(facts["group"], group.to_string());
        assert_eq!(facts["retried"], matches!(group, NamedGroup::SECP256R1 | NamedGroup::SECP384R1), "{facts}");
    }
    for facts in kinds {
        assert_eq!(facts["protocol"], "http/1.1");
    }
}

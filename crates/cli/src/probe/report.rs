//! What was found out, for programs: the schema of docs/probe.md.

use super::answer::Flight;
use super::assess;
use super::certificate::Shown;
use super::choose::Preference;
use super::names::{Names, Protocols};
use super::problem::Problem;
use super::resume::{Resumption12, Resumption13};
use super::survey::{Findings, Spoken};
use super::{groups, suites};
use handfast::wire::{CipherSuite, NamedGroup, ProtocolVersion};
use serde::Serialize;

/// The name of the schema. A key that is added is no new one.
pub(super) const SCHEMA: &str = "handfast-probe/1";

/// All of it.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) schema: &'static str,
    pub(super) target: String,
    pub(super) address: String,
    /// What is sent as SNI.
    pub(super) server_name: Option<String>,
    pub(super) versions: Vec<Version>,
    pub(super) certificates: Vec<Shown>,
    pub(super) application_protocols: Option<Protocols>,
    pub(super) server_names: Option<Names>,
    pub(super) resumption_tls12: Option<Resumption12>,
    pub(super) resumption_tls13: Option<Resumption13>,
    pub(super) certificate_compression: Vec<String>,
    pub(super) client_certificate_requested: Option<bool>,
    pub(super) client_certificate_required: Option<bool>,
    pub(super) client_certificate_accepted: Option<bool>,
    pub(super) post_quantum: bool,
    pub(super) fallback_scsv: Option<bool>,
    pub(super) tolerates_unknown: Option<bool>,
    /// The worst first.
    pub(super) problems: Vec<Problem>,
    pub(super) incomplete: Vec<Untold>,
    pub(super) connections: usize,
    pub(super) milliseconds: u64,
}

/// A version of the protocol.
#[derive(Serialize)]
pub(super) struct Version {
    pub(super) version: String,
    pub(super) spoken: bool,
    pub(super) answer: String,
    pub(super) suites: Vec<Suite>,
    pub(super) suite_preference: Option<Preference>,
    pub(super) groups: Vec<Group>,
    pub(super) group_preference: Option<Preference>,
    pub(super) dh_bits: Option<usize>,
    pub(super) signature_schemes: Vec<String>,
    pub(super) hello_retry_request: Option<bool>,
    pub(super) extended_main_secret: Option<bool>,
    pub(super) secure_renegotiation: Option<bool>,
    pub(super) encrypt_then_mac: Option<bool>,
    pub(super) compression: Option<bool>,
    pub(super) heartbeat: Option<bool>,
    pub(super) downgrade_sentinel: Option<bool>,
}

#[derive(Serialize)]
pub(super) struct Suite {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) openssl_name: Option<&'static str>,
    pub(super) forward_secrecy: bool,
    /// The identifier of what is wrong with it.
    pub(super) problem: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) post_quantum: bool,
}

/// What could not be found out.
#[derive(Serialize)]
pub(super) struct Untold {
    pub(super) part: String,
    pub(super) why: String,
}

impl Report {
    /// Of what was found out, and who has asked: everything but how long it took.
    pub(super) fn new(findings: Findings, certificates: Vec<Result<Shown, String>>) -> Self {
        let (mut shown, mut unreadable) = (Vec::new(), Vec::new());
        for certificate in certificates {
            match certificate {
                Ok(certificate) => shown.push(certificate),
                Err(why) => unreadable.push(why),
            }
        }
        let versions: Vec<_> = findings.versions.iter().map(|spoken| Version::new(spoken, &findings)).collect();
        let wants = findings.spoken().map(|spoken| {
            let said = spoken.facts.as_ref().is_some_and(|facts| facts.flight.wants_certificate);
            said || spoken.wants_certificate
        });
        let wants = wants.reduce(|one, other| one || other);
        let in_any = |fact: fn(&Spoken) -> Option<bool>| {
            let any = findings.spoken().filter_map(fact).reduce(|one, other| one || other);
            // In a version of which it is not known it may be otherwise.
            let is_unsure = findings.spoken().any(|spoken| spoken.no_verdict.is_some() && fact(spoken).is_none());
            any.filter(|any| *any || !is_unsure)
        };
        let required = in_any(|spoken| spoken.requires_certificate);
        let unaccepted = in_any(|spoken| spoken.accepts_certificate.map(|is| !is));
        let groups = findings.spoken().flat_map(|spoken| spoken.exchanges.groups.items.iter());
        let post_quantum = groups.copied().any(groups::resists_quantum);
        let problems = assess::problems(&findings, &shown, &unreadable);
        let untold = findings.untold.into_iter().map(|(part, why)| Untold { part, why });
        Self {
            schema: SCHEMA,
            target: String::new(),
            address: String::new(),
            server_name: None,
            versions,
            certificates: shown,
            application_protocols: findings.protocols,
            server_names: findings.names,
            resumption_tls12: findings.resumption12,
            resumption_tls13: findings.resumption13,
            certificate_compression: findings.certificate_compression,
            client_certificate_requested: wants,
            client_certificate_required: required,
            client_certificate_accepted: unaccepted.map(|is| !is),
            post_quantum,
            fallback_scsv: findings.fallback_refused,
            tolerates_unknown: findings.tolerates_unknown,
            problems,
            incomplete: untold.collect(),
            connections: 0,
            milliseconds: 0,
        }
    }
}

impl Version {
    fn new(spoken: &Spoken, findings: &Findings) -> Self {
        let is_tls13 = spoken.version == ProtocolVersion::TLS1_3;
        let facts = spoken.facts.as_ref();
        let flight = |of: fn(&Flight) -> bool| facts.map(|facts| of(&facts.flight));
        Self {
            version: spoken.version.to_string(),
            spoken: spoken.is_spoken,
            answer: spoken.answer.clone(),
            suites: spoken.suites.items.iter().copied().map(Suite::new).collect(),
            suite_preference: spoken.suites.preference,
            groups: spoken.exchanges.groups.items.iter().copied().map(Group::new).collect(),
            group_preference: spoken.exchanges.groups.preference,
            dh_bits: spoken.exchanges.field_bits,
            signature_schemes: spoken.schemes.iter().map(ToString::to_string).collect(),
            hello_retry_request: (is_tls13 && spoken.is_spoken).then_some(spoken.retries),
            extended_main_secret: flight(|flight| flight.extended_main_secret),
            secure_renegotiation: flight(|flight| flight.secure_renegotiation),
            encrypt_then_mac: facts.and_then(|facts| facts.cbc.as_ref()).map(|flight| flight.encrypt_then_mac),
            compression: flight(|flight| flight.compression != 0),
            heartbeat: flight(|flight| flight.heartbeat),
            downgrade_sentinel: assess::sentinel(spoken, findings),
        }
    }
}

impl Suite {
    fn new(suite: CipherSuite) -> Self {
        Self {
            id: format!("{:#06x}", suite.0),
            name: suites::name(suite),
            openssl_name: suites::openssl_name(suite),
            forward_secrecy: suites::is_forward_secret(suite),
            problem: suites::fault(suite).map(|fault| fault.id),
        }
    }
}

impl Group {
    fn new(group: NamedGroup) -> Self {
        Self {
            id: format!("{:#06x}", group.0),
            name: groups::name(group),
            post_quantum: groups::resists_quantum(group),
        }
    }
}

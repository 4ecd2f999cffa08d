//! Everything that is asked of a server, in the order in which one answer needs another.

use super::answer::{Answer, Flight, Until};
use super::choose::{self, Exchanges, Picked};
use super::jobs::{Crew, Slot};
use super::line::{Line, Trouble, Verdict, Watch, nobody};
use super::names::{self, Names, Protocols, Way};
use super::resume::{self, Resumption12, Resumption13};
use super::suites;
use handfast::wire::{AlertDescription, CipherSuite, ProtocolVersion, SignatureScheme};
use handfast::{ClientConfigBuilder, Version};
use std::sync::Arc;

/// What was found out.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) versions: Vec<Spoken>,
    /// Of TLS 1.3.
    pub(super) resumption13: Option<Resumption13>,
    pub(super) resumption12: Option<Resumption12>,
    pub(super) names: Option<Names>,
    pub(super) protocols: Option<Protocols>,
    pub(super) certificate_compression: Vec<String>,
    /// Whether a second attempt in a lower version is refused (RFC 7507), where there is a lower one.
    pub(super) fallback_refused: Option<bool>,
    /// Whether numbers that nobody knows are passed over (RFC 8701).
    pub(super) tolerates_unknown: Option<bool>,
    /// What could not be found out, and why.
    pub(super) untold: Vec<(String, String)>,
    /// How much of that because there was no answer, be it for lack of time. Old versions are not counted: it is usual, and good,
    /// not to answer them.
    pub(super) unanswered: usize,
}

/// One version.
pub(super) struct Spoken {
    pub(super) version: ProtocolVersion,
    pub(super) is_spoken: bool,
    /// What the server says to a client that speaks no other.
    pub(super) answer: String,
    /// Something came that breaks the protocol.
    pub(super) is_wrong: bool,
    /// TLS 1.3: whether the server asks for a key share.
    pub(super) retries: bool,
    /// The engine can complete a handshake.
    pub(super) by_engine: bool,
    /// Why it cannot, or why what comes behind it does not come.
    pub(super) no_handshake: Option<String>,
    /// Whether the server asks for a certificate in a handshake of the engine.
    pub(super) wants_certificate: bool,
    /// Whether it goes on without one.
    pub(super) requires_certificate: Option<bool>,
    /// Whether it goes on with the one that it was shown.
    pub(super) accepts_certificate: Option<bool>,
    /// Why one of these two is not known although it asks for one.
    pub(super) no_verdict: Option<String>,
    pub(super) suites: Picked<CipherSuite>,
    pub(super) exchanges: Exchanges,
    pub(super) schemes: Vec<SignatureScheme>,
    pub(super) facts: Option<Facts>,
}

/// What a server of a version before TLS 1.3 says in the clear.
pub(super) struct Facts {
    /// To a client with everything, methods of compression too.
    pub(super) flight: Flight,
    /// To one that wants no ticket.
    pub(super) without_ticket: Option<Flight>,
    /// To one with CBC suites alone, if there are any.
    pub(super) cbc: Option<Flight>,
}

impl Findings {
    /// The highest version that is spoken.
    pub(super) fn highest(&self) -> Option<&Spoken> {
        self.spoken().next_back()
    }

    pub(super) fn spoken(&self) -> impl DoubleEndedIterator<Item = &Spoken> {
        self.versions.iter().filter(|spoken| spoken.is_spoken)
    }

    pub(super) fn of(&self, version: ProtocolVersion) -> Option<&Spoken> {
        self.spoken().find(|spoken| spoken.version == version)
    }

    /// Whether this could not be found out.
    pub(super) fn is_untold(&self, what: &str) -> bool {
        self.untold.iter().any(|(other, _)| other == what)
    }

    fn keep<T: Send + Sync>(&mut self, what: &str, slot: Slot<Result<T, Trouble>>) -> Option<T> {
        match slot.take()? {
            Ok(value) => Some(value),
            Err(Trouble(why)) => {
                self.untold.push((what.to_string(), why));
                self.unanswered = self.unanswered.saturating_add(1);
                None
            }
        }
    }
}

/// The versions, the oldest first.
const VERSIONS: [ProtocolVersion; 5] = [
    ProtocolVersion::SSL3,
    ProtocolVersion::TLS1_0,
    ProtocolVersion::TLS1_1,
    ProtocolVersion::TLS1_2,
    ProtocolVersion::TLS1_3,
];

/// Asks everything.
pub(super) fn survey(crew: &Crew<'_>, host: &str) -> Findings {
    let mut findings = Findings::default();
    let line = crew.line;

    let slots = VERSIONS.map(|version| (version, Slot::new()));
    crew.run(
        0.0..0.1,
        slots.iter().map(|(version, slot)| slot.job(version.to_string(), || spoken(line, *version))).collect(),
    );
    for (version, slot) in slots {
        match findings.keep(&version.to_string(), slot) {
            Some(spoken) => findings.versions.push(spoken),
            None => {
                if version < ProtocolVersion::TLS1_2 {
                    findings.unanswered = findings.unanswered.saturating_sub(1);
                }
                findings.versions.push(Spoken::not(version, "no answer"));
            }
        }
    }
    for spoken in findings.versions.iter().filter(|spoken| spoken.is_spoken) {
        if let Some(why) = &spoken.no_handshake {
            let what = if spoken.by_engine { "sessions" } else { "a whole handshake" };
            findings.untold.push((format!("{what} of {}", spoken.version), why.clone()));
        }
        if let Some(why) = &spoken.no_verdict {
            findings.untold.push((format!("client certificate of {}", spoken.version), why.clone()));
        }
    }
    if findings.highest().is_none() {
        return findings;
    }
    let tls13 = findings.of(ProtocolVersion::TLS1_3).filter(|spoken| spoken.by_engine);
    let has_engine13 = tls13.is_some();
    // Who is turned away behind the handshake gets no tickets.
    let gets_tickets = tls13.is_some_and(|spoken| spoken.no_handshake.is_none());

    let (resumption13, compression) = (Slot::new(), Slot::new());
    let suites: Vec<_> = findings.spoken().map(|spoken| (spoken.version, spoken.retries, Slot::new())).collect();
    let mut jobs: Vec<_> = suites
        .iter()
        .map(|(version, retries, slot)| {
            slot.job(format!("cipher suites of {version}"), || choose::suites(line, *version, *retries))
        })
        .collect();
    if gets_tickets {
        jobs.push(resumption13.job("sessions of TLS 1.3", || resume::tls13(line, host)));
    }
    if has_engine13 {
        jobs.push(compression.job("certificate compression", || names::compression(line)));
    }
    crew.run(0.1..0.5, jobs);
    for (version, _, slot) in suites {
        let found = findings.keep(&format!("cipher suites of {version}"), slot).unwrap_or_default();
        if let Some(spoken) = findings.versions.iter_mut().find(|spoken| spoken.version == version) {
            spoken.suites = found;
        }
    }
    findings.resumption13 = findings.keep("sessions of TLS 1.3", resumption13).flatten();
    findings.certificate_compression = findings.keep("certificate compression", compression).unwrap_or_default();
    details(crew, &mut findings);
    highest(crew, &mut findings);
    findings
}

/// What is looked at in the highest version alone, and what needs the answers of the others.
fn highest(crew: &Crew<'_>, findings: &mut Findings) {
    let line = crew.line;
    let Some(highest) = findings.highest() else { return };
    let certified = highest.suites.items.iter().copied().filter(|suite| suites::has_certificate(*suite));
    let way = Way { version: highest.version, suites: certified.collect(), by_engine: highest.by_engine };
    let facts = findings.of(ProtocolVersion::TLS1_2).map(|tls12| tls12.facts.as_ref());
    let (protocols, names, resumption) = (Slot::new(), Slot::new(), Slot::new());
    let mut jobs = vec![
        protocols.job("application protocols", || names::protocols(line, &way)),
        names.job("host names", || names::names(line, &way)),
    ];
    if let Some(facts) = facts {
        jobs.push(resumption.job("sessions of TLS 1.2", move || resume::tls12(line, facts)));
    }
    crew.run(0.8..1.0, jobs);
    findings.protocols = findings.keep("application protocols", protocols);
    findings.names = findings.keep("host names", names);
    findings.resumption12 = findings.keep("sessions of TLS 1.2", resumption);
}

/// What needs the suites.
fn details(crew: &Crew<'_>, findings: &mut Findings) {
    let line = crew.line;
    struct Of {
        version: ProtocolVersion,
        retries: bool,
        suites: Vec<CipherSuite>,
        exchanges: Slot<Result<Exchanges, Trouble>>,
        schemes: Slot<Result<Vec<SignatureScheme>, Trouble>>,
        facts: Slot<Result<Option<Facts>, Trouble>>,
    }
    let versions: Vec<_> = findings
        .spoken()
        .map(|spoken| Of {
            version: spoken.version,
            retries: spoken.retries,
            suites: spoken.suites.items.clone(),
            exchanges: Slot::new(),
            schemes: Slot::new(),
            facts: Slot::new(),
        })
        .collect();
    let (fallback, tolerance) = (Slot::new(), Slot::new());
    let mut jobs = Vec::new();
    for of in &versions {
        let Of { version, retries, suites, exchanges, schemes, facts } = of;
        let exchange = || choose::exchanges(line, *version, suites, *retries);
        jobs.push(exchanges.job(format!("groups of {version}"), exchange));
        if *version < ProtocolVersion::TLS1_3 {
            jobs.push(facts.job(format!("extensions of {version}"), || self::facts(line, *version, suites)));
        }
        if *version == ProtocolVersion::TLS1_2 || of_engine(findings, *version) {
            jobs.push(schemes.job(format!("signatures of {version}"), || choose::schemes(line, *version, suites)));
        }
    }
    if let [.., lower, highest] = versions.as_slice() {
        let lower = (lower.version, lower.suites.clone());
        jobs.push(fallback.job("fallback", move || falls_back(line, lower.0, lower.1)));
        let highest = (highest.version, highest.suites.clone());
        jobs.push(tolerance.job("unknown numbers", move || tolerates(line, highest.0, highest.1)));
    } else if let [only] = versions.as_slice() {
        jobs.push(tolerance.job("unknown numbers", || tolerates(line, only.version, only.suites.clone())));
    }
    crew.run(0.5..0.8, jobs);
    for of in versions {
        let version = of.version;
        let exchanges = findings.keep(&format!("groups of {version}"), of.exchanges).unwrap_or_default();
        let schemes = findings.keep(&format!("signatures of {version}"), of.schemes).unwrap_or_default();
        let facts = findings.keep(&format!("extensions of {version}"), of.facts).flatten();
        if let Some(spoken) = findings.versions.iter_mut().find(|spoken| spoken.version == version) {
            (spoken.exchanges, spoken.schemes, spoken.facts) = (exchanges, schemes, facts);
        }
    }
    findings.fallback_refused = findings.keep("fallback", fallback);
    findings.tolerates_unknown = findings.keep("unknown numbers", tolerance);
}

fn of_engine(findings: &Findings, version: ProtocolVersion) -> bool {
    findings.of(version).is_some_and(|spoken| spoken.by_engine)
}

impl Spoken {
    fn not(version: ProtocolVersion, answer: &str) -> Self {
        Self {
            version,
            is_spoken: false,
            answer: answer.to_string(),
            is_wrong: false,
            retries: false,
            by_engine: false,
            no_handshake: None,
            wants_certificate: false,
            requires_certificate: None,
            accepts_certificate: None,
            no_verdict: None,
            suites: Picked::default(),
            exchanges: Exchanges::default(),
            schemes: Vec::new(),
            facts: None,
        }
    }
}

impl Spoken {
    /// Whether the server goes on, where that is known.
    fn judge(&mut self, verdict: &Option<Verdict>) -> Option<bool> {
        match verdict.as_ref()? {
            Verdict::GoesOn => Some(true),
            Verdict::Refused(_) => Some(false),
            Verdict::Unknown(why) => {
                self.no_verdict = Some(why.clone());
                None
            }
        }
    }
}

/// Whether the server goes on with a client of this version alone.
fn spoken(line: &Line, version: ProtocolVersion) -> Result<Spoken, Trouble> {
    let (mut spoken, mut silent) = (Spoken::not(version, ""), None);
    for suites in suites::chunks(version) {
        let answer = match line.ask(&line.hello(version, suites), Until::Hello) {
            Ok(answer) => answer,
            // It may be the hello that is odd: a whole handshake can still be understood.
            Err(trouble) => {
                silent = Some(trouble);
                break;
            }
        };
        match answer {
            Answer::Flight(flight) if flight.version == Some(version) => {
                spoken.is_spoken = true;
                spoken.retries = flight.retries;
                spoken.answer = "spoken".to_string();
                break;
            }
            Answer::Flight(flight) => {
                let other = flight.version.map(|version| version.to_string()).unwrap_or_default();
                spoken.answer = format!("answered with {other}");
            }
            Answer::Alert(alert) => spoken.answer = format!("alert {alert}"),
            Answer::Closed => spoken.answer = "closed".to_string(),
            Answer::Wrong(why) => {
                spoken.answer = why;
                spoken.is_wrong = true;
            }
        }
        // With other suites it would be no other version.
        if spoken.answer == format!("alert {}", AlertDescription::PROTOCOL_VERSION) {
            break;
        }
    }
    let only = match version {
        ProtocolVersion::TLS1_2 => Version::Tls12,
        ProtocolVersion::TLS1_3 => Version::Tls13,
        _ => return silent.map_or(Ok(spoken), Err),
    };
    let tried = Tried::new(line, line.curious().versions(only, only))?;
    spoken.wants_certificate = tried.watch.wants_certificate();
    let why = if tried.watch.has_shown() {
        let without = Tried::new(line, nobody().versions(only, only))?;
        spoken.requires_certificate = spoken.judge(&without.verdict).map(|goes_on| !goes_on);
        spoken.accepts_certificate = spoken.judge(&tried.verdict);
        tried.refused().map(|why| format!("the client certificate is not accepted: {why}"))
    } else {
        spoken.requires_certificate = spoken.judge(&tried.verdict).map(|goes_on| !goes_on);
        tried.refused().map(|why| format!("a client certificate is required, which `--cert` shows: {why}"))
    };
    if tried.failure.is_none() {
        spoken.by_engine = true;
        spoken.is_spoken = true;
        spoken.answer = "spoken".to_string();
        spoken.is_wrong = false;
    } else if let Some(trouble) = silent {
        return Err(trouble);
    }
    spoken.no_handshake = why.or(tried.failure);
    Ok(spoken)
}

/// What became of a handshake by the engine.
struct Tried {
    watch: Arc<Watch>,
    /// Why this side has seen no end of it.
    failure: Option<String>,
    /// What a server makes of the client that had asked it for a certificate.
    verdict: Option<Verdict>,
}

impl Tried {
    fn new(line: &Line, builder: ClientConfigBuilder) -> Result<Self, Trouble> {
        let watch = Arc::new(Watch::default());
        let config = builder.trace(watch.clone()).build()?;
        let (failure, verdict) = match line.handshake(&config)? {
            Ok(mut stream) => (None, Some(line.verdict(&mut stream, &watch))),
            Err(why) if why == "closed" || why.starts_with("alert ") => {
                (Some(why.clone()), Some(Verdict::Refused(why)))
            }
            Err(why) => (Some(why), None),
        };
        let verdict = verdict.filter(|_| watch.wants_certificate());
        Ok(Self { watch, failure, verdict })
    }

    /// How it has refused to go on.
    fn refused(&self) -> Option<&str> {
        match &self.verdict {
            Some(Verdict::Refused(why)) => Some(why),
            _ => None,
        }
    }
}

/// What is said in the clear before TLS 1.3.
fn facts(line: &Line, version: ProtocolVersion, known: &[CipherSuite]) -> Result<Option<Facts>, Trouble> {
    let with_certificate: Vec<_> = known.iter().copied().filter(|suite| suites::has_certificate(*suite)).collect();
    let suites = if with_certificate.is_empty() { known.to_vec() } else { with_certificate };
    let Some(flight) = choose::done(line, version, suites.clone(), |hello| hello.compresses = true)? else {
        return Ok(None);
    };
    let without_ticket = choose::flight(line, version, suites.clone(), |hello| hello.tickets = false)?;
    let cbc: Vec<_> = suites.into_iter().filter(|suite| suites::is_cbc(*suite)).collect();
    let cbc = if cbc.is_empty() { None } else { choose::flight(line, version, cbc, |_| {})? };
    Ok(Some(Facts { flight, without_ticket, cbc }))
}

/// Whether a second attempt in a lower version is refused with the alert that is there for it (RFC 7507 §3).
fn falls_back(line: &Line, lower: ProtocolVersion, suites: Vec<CipherSuite>) -> Result<bool, Trouble> {
    let mut hello = line.hello(lower, suites);
    hello.falls_back = true;
    let answer = line.ask(&hello, Until::Hello)?;
    Ok(matches!(answer, Answer::Alert(AlertDescription::INAPPROPRIATE_FALLBACK)))
}

/// Whether the server goes on with a client whose lists have numbers that nobody knows.
fn tolerates(line: &Line, version: ProtocolVersion, suites: Vec<CipherSuite>) -> Result<bool, Trouble> {
    Ok(choose::flight(line, version, suites, |hello| hello.greases = true)?.is_some())
}

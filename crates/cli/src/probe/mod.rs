//! `handfast probe`: what a server does for every client that could come.
//!
//! | file | concept |
//! |---|---|
//! | `survey` | everything that is asked, in the order in which one answer needs another |
//! | `jobs` | what is asked at the same time |
//! | `line` | connections to the one server, and the certificates that were seen |
//! | `hello`, `answer` | a ClientHello of any version, and what is said to it in the clear |
//! | `choose` | what a server picks of a list, and whose order counts |
//! | `resume`, `names` | sessions; host names, application protocols, compression of certificates |
//! | `suites`, `groups` | what there is to be asked for, and how good it is |
//! | `certificate` | what is to be said of a certificate |
//! | `assess`, `problem` | what is wrong, and how bad that is |
//! | `report`, `text` | all of it, for programs and for people |
//!
//! What a server speaks that the engine does not is seen from hellos that nobody means to finish. The rest are handshakes.

mod answer;
mod assess;
mod certificate;
mod choose;
mod groups;
mod hello;
mod jobs;
mod line;
mod names;
mod problem;
mod report;
mod resume;
mod suites;
mod survey;
mod text;

use crate::connect::trust::Trust;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::remote::Remote;
use clap::{Args, ValueEnum};
use jobs::Crew;
use line::{Line, Manner};
use problem::Severity;
use report::Report;
use std::io::Write;
use std::time::{Duration, Instant};

/// Find out what a server speaks, what it shows, and what is wrong with it
///
/// Which versions, cipher suites, groups and signatures it has, also old ones that nothing here speaks; sessions and early
/// data; application protocols; its certificates; and a list of problems, each with what to do about it. It takes some dozen
/// connections, most of which end after the first message. Ask before you probe what belongs to others.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    remote: Remote,

    /// Print the report as JSON: docs/probe.md has the schema
    #[arg(long)]
    json: bool,

    /// End with exit code 4 where a problem is this bad, or worse
    #[arg(long, value_name = "SEVERITY", default_value = "high")]
    fail_on: FailOn,

    /// How long each connection may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,

    /// How long all of them may take together: what is not known by then is reported as such
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    max_time: u64,

    /// How many connections there may be at once
    #[arg(long, value_name = "NUMBER", default_value = "4", value_parser = clap::value_parser!(u64).range(1..=64))]
    parallel: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum FailOn {
    /// Anything at all
    Info,
    /// What could be better
    Low,
    /// What somebody with means could use
    Medium,
    /// What clients refuse, or somebody can use
    High,
    /// No protection at all
    Critical,
    /// Nothing
    Never,
}

impl FailOn {
    fn severity(self) -> Option<Severity> {
        Some(match self {
            Self::Info => Severity::Info,
            Self::Low => Severity::Low,
            Self::Medium => Severity::Medium,
            Self::High => Severity::High,
            Self::Critical => Severity::Critical,
            Self::Never => return None,
        })
    }
}

/// Runs it.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let outcome = probe(arguments);
    match (&outcome, arguments.json) {
        (Err(failure), true) => show(&failure.json()).and_then(|()| outcome.map(drop)),
        (Ok(report), true) => show(report).and_then(|()| judge(arguments, report)),
        (Ok(report), false) => {
            let mut out = anstream::stdout().lock();
            let printed = text::print(&mut out, report).and_then(|()| out.flush());
            printed.map_err(|error| Failure::output(&error))?;
            judge(arguments, report)
        }
        (Err(_), false) => outcome.map(drop),
    }
}

fn probe(arguments: &Arguments) -> Result<Report, Failure> {
    let remote = &arguments.remote;
    let trust = Trust::new(&remote.flags.trust, true)?;
    let (target, name) = (remote.target(), remote.name()?);
    let timeout = Duration::from_secs(arguments.timeout);
    // This may ask for a password: the line must not write over the question, and the time runs from the answer.
    let own = remote.flags.own.identities(&trust.provider)?;
    let started = Instant::now();
    let progress = Progress::new("connecting", true);
    let until = started + Duration::from_secs(arguments.max_time);
    let begin = remote.flags.begin(&name, None);
    let line = Line::find(&target, Manner { name, begin, own }, trust.provider.clone(), timeout, until)?;
    let parallel = usize::try_from(arguments.parallel).unwrap_or(1);
    let findings = survey::survey(&Crew { line: &line, parallel, progress: &progress }, remote.host());
    drop(progress);
    let mut report = Report::new(findings, certificate::all(&line, &trust));
    report.target = target.to_string();
    report.address = line.address.to_string();
    report.server_name = line.sni().map(str::to_string);
    report.connections = line.made();
    report.milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(report)
}

/// Whether something is as bad as `--fail-on` says.
fn judge(arguments: &Arguments, report: &Report) -> Result<(), Failure> {
    let Some(severity) = arguments.fail_on.severity() else { return Ok(()) };
    let bad = report.problems.iter().filter(|problem| problem.severity >= severity).count();
    if bad == 0 {
        return Ok(());
    }
    let (word, plural) = (severity.word(), if bad == 1 { "" } else { "s" });
    Err(Failure::problems(format!("{bad} problem{plural} of severity {word} or worse")))
}

/// As lines that do nothing to a terminal.
fn show(value: &impl serde::Serialize) -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{}", crate::escape::json(value)).map_err(|error| Failure::output(&error))
}

//! What is wrong with a server, how bad that is, and what to do about it.

use clap::ValueEnum;
use serde::Serialize;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum Severity {
    /// Worth knowing.
    Info,
    /// Could be better.
    Low,
    /// Somebody with means could use it.
    Medium,
    /// Clients refuse it, or somebody can use it.
    High,
    /// There is no protection at all.
    Critical,
}

impl Severity {
    /// As it is written in reports and on the command line.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    /// Stable.
    pub(super) id: String,
    pub(super) severity: Severity,
    pub(super) what: String,
    pub(super) hint: String,
}

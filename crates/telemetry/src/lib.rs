//! What the connections of Handfast do, for whoever runs them: spans and events by the crate
//! [`tracing`](https://docs.rs/tracing), numbers by the crate [`metrics`](https://docs.rs/metrics). Both are traces
//! ([`handfast::Trace`]) that belong into a configuration; a program that does without does not compile them.
//!
//! | feature | what it brings |
//! |---|---|
//! | `tracing` | [`Spans`]: a span for each connection; events for messages, alerts, resumption, the end of the handshake, errors |
//! | `metrics` | [`Numbers`]: connections, handshakes by version, suite and group, why sessions were not resumed, alerts, errors, times |
//!
//! Neither is on by default. Both at once, and others beside them, are a [`handfast::trace::All`]:
//!
#![cfg_attr(all(feature = "tracing", feature = "metrics"), doc = "```")]
#![cfg_attr(not(all(feature = "tracing", feature = "metrics")), doc = "```ignore")]
//! use handfast::trace::All;
//! use handfast_telemetry::{Numbers, Spans};
//! use std::sync::Arc;
//!
//! let watch = All::new([Arc::new(Spans) as Arc<dyn handfast::Trace>, Arc::new(Numbers)]);
//! let builder = handfast::ClientConfig::builder().trace(Arc::new(watch));
//! # let _ = builder;
//! ```
//!
//! Where the numbers go and who writes the events down is the application's choice: a recorder of `metrics`, a subscriber of
//! `tracing`. Nothing secret is in either. What a peer chose is bounded: a label takes no value that a peer could make up, and a name is
//! escaped.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]
#![cfg_attr(not(all(feature = "tracing", feature = "metrics")), allow(rustdoc::broken_intra_doc_links))]

#[cfg(any(feature = "metrics", feature = "tracing"))]
mod end;
#[cfg(feature = "metrics")]
mod numbers;
#[cfg(feature = "tracing")]
mod spans;
#[cfg(any(feature = "metrics", feature = "tracing"))]
mod words;

#[cfg(feature = "metrics")]
pub use numbers::{Numbers, describe};
#[cfg(feature = "tracing")]
pub use spans::Spans;

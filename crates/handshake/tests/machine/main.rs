//! The machines by themselves: every arrow, every effect, and what answers can and cannot do.

mod answers;
mod arithmetic;
mod candidates;
mod common;
#[cfg(feature = "tls12")]
mod common12;
mod early_data;
mod effects;
#[cfg(feature = "tls12")]
mod effects12;
mod exploration;
#[cfg(feature = "tls12")]
mod exploration12;
mod mutations;
#[cfg(feature = "tls12")]
mod mutations12;
mod psk_ke;
mod rfc8448;
mod scenarios;
#[cfg(feature = "tls12")]
mod scenarios12;

//! The handshake messages that TLS 1.2 has for itself, or writes otherwise than TLS 1.3 (RFC 5246 §7.4).
//!
//! Hello messages, CertificateVerify and Finished are those of [the module above](super): one syntax serves both versions.
//!
//! What stands in [`ServerKeyExchange`] and [`ClientKeyExchange`] depends on the cipher suite, of which a message says
//! nothing. They are read in two steps: first the message, its body as it is, then the body by whoever knows the suite.

mod certificate;
mod certificate_request;
mod certificate_status;
mod client_key_exchange;
mod hello_request;
mod new_session_ticket;
mod raw_public_key;
mod server_hello_done;
mod server_key_exchange;

pub use certificate::{Certificate, CertificateData};
pub use certificate_request::CertificateRequest;
pub use certificate_status::CertificateStatus;
pub use client_key_exchange::ClientKeyExchange;
pub use hello_request::HelloRequest;
pub use new_session_ticket::NewSessionTicket;
pub use raw_public_key::RawPublicKey;
pub use server_hello_done::ServerHelloDone;
pub use server_key_exchange::{DheParams, EcdheParams, ServerKeyExchange, Signed};

use super::{append, frame};

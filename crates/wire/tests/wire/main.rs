//! The longer tests: whole messages, published and hostile.

mod common;
mod hostile;
mod placement;
mod rfc8448;

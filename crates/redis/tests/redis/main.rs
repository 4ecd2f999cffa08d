//! Against a real redis-server, which every test starts for itself. Without one they fail.
#![cfg(unix)]

mod handshakes;
mod hostile;
mod outage;
mod rights;
mod server;
mod sessions;
mod strikes;
mod ticket_keys;
mod writer;

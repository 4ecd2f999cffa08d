//! What several server processes share, through Redis 7 or Valkey: sessions, the strike register of early data, and ticket
//! keys.
//!
//! A client comes back to whichever server the balancer gives it. For that one to resume what another has made, they share
//! either the keys of tickets or the sessions themselves; and for none of them to take early data that another has taken,
//! they share what has been seen.
//!
//! ```no_run
//! use handfast::{Clock, Resolve, ServerConfig, SystemClock, Ticketer};
//! use handfast_redis::{Options, OperatorSecret, Redis, SessionStore, StrikeRegister, TicketKeys};
//! use std::{fs, sync::Arc};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let provider = handfast::rustcrypto::provider;
//! // head -c 32 /dev/urandom, the same on all servers.
//! let secret = OperatorSecret::new(&fs::read("/etc/handfast/redis.secret")?)?;
//! let options = Options::default().on_error(|failure| eprintln!("{failure}"));
//! let redis = Redis::open("redis://handfast:PASSWORD@10.0.0.7", "shop", &secret, provider(), options)?;
//!
//! // The keys of tickets: nothing more is asked of Redis than new keys now and then. Keep the keeper.
//! let ticketer = Arc::new(Ticketer::new(provider()));
//! let keeper = TicketKeys::new(redis.clone(), Ticketer::ROTATION).keep(ticketer.clone(), Arc::new(SystemClock))?;
//! let config = ServerConfig::builder_with(provider()).sessions(ticketer);
//!
//! // Or the sessions: one command for each that is made or resumed, and each can be called back.
//! let config = config.sessions(Arc::new(SessionStore::new(redis.clone())));
//!
//! // Early data that was taken anywhere is taken nowhere else. The register in memory is asked first: it knows a flight that
//! // Redis was out of reach for.
//! let strikes = StrikeRegister::new(redis);
//! let _ = strikes.begin(SystemClock.millis());
//! let both = (handfast::StrikeRegister::default().started(SystemClock.millis()), strikes);
//! let config = config.early_data(16_384).anti_replay(Resolve::Now(Arc::new(both)));
//! # Ok(())
//! # }
//! ```
//!
//! | file | concept |
//! |---|---|
//! | `client`, `options` | the server, a few connections to it, and when it is not asked |
//! | `line` | one connection: nothing takes longer or brings more than it may |
//! | `secret`, `seal` | what the fleet knows and Redis does not, and the form of every value |
//! | `store` | sessions under their IDs |
//! | `strikes` | the strike register |
//! | `keep` | the engine's questions, answered from both |
//! | `ticket_keys`, `keeper` | ticket keys, and the thread that keeps them fresh |
//! | `failure` | what went wrong, for the operator |
//!
//! # When Redis fails
//!
//! A connection never fails because Redis does, and never waits for it longer than [`Options::CONNECT_TIMEOUT`] and
//! [`Options::COMMAND_TIMEOUT`], 200 ms each. After a failure to reach it nobody asks for [`Options::PAUSE`]; from then on one
//! handshake in that time tries, until it answers.
//!
//! | asked for | without Redis |
//! |---|---|
//! | a session to resume | there is none: a full handshake |
//! | a session to keep | it is not kept: the client's next handshake is a full one |
//! | early data | refused: the client sends it again after the handshake, one round trip later |
//! | ticket keys | the last ones until their time is past, then the process's own |
//!
//! [`Redis::status`] counts the failures, and [`Options::on_error`] tells of each.
//!
//! # Who may write to Redis
//!
//! Everything that leaves a process is sealed under keys that are made of the [`OperatorSecret`], each value under one of its
//! own; authenticated with it is what the value is: its kind, its namespace, its ID or generation. The names of keys have
//! hashes in them, keyed with the secret as well. So whoever can read Redis learns how many sessions there are and when
//! they were made, and no secret, ticket or session ID. And whoever can write to it and has no secret cannot add ticket keys, nor
//! have an entry taken for another one, nor bring back the ticket keys of an earlier generation.
//!
//! What such a writer still can do:
//!
//! * **Delete** sessions and ticket keys. It costs full handshakes; ticket keys are put back by the next process that
//!   refreshes them.
//! * **Delete strikes**, or make a register look older than it is. Then a recorded flight can be replayed while it is fresh, about ten
//!   seconds. Early data must be what may come twice in any case (RFC 9846 §8); but this is the one thing here that rests on
//!   Redis and not on the secret.
//! * **Put back a session** that was taken. A ticket that was to be used once can then be used again, by a client that has
//!   its secret, until the session is too old.
//! * **Fill** Redis, or occupy it.
//!
//! Whoever sits between a server and Redis can do all that as well, and sees the password.
//!
//! What to do about it: give the fleet a user of its own with these rights and no more, all others none on `handfast:*`, and let
//! nobody reach Redis who need not:
//!
//! ```text
//! ACL SETUSER handfast on >PASSWORD resetkeys ~handfast:shop:* resetchannels -@all +getrange +set +del +getdel +strlen +eval +time +info +zscore +zcount +zadd +zrangebyscore +zrem +zremrangebyscore +pexpire
//! ```
//!
//! `maxmemory-policy noeviction` keeps sessions from pushing out the strike register, or the other way round; a register of
//! its own server is better. Redis under TLS (`rediss://`) is not spoken here: run it on the same machine behind a Unix socket, on a
//! network of its own, or at the end of a tunnel that authenticates both sides.
//!
//! One server is asked, not a cluster. A replica that takes its place is one that has forgotten, as far as
//! early data is concerned, and for the rest what it has.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::unreachable)
)]

mod client;
mod failure;
mod keep;
mod keeper;
mod line;
mod options;
mod seal;
mod secret;
mod store;
mod strikes;
mod ticket_keys;

pub use client::{OpenError, Redis};
pub use failure::{Failure, Status};
pub use keeper::Keeper;
pub use options::Options;
pub use secret::{OperatorSecret, SecretError};
pub use store::SessionStore;
pub use strikes::{StrikeRegister, Struck};
pub use ticket_keys::{Sharing, TicketKeys};

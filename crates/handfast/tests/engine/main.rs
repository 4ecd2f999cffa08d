//! The engine against itself: every way bytes can arrive and decisions can be made, what it allocates, what it refuses.

mod configuration;
mod early_data;
mod halves;
mod hosts;
mod matrix;
mod refusals;
mod tls13;
mod violations;

//! The machines by themselves: every arrow, every effect, and what answers can and cannot do.

mod answers;
mod common;
mod effects;
mod exploration;

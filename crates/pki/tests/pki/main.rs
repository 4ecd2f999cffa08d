//! Path validation as a whole, over certificates made on the spot and made by OpenSSL.

mod common;
mod fixtures;
mod mutations;
mod paths;
mod pem;
mod roots;
mod rules;

//! Path validation as a whole, over certificates made on the spot and made by OpenSSL.

mod common;
mod constraints;
mod crl;
mod crl_scope;
mod fixtures;
mod mutations;
mod ocsp;
mod paths;
mod pem;
mod policies;
mod policy_tree;
mod profile;
mod roots;
mod rules;

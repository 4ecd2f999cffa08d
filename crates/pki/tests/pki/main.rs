//! Path validation as a whole, over certificates made on the spot and made by OpenSSL.

mod bundles;
mod chains;
mod common;
mod constraints;
mod crl;
mod crl_scope;
mod faults;
mod fixtures;
mod inspect;
mod locked;
mod mutations;
mod noise;
mod ocsp;
mod paths;
mod pem;
mod policies;
mod policy_tree;
mod profile;
mod properties;
mod requests;
mod roots;
mod rules;
mod status;

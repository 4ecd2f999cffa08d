//! Node.js, which is OpenSSL behind another API.

use handfast::wire::NamedGroup;
use handfast_interop::script::NODE;
use handfast_interop::world::MORE_KINDS;
use handfast_interop::{GROUPS, script_tests};

script_tests!(
    NODE,
    groups: GROUPS,
    kinds: MORE_KINDS,
    retry: X25519 to SECP384R1
);

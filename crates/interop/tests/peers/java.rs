//! Java's own TLS, SunJSSE.

use handfast::wire::NamedGroup;
use handfast_interop::script::JAVA;
use handfast_interop::world::MORE_KINDS;
use handfast_interop::{GROUPS, script_tests};

script_tests!(
    JAVA,
    groups: GROUPS,
    kinds: MORE_KINDS,
    retry: X25519 to SECP384R1
);

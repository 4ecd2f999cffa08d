//! Go's crypto/tls, with post-quantum groups.

use handfast::wire::NamedGroup;
use handfast_interop::script::GO;
use handfast_interop::script_tests;
use handfast_interop::world::MORE_KINDS;

script_tests!(
    GO,
    groups: [
        NamedGroup::X25519,
        NamedGroup::SECP256R1,
        NamedGroup::SECP384R1,
        NamedGroup::SECP521R1,
        NamedGroup::X25519MLKEM768,
        NamedGroup::SECP256R1MLKEM768,
        NamedGroup::SECP384R1MLKEM1024,
    ],
    kinds: MORE_KINDS,
    retry: X25519 to SECP521R1
);

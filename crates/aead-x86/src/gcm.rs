//! AES-GCM (NIST SP 800-38D).

use crate::Path;
use crate::key::sealed::Cipher;
use crate::parts::Parts;
use aead::array::Array;
use aead::consts::{U16, U32};
use aead::{Error, KeyInit};

/// 2^32 - 2 blocks of 16 bytes: what the counter of 32 bits has beside the block of the tag (NIST SP 800-38D §5.2.1.1).
const MAX_LEN: u64 = ((1 << 32) - 2) * 16;

//! What every provider must pass, whoever made its primitives.
//!
//! A provider's own tests are one line and a statement of what is peculiar to it:
//!
//! ```text
//! handfast_provider_tests::suite!(handfast_rustcrypto::provider(), handfast_provider_tests::Expect::default());
//! ```
//!
//! That is a module for each of ours, with a test for each function here. They look at what the provider lists and at
//! nothing else, so what it should list is for its own tests to say; and each looks at the whole of it.
//!
//! | file | concept |
//! |---|---|
//! | [`hashes`], [`aeads`], [`groups`], [`signing`], [`verifying`], [`loading`] | how each primitive behaves, above all with what is wrong |
//! | [`cbc`], [`fields`], [`encryption`] | the same for what only old peers need |
//! | [`crosswise`] | the provider and the one on RustCrypto understand each other |
//! | [`wycheproof`] | Project Wycheproof's vectors |
//! | [`common`] | keys, generators that fail, DER |
#![forbid(unsafe_code)]
#![expect(missing_docs, reason = "a test says in its name what it finds out")]

pub mod aeads;
pub mod cbc;
pub mod common;
pub mod crosswise;
pub mod encryption;
pub mod fields;
pub mod groups;
pub mod hashes;
pub mod loading;
pub mod signing;
pub mod verifying;
pub mod wycheproof;

use handfast_crypto::{KeyKind, Provider};
use handfast_wire::NamedGroup;

/// A provider under test.
pub struct Suite {
    /// The provider.
    pub provider: Provider,
    /// What is peculiar to it.
    pub expect: Expect,
}

/// In what a provider differs from the one on RustCrypto. Less is better.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expect {
    /// The groups that take random bytes from a generator of their own, and not only from the one they are given.
    pub draw_themselves: &'static [NamedGroup],
    /// The kinds of key that sign with random bytes from a generator of their own.
    pub sign_alone: &'static [KeyKind],
    /// The kinds of key for which there are neither signatures nor their verification.
    pub lacks: &'static [KeyKind],
    /// The kinds of key that it makes ready for many checks.
    pub readies: &'static [KeyKind],
}

/// Makes a test of every function here, for the provider that `$provider` makes and what [`Expect`] says of it.
///
/// Both are written out in modules: paths in them begin with the name of a crate.
#[macro_export]
macro_rules! suite {
    ($provider:expr, $expect:expr) => {
        $crate::tests! { $provider, $expect;
            hashes: a_context_goes_on_after_current_and_forks_apart, parts_are_concatenated,
                nothing_has_a_hash_of_its_own, a_prepared_key_is_the_key,
                expand_refuses_lengths_outside_rfc_5869, extract_is_hmac_with_the_salt_as_key,
                outputs_are_as_long_as_they_say, sha1_is_itself;
            aeads: keys_and_tags_have_exactly_their_length, what_was_sealed_opens, parts_are_sealed_as_one,
                nothing_of_the_plaintext_is_left_when_the_tag_does_not_fit,
                a_message_that_is_too_long_leaves_nothing_behind;
            groups: both_sides_get_the_same_secret, no_key_is_used_twice, a_share_has_exactly_its_length,
                nothing_comes_of_a_generator_that_fails, a_stuck_generator_is_found_out,
                points_of_small_order_are_refused, shares_that_are_no_point_in_uncompressed_form_are_refused,
                a_coefficient_of_q_or_more_is_refused, a_wrong_ciphertext_gives_another_secret,
                what_is_wrong_with_a_half_is_wrong_with_the_whole;
            loading: what_openssl_writes, one_key_in_two_containers_is_the_same_key, broken_keys_do_not_panic,
                the_curve_must_be_named_and_the_same_everywhere, a_public_key_in_the_container_must_be_the_keys,
                ed25519_has_32_bytes, the_numbers_of_an_rsa_key_must_agree, rsa_keys_out_of_bounds_are_refused,
                no_bit_of_a_prime_is_overlooked, the_three_forms_of_an_ml_dsa_key, made_rsa_keys_load_and_differ;
            signing: every_key_has_the_schemes_of_its_kind, what_a_key_signs_verifies_and_nothing_else,
                a_scheme_of_another_key_is_refused, only_ed25519_and_pkcs1_repeat_themselves,
                nothing_is_signed_with_a_generator_that_fails, a_stuck_generator_does_not_hang_rsa,
                debug_prints_the_kind_and_no_byte;
            verifying: ecdsa_with_the_other_pairs, ed25519_of_openssl, algorithm_and_key_must_fit,
                malformed_keys_are_bad_keys, a_certificate_may_have_a_compressed_point,
                ed25519_keys_that_others_may_take_are_refused, rsa_keys_out_of_bounds_are_refused;
            cbc: keys_have_exactly_their_length, blocks_are_whole, aes_cbc_as_nist_has_it, a_mac_has_its_length,
                hmac_sha1_as_rfc_2202_has_it, hmac_sha256_as_rfc_4231_has_it, hmac_sha384_as_rfc_4231_has_it;
            fields: primes_shares_and_secrets_are_those_of_others,
                a_share_may_lack_its_leading_zeros_and_a_secret_keeps_them, both_sides_get_the_same_secret,
                no_key_is_used_twice, nothing_comes_of_a_generator_that_fails, a_share_is_between_1_and_p_minus_1,
                named_groups_are_recognised, groups_with_a_safe_prime_are_taken, other_primes_are_not,
                a_prime_has_2048_to_8192_bits, a_generator_is_between_1_and_p_minus_1;
            encryption: what_was_encrypted_decrypts, the_same_key_signs_and_decrypts, no_ciphertext_comes_twice,
                what_openssl_encrypted_decrypts, a_result_is_as_long_as_the_modulus,
                a_ciphertext_is_as_long_as_the_modulus_and_below_it, a_message_leaves_room_for_eleven_bytes,
                only_good_keys_are_encrypted_for, only_rsa_keys_decrypt, nothing_of_a_decrypting_key_is_printed,
                nothing_comes_of_a_generator_that_fails, a_generator_that_is_stuck_comes_to_an_end;
            crosswise: hashes_are_the_same, what_one_seals_the_other_opens, groups_agree, signatures_verify;
            wycheproof: aes_gcm, chacha20_poly1305, aes_ccm, aes_cbc, rsa_decryption, x25519, ecdh_on_the_nist_curves,
                ml_kem_decapsulation, ml_kem_encapsulation, ml_kem_key_generation, hmac_sha2, hmac_of_suites,
                hkdf_sha2, ecdsa_with_every_pair_there_is, ed25519, rsa_pkcs1, rsa_pss, ml_dsa_verification,
                ml_dsa_signing;
        }
    };
}

/// The modules of [`suite`].
#[doc(hidden)]
#[macro_export]
macro_rules! tests {
    ($provider:expr, $expect:expr; $($module:ident: $($test:ident),+;)+) => {
        $(mod $module {$(
            #[test]
            fn $test() {
                $crate::$module::$test(&$crate::Suite { provider: $provider, expect: $expect });
            }
        )+})+
    };
}

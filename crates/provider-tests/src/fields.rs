//! Diffie-Hellman over finite fields, where a provider has any.

use crate::Suite;
use crate::common::{hex, uses_of_random};
use handfast_crypto::field::{FieldError, FiniteField, UNNAMED};
use handfast_crypto::{CryptoError, Group, Random};
use handfast_rustcrypto::{SHA256, SystemRandom};
use handfast_wire::NamedGroup;
use std::sync::Arc;

const NAMES: [NamedGroup; 5] =
    [NamedGroup::FFDHE2048, NamedGroup::FFDHE3072, NamedGroup::FFDHE4096, NamedGroup::FFDHE6144, NamedGroup::FFDHE8192];

/// The groups that have a name, and what makes others.
struct Fields {
    named: [&'static dyn Group; 5],
    any: &'static dyn FiniteField,
}

/// Who has the one has the other.
fn fields(suite: &Suite) -> Option<Fields> {
    let named = NAMES.map(|name| suite.provider.group(name));
    assert_eq!(named.iter().flatten().count(), if suite.provider.fields.is_some() { 5 } else { 0 });
    suite.provider.fields.map(|any| Fields { named: named.map(|group| group.unwrap()), any })
}

/// RFC 3526 §3, which has no name in TLS.
const MODP_2048: &str = "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd\
    ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed\
    ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f\
    83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b\
    e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510\
    15728e5a8aacaa68ffffffffffffffff";

/// A prime of 2,052 bits, as OpenSSL makes them: no whole number of bytes, and none of words.
const ODD_SIZE: &str = "0b4ba587b95cd4ede20f7360ea79ef5aaf355d4c44bb70bf9a9c47b788c4a79f3fb6698eed7a0a58066bff60e0a8a0bd\
    a5948a0377c689879c937c69ec5fd8010fa0408b11a3032d4794d3a2e11bd67cfefd9efd83c9ddd54422837d9dc67e00\
    00d8d6af4f34a86cd669dff63acbd4280bee7f7bf91675d6d6c6599c473bc0f389089d32b6a9e4c64462936a7d4c7e63\
    21971a8e554cd5e2afc05887808f29f24f6ccf44dd9d74f194c5d60ff02cea92186f13aac77c60dc77ddb42e6e4fd0dd\
    13d3c84e5cd42d68fdf5a2f7ea411113a31d9a50635d3315bc2ea0bfee525e99c511222cd8f730ae559a1a3a9cc416a8\
    e838a9d80d661ee6832bd51f21cd1808d7";

/// RFC 5114 §2.2.
const RFC5114_22: &str = "ad107e1e9123a9d0d660faa79559c51fa20d64e5683b9fd1b54b1597b61d0a75e6fa141df95a56dbaf9a3c407ba1df15\
    eb3d688a309c180e1de6b85a1274a0a66d3f8152ad6ac2129037c9edefda4df8d91e8fef55b7394b7ad5b7d0b6c12207\
    c9f98d11ed34dbf6c6ba0b2c8bbc27be6a00e0a0b9c49708b3bf8a317091883681286130bc8985db1602e714415d9330\
    278273c7de31efdc7310f7121fd5a07415987d9adc0a486dcdf93acc44328387315d75e198c641a480cd86a1b9e587e8\
    be60e69cc928b2b9c52172e413042e9b23f10b0e16e79763c9b53dcf4ba80a29e3fb73c16b8e75b97ef363e2ffa31f71\
    cf9de5384e71b81c0ac4dffe0c10e64f";

/// RFC 5114 §2.3.
const RFC5114_23: &str = "87a8e61db4b6663cffbbd19c651959998ceef608660dd0f25d2ceed4435e3b00e00df8f1d61957d4faf7df4561b2aa30\
    16c3d91134096faa3bf4296d830e9a7c209e0c6497517abd5a8a9d306bcf67ed91f9e6725b4758c022e0b1ef4275bf7b\
    6c5bfc11d45f9088b941f54eb1e59bb8bc39a0bf12307f5c4fdb70c581b23f76b63acae1caa6b7902d52526735488a0e\
    f13c6d9a51bfa4ab3ad8347796524d8ef6a167b5a41825d967e144e5140564251ccacb83e6b486f6b3ca3f7971506026\
    c0b857f689962856ded4010abd0be621c3a3960a54e710c375f26375d7014103a4b54330c198af126116d2276e11715f\
    693877fad7ef09cadb094ae91e1a1597";

/// A prime p for which (p − 1) / 2 is the product of two large primes.
const ONLY_P_IS_PRIME: &str = "ac51256e8d3a39f106b7e25beabccbc8cedefe6f30791e21ba4d3ea0ad31f767d2737ef0f016bff322ba69b576bd34c6\
    5851f1fab91df1ef8393d7571973070ba2c39c01997c2a6660472419e598fb326b41434fb6c9da96f75e13d0dc64b9df\
    86e66f3773699075f787c1fd5e2d54b4d103514f02ed11ab4e8dc19377e438c371a3654e3bd1e568eae8407faa624e6e\
    ae35a63cfc639109dc7e0062d5d2423be8763c8e5fa0baf5aa40d3ae84c87866ccb50f80ae2ff72f6f27f074268bfaad\
    b31ae2316c487bd3b4396efddc67e455b37b998b467f7f110f35072a9a54148cdf1c9204454f281280e6e3bac5e8dd06\
    f81e3881e596e5c96b59dd71bef0ffef";

/// A p without small divisors that is no prime, though (p − 1) / 2 is.
const ONLY_Q_IS_PRIME: &str = "e0fc4a83fd860185403df8d23191ca9e412d7a013b8f458384852fe83be569f44d89dc57eb37818f4c33fd052697286e\
    2a2975e6a96defd034be79e4578350666da56797a6624ba83de2600b0dd2ac15952ad136aed3e7116db18a56b2436ed2\
    11da5bc1a9556c9d040dba54823ae0319a51a4fe458657d3e347f7cd662e901357e2a3296da828f6b516092e5242bf18\
    dd1472c67f42ac962f076a9ff7599fbbcb5397511075009a995c4e8c82a67842b071bbfbbc747c410030efeed1348dc2\
    2d359b7958f5c09dd4116bbc688ec4a5f0141fe250847b6b925259b7ea3fecfed9925cd3487142a54cd45cf313204f47\
    e1f9efa6992ecc919b0a79fb242ebca7";

impl Fields {
    fn unnamed(&self, p: &str) -> Arc<dyn Group> {
        self.any.group(&hex(p), &[2]).unwrap()
    }

    fn refused(&self, p: &[u8], g: &[u8]) -> FieldError {
        self.any.group(p, g).err().unwrap()
    }
}

fn p(group: &dyn Group) -> Vec<u8> {
    group.field().unwrap().p.to_vec()
}

/// `p` with `difference` added to the last byte, where that carries nothing.
fn near(p: &[u8], difference: i8) -> Vec<u8> {
    let mut near = p.to_vec();
    let last = near.last_mut().unwrap();
    *last = last.checked_add_signed(difference).unwrap();
    near
}

/// Gives 1, 8, 15, 22 …
struct Counting;

impl Random for Counting {
    fn fill(&self, out: &mut [u8]) -> Result<(), CryptoError> {
        for (byte, at) in out.iter_mut().zip(0_u8..) {
            *byte = at.wrapping_mul(7).wrapping_add(1);
        }
        Ok(())
    }
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    SHA256.digest(&[bytes]).unwrap().as_bytes().to_vec()
}

/// Computed with Python's `pow` from the primes as RFC 7919 Appendix A prints them: the hashes of the prime, of the
/// share and of the secret, for the exponent that `Counting` makes (with its first bit set) and a share 18, 55, 92 …
pub fn primes_shares_and_secrets_are_those_of_others(suite: &Suite) {
    let Some(fields) = fields(suite) else { return };
    let expected = [
        [
            "9cd3b7f336872f46c09428d1bbc19877a4d440512cda8d1c1cf0cd6e33698966",
            "3f0f75acd911163862d6107491cb3f197de017efd53ab0d0dd0221e21b68f4e2",
            "208f2268db9554aeb0d3a3653f248f5704aee15cbd209eb01ae44accbac1391f",
        ],
        [
            "0eaf67db3a839156d5013494a5318a772b5697d270d721f37f092efc69ea5a17",
            "8bf05323f0684def67f6f1e59e6424a7726373953cb2aeb089ecf6f1919a5529",
            "915d34560444fc855ed3ab351609fb2ebce2a3fd176867d0091612c55e0d3853",
        ],
        [
            "4648414224ac881b3d0dc59b466f96d06a558278776807797ecf1f66ff397b3e",
            "2ec81c3d616ce772e08a4a6e2b7f01c77fdba571a92469395be847aefcf92cdb",
            "f49493ed569e29027a4bf4b0292622331828a2295decf3705cd4553982480f7a",
        ],
        [
            "227ac9066b3ddd9e193670cda2388fa884f65ba0cf98b742d1fe77a6687c79c7",
            "bc4d7c69d1bc3861ec8f4d4078ede6a6dd08930e5dd25f359620282b40391845",
            "b9d894648b60399279c7b5ce724f683850aed8f47ebf51a080157e254d8417ac",
        ],
        [
            "770b14efaf6f049929c523113b3fa99a8d11dab1b18af3609590122075d19833",
            "adf2b5926b449c1e8aa306cb94d62b1f3f1d360d699696d226020f4cd853bffc",
            "adcb0f5bd4d67cef53cbf43d4f8374b3624a4ee1bc928cf2cbf3f9b6ad62c988",
        ],
    ];
    for (group, expected) in fields.named.into_iter().zip(expected) {
        let p = p(group);
        let share: Vec<u8> = (0..p.len()).map(|at| (at * 37 + 18) as u8).collect();
        let response = group.respond(&share, &Counting).unwrap();
        let ours = [&p, &response.share, response.secret.as_bytes()].map(sha256);
        assert_eq!(ours, expected.map(hex), "{}", group.name());
    }
    let response = fields.unnamed(ODD_SIZE).respond(&[1, 136], &Counting).unwrap();
    assert_eq!(
        [&*response.share, response.secret.as_bytes()].map(sha256),
        [
            hex("59953f4d34e1162196948df0dcc69b7346c426f5b4a93911a31ce77fb168362f"),
            hex("09f58dfad5a7fcd17f46f967662959a66f446ad57efce8e3705487d84e746747"),
        ]
    );
}

/// From the same computation: to the power of that exponent, 392 begins with a byte that is 0.
pub fn a_share_may_lack_its_leading_zeros_and_a_secret_keeps_them(suite: &Suite) {
    let Some(fields) = fields(suite) else { return };
    let mut padded = vec![0; 256];
    padded[254..].copy_from_slice(&[1, 136]);
    for share in [&padded[..], &padded[1..], &[0, 1, 136], &[1, 136]] {
        for secret in [
            fields.named[0].respond(share, &Counting).unwrap().secret,
            fields.named[0].start(&Counting).unwrap().finish(share).unwrap(),
        ] {
            assert_eq!(secret.as_bytes()[0], 0);
            assert_eq!(
                sha256(secret.as_bytes()),
                hex("3fc8fe656b2249d5166e0ea3ed6bf34cbcf844fd4484e48c01b92e3173c4e2f7")
            );
        }
    }
}

pub fn both_sides_get_the_same_secret(suite: &Suite) {
    let Some(fields) = fields(suite) else { return };
    let others = [fields.unnamed(MODP_2048), fields.unnamed(ODD_SIZE)];
    for group in fields.named.into_iter().chain(others.iter().map(|group| &**group)) {
        let len = p(group).len();
        let started = group.start(&SystemRandom).unwrap();
        let response = group.respond(started.share(), &SystemRandom).unwrap();
        assert_eq!([started.share().len(), response.share.len(), response.secret.as_bytes().len()], [len; 3]);
        assert_ne!(started.share(), response.share);
        assert_eq!(started.finish(&response.share).unwrap().as_bytes(), response.secret.as_bytes());
    }
}

/// docs/regressions.md row 48.
pub fn no_key_is_used_twice(suite: &Suite) {
    let Some(fields) = fields(suite) else { return };
    let (one, two) = (fields.named[0].start(&SystemRandom).unwrap(), fields.named[0].start(&SystemRandom).unwrap());
    assert_ne!(one.share(), two.share());
    let respond = || fields.named[0].respond(one.share(), &SystemRandom).unwrap();
    assert_ne!(respond().share, respond().share);
}

/// docs/regressions.md rows 54 and 56.
pub fn nothing_comes_of_a_generator_that_fails(suite: &Suite) {
    let Some(fields) = fields(suite) else { return };
    let share = fields.named[0].start(&SystemRandom).unwrap().share().to_vec();
    assert_eq!(uses_of_random(|random| fields.named[0].start(random)), 1);
    assert_eq!(uses_of_random(|random| fields.named[0].respond(&share, random)), 1);
}

/// RFC 7919 §5.1.
pub fn a_share_is_between_1_and_p_minus_1(suite: &Suite) {
    let Some(fields) = fields(suite) else { return };
    let others = [fields.unnamed(MODP_2048), fields.unnamed(ODD_SIZE)];
    for group in fields.named.into_iter().chain(others.iter().map(|group| &**group)) {
        let p = p(group);
        let taken = |share: &[u8]| {
            let responded = group.respond(share, &SystemRandom).map(|_| ());
            let finished = group.start(&SystemRandom).unwrap().finish(share).map(|_| ());
            assert_eq!(responded, finished);
            responded
        };
        let mut one = vec![0; p.len()];
        *one.last_mut().unwrap() = 1;
        let longer = |share: &[u8]| [&[0], share].concat();
        let wrong = [
            vec![],
            vec![0],
            vec![1],
            vec![0; p.len()],
            one,
            near(&p, -1),
            p.clone(),
            vec![0xff; p.len()],
            vec![1; p.len() + 1],
            longer(&near(&p, -2)),
            longer(&vec![0; p.len()]),
            vec![2; 65_535],
        ];
        for wrong in wrong {
            assert_eq!(taken(&wrong), Err(CryptoError::InvalidShare), "{}: {wrong:02x?}", group.name());
        }
        assert_eq!(taken(&[2]), Ok(()));
        assert_eq!(taken(&near(&p, -2)), Ok(()));
    }
}

pub fn named_groups_are_recognised(suite: &Suite) {
    let Some(fields) = fields(suite) else { return };
    for group in fields.named {
        let numbers = group.field().unwrap();
        assert_eq!(suite.provider.group(group.name()).unwrap().field(), Some(numbers));
        let padded = |bytes: &[u8]| [&[0, 0], bytes].concat();
        for made in [fields.any.group(numbers.p, numbers.g), fields.any.group(&padded(numbers.p), &padded(numbers.g))] {
            let made = made.unwrap();
            assert_eq!((made.name(), made.field()), (group.name(), Some(numbers)));
        }
        // With another generator it is not the group that has the name. Its prime need not be tested, though.
        let other = fields.any.group(numbers.p, &[5]).unwrap();
        assert_eq!((other.name(), other.field().unwrap().p, other.field().unwrap().g), (UNNAMED, numbers.p, &[5][..]));
    }
}

pub fn groups_with_a_safe_prime_are_taken(suite: &Suite) {
    let Some(fields) = fields(suite) else { return };
    for p in [MODP_2048, ODD_SIZE] {
        let group = fields.any.group(&hex(&format!("0000{p}")), &[0, 2]).unwrap();
        let numbers = group.field().unwrap();
        assert_eq!((group.name(), numbers.p, numbers.g), (UNNAMED, &hex(p)[..], &[2][..]));
    }
}

pub fn other_primes_are_not(suite: &Suite) {
    let Some(fields) = fields(suite) else { return };
    for p in [RFC5114_22, RFC5114_23, ONLY_P_IS_PRIME, ONLY_Q_IS_PRIME] {
        assert_eq!(fields.refused(&hex(p), &[2]), FieldError::NotSafe);
    }
    // Even, 1 modulo 4, divisible by 3, and not prime in a way that only shows in the test.
    let safe = hex(MODP_2048);
    for difference in [-1, -2, -3, -4, -12] {
        assert_eq!(fields.refused(&near(&safe, difference), &[2]), FieldError::NotSafe, "{difference}");
    }
    assert_eq!(fields.refused(&[0xff; 1024], &[2]), FieldError::NotSafe);
}

/// The groups 1, 2 and 5 of IKE (RFC 2409 §6.1 and §6.2, RFC 3526 §2), which begin like group 14.
pub fn a_prime_has_2048_to_8192_bits(suite: &Suite) {
    let Some(fields) = fields(suite) else { return };
    let begin = hex(MODP_2048);
    for (len, end) in [(85, "3a3620ffffffffffffffff"), (117, "e65381ffffffffffffffff"), (181, "237327ffffffffffffffff")]
    {
        assert_eq!(fields.refused(&[&begin[..len], &hex(end)].concat(), &[2]), FieldError::Size);
    }
    let mut short = begin;
    short[0] = 0x7f;
    assert_eq!(fields.refused(&short, &[2]), FieldError::Size);
    assert_eq!(fields.refused(&[&[1][..], &p(fields.named[4])].concat(), &[2]), FieldError::Size);
    for wrong in [&[][..], &[0], &[23], &[0; 256], &[0xff; 65_535]] {
        assert_eq!(fields.refused(wrong, &[2]), FieldError::Size);
    }
}

pub fn a_generator_is_between_1_and_p_minus_1(suite: &Suite) {
    let Some(fields) = fields(suite) else { return };
    for p in [hex(MODP_2048), hex(ODD_SIZE), p(fields.named[0])] {
        let wrong = [vec![], vec![0], vec![1], vec![0; 256], near(&p, -1), p.clone(), vec![2; 258], vec![2; 65_535]];
        for wrong in wrong {
            assert_eq!(fields.refused(&p, &wrong), FieldError::Generator, "{wrong:02x?}");
        }
        let largest = fields.any.group(&p, &near(&p, -2)).unwrap();
        assert_eq!(largest.field().unwrap().g, near(&p, -2));
    }
}

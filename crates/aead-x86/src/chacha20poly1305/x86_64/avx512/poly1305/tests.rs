//! Whether the limbs stay below what is written at them.

use super::*;
use crate::chacha20poly1305::x86_64::has_avx512;
use crate::chacha20poly1305::x86_64::tests::Residue;

/// What lanes with these limbs are mod 2^130 - 5.
fn residue(limbs: [u64; 3]) -> Residue {
    let [a, b, c] = limbs.map(|limb| Residue::new(limb.into(), 0));
    a.plus(b.shifted(44)).plus(c.shifted(88))
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512ifma")]
fn products(m: [u64; 3], factors: &[([u64; 3], [u64; 3])]) -> [u64; 3] {
    let number = |limbs: [u64; 3]| limbs.map(|limb| _mm512_set1_epi64(limb as i64));
    let mut sum = Sum::new(number(m));
    for (a, b) in factors {
        sum.add(number(*a), &factor(number(*b)));
    }
    sum.carry().map(|limb| _mm_cvtsi128_si64(_mm512_castsi512_si128(limb)) as u64)
}

/// The bounds that are written at `Number`, and whether what is within them stays there.
#[test]
fn limbs_at_their_bounds() {
    if !has_avx512::get() {
        return;
    }
    let most = [(1 << 44) + (1 << 17) - 1, (1 << 44) + (1 << 13) - 1, (1 << 44) + (1 << 13) - 1];
    let block = [(1 << 44) - 1, (1 << 44) - 1, (1 << 41) - 1];
    for bits in 0_u32..1 << 12 {
        // Each limb of the two factors, of another pair of them and of what they are added to: empty or full.
        let pick = |at: u32, full: [u64; 3]| [0, 1, 2].map(|i| full[i] * u64::from(bits >> (at + i as u32) & 1));
        let (a, b, c) = (pick(0, most), pick(3, most), pick(6, most));
        let m = pick(9, block);
        for factors in [&[(a, b)][..], &[(a, b), (b, c)], &[(a, b), (b, a), (a, b), (c, most)], &[(a, b); 4]] {
            // SAFETY: the CPU has the features.
            let sum = unsafe { products(m, factors) };
            let expected = factors.iter().fold(residue(m), |sum, (a, b)| sum.plus(residue(*a).times(residue(*b))));
            assert_eq!(residue(sum), expected, "{m:x?} {factors:x?}");
            assert!(sum.iter().zip(most).all(|(limb, most)| *limb <= most), "{sum:x?} of {m:x?} {factors:x?}");
        }
    }
}

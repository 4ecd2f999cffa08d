//! Whether what Rust and C ask of the allocator is counted. A program of its own, for there is one count in a process.

use handfast_bench::heap::{Heap, count};
use std::hint::black_box;

#[test]
fn calls_and_bytes_are_counted() {
    let mut kept = None;
    let made = count(|| kept = Some(black_box(vec![0_u8; 1_000])));
    assert_eq!((made.calls, made.asked), (1, 1_000));
    assert!((1_000..1_100).contains(&made.held), "{made:?}");
    let grown = count(|| kept.as_mut().expect("made").reserve_exact(9_000));
    assert_eq!((grown.calls, grown.asked), (1, 10_000));
    let gone = count(|| drop(kept.take()));
    assert_eq!((gone.calls, made.held + grown.held + gone.held), (0, 0));

    let number = || drop(openssl::bn::BigNum::from_u32(7).expect("a number"));
    number(); // What the library makes for itself.
    let Heap { calls, held, .. } = count(number);
    assert!(calls >= 1 && held == 0, "what C asks for counts as well");
}

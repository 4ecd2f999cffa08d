//! What a record asks of the allocator: nothing, once the output has room.

#[path = "../../handfast/tests/common/counting.rs"]
mod counting;

use handfast_crypto::aead::MAX_TAG_LEN;

#[test]
fn records_allocate_nothing() {
    for aead in handfast_aws_lc::provider().aeads {
        let key = aead.key(&vec![1; aead.algorithm().key_len()]).unwrap();
        let content = vec![7; 1 << 14];
        let mut record = Vec::with_capacity(content.len() + 1 + MAX_TAG_LEN);
        for inner in [&[&content[..]][..], &[&content, &[23]], &[&content[..100], &[23], &[0; 50]]] {
            record.clear();
            let (sealing, _, _) = counting::count(|| key.seal(&[2; 12], b"header", inner, &mut record).unwrap());
            let (content, tag) = record.split_at_mut(inner.iter().map(|part| part.len()).sum());
            let (opening, _, _) = counting::count(|| key.open_in_place(&[2; 12], b"header", content, tag).unwrap());
            assert_eq!((sealing, opening), (0, 0), "{:?}", aead.algorithm());
            assert_eq!(content, inner.concat());
        }
    }
}

//! A cipher, a nonce, additional data, a text and how it is cut, as any bytes: every path of this CPU makes what the RustCrypto
//! crates make of them, out of place and in place, opens it again, and leaves nothing of a message that was changed.
#![no_main]

use handfast_aead_x86::aead::AeadInOut;
use handfast_aead_x86::aead::inout::InOutBuf;
use handfast_aead_x86::{Aes128Gcm, Aes256Gcm, Algorithm, ChaCha20Poly1305, Key, Path};
use libfuzzer_sys::fuzz_target;

/// How the bytes are read.
///
/// ```text
/// cipher    1     which of three; how often the text is repeated in the other bits
/// place     1     how far the buffer is from an aligned address
/// change    2     the bit of ciphertext and tag that is changed
/// key       32    as much of it as the cipher wants
/// nonce     12
/// cuts      1..9  how many cuts, then each in 256ths of the text
/// aad       1..   its length, then as much
/// text
/// ```
struct Input<'b> {
    place: usize,
    change: usize,
    nonce: [u8; 12],
    cuts: &'b [u8],
    aad: &'b [u8],
    text: Vec<u8>,
}

fuzz_target!(|bytes: &[u8]| {
    let [cipher, place, change_high, change_low, rest @ ..] = bytes else { return };
    let Some((key, rest)) = rest.split_first_chunk::<32>() else { return };
    let Some((nonce, rest)) = rest.split_first_chunk::<12>() else { return };
    let [cuts, rest @ ..] = rest else { return };
    let Some((cuts, rest)) = rest.split_at_checked(usize::from(cuts % 9)) else { return };
    let [aad, rest @ ..] = rest else { return };
    let (aad, text) = rest.split_at_checked(usize::from(*aad)).unwrap_or((rest, &[]));
    let input = Input {
        place: usize::from(*place) % 64,
        change: usize::from(u16::from_be_bytes([*change_high, *change_low])),
        nonce: *nonce,
        cuts,
        aad,
        text: text.repeat(1 + usize::from(cipher / 3 % 16)),
    };
    match cipher % 3 {
        0 => equal(&keys(&key[..16], |key| -> &Aes128Gcm { key }), &input),
        1 => equal(&keys(key, |key| -> &Aes256Gcm { key }), &input),
        _ => equal(&keys(key, |key| -> &ChaCha20Poly1305 { key }), &input),
    }
});

/// The key on every path, that of RustCrypto last.
fn keys<A: Algorithm>(key: &[u8], _: impl Fn(&Key<A>) -> &Key<A>) -> Vec<Key<A>> {
    Key::<A>::paths().map(|path| Key::with_path(key.try_into().unwrap(), path).unwrap()).collect()
}

fn equal<A: Algorithm>(keys: &[Key<A>], input: &Input<'_>) {
    let (reference, keys) = keys.split_last().unwrap();
    let Input { place, change, nonce, cuts, aad, text } = input;
    assert_eq!(reference.path(), Path::Portable);
    let mut wanted = text.clone();
    let tag = reference.encrypt_inout_detached(nonce.into(), aad, wanted.as_mut_slice().into()).unwrap();
    let whole = [&wanted[..], &tag].concat();

    let mut cuts: Vec<usize> = cuts.iter().map(|cut| text.len() * usize::from(*cut) / 256).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    let parts: Vec<&[u8]> = cuts.windows(2).map(|two| &text[two[0]..two[1]]).collect();

    for key in keys {
        let mut out = Vec::new();
        key.seal(nonce, aad, &parts, &mut out).unwrap();
        assert!(out == whole, "{:?}", key.path());

        let mut room = vec![0xc5; text.len() + 128];
        let start = room.as_ptr().align_offset(64) + place;
        let end = start + text.len();
        room[start..end].copy_from_slice(text);
        let sealed = key.encrypt_inout_detached(nonce.into(), aad, (&mut room[start..end]).into()).unwrap();
        assert!(room[start..end] == wanted && sealed == tag, "{:?} in place", key.path());
        key.decrypt_inout_detached(nonce.into(), aad, (&mut room[start..end]).into(), &tag).unwrap();
        assert!(room[start..end] == text[..], "{:?}, opened", key.path());

        // Buffers of exactly this length, so that a sanitizer sees what is read or written beyond.
        let (sealed, aad): (Box<[u8]>, Box<[u8]>) = (wanted.as_slice().into(), aad.to_vec().into());
        let mut opened: Box<[u8]> = vec![0; text.len()].into();
        let buf = InOutBuf::new(&sealed, &mut opened).unwrap();
        key.decrypt_inout_detached(nonce.into(), &aad, buf, &tag).unwrap();
        assert!(opened[..] == text[..], "{:?}, opened elsewhere", key.path());

        let bit = change % (8 * whole.len());
        out[bit / 8] ^= 1 << (bit % 8);
        let (text, tag) = out.split_at_mut(text.len());
        let opened =
            key.decrypt_inout_detached(nonce.into(), &aad, (&mut *text).into(), tag.as_ref().try_into().unwrap());
        assert!(opened.is_err() && text.iter().all(|byte| *byte == 0), "{:?}, bit {bit} changed", key.path());
        assert!(room[..start].iter().chain(&room[end..]).all(|byte| *byte == 0xc5), "{:?} wrote elsewhere", key.path());
    }
}

//! How long RSA-2048 takes: through the provider, and what each part of it costs in the crate below.
//!
//! ```text
//! cargo run --release -p handfast-rustcrypto --example rsa_speed
//! ```

use getrandom::SysRng;
use handfast_crypto::signature::Scheme;
use handfast_rustcrypto::provider;
use handfast_wire::SignatureScheme;
use pkcs1::RsaPrivateKeyRef;
use pki_types::{PrivateKeyDer, PrivatePkcs1KeyDer, pem::PemObject};
use rsa::{
    BoxedUint, Pkcs1v15Sign, RsaPrivateKey,
    sha2::{Digest, Sha256},
    traits::{PublicKeyParts, SignatureScheme as _},
};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

const PEM: &[u8] = include_bytes!("../tests/keys/rsa-2048-pkcs1.pem");
const MESSAGE: &[u8] = b"the transcript so far";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let provider = provider();
    let der = PrivatePkcs1KeyDer::from_pem_slice(PEM).map_err(|_| "no PEM")?;
    let key = provider.keys.load(&PrivateKeyDer::from_pem_slice(PEM).map_err(|_| "no PEM")?)?;
    println!("through the provider");
    time("load", || provider.keys.load(&PrivateKeyDer::Pkcs1(der.clone_key())).is_ok());
    for scheme in [SignatureScheme::RSA_PSS_RSAE_SHA256, SignatureScheme::RSA_PKCS1_SHA256] {
        let sign = || key.sign(scheme, MESSAGE, &*provider.random);
        let (signature, row) = (sign()?, Scheme::find(scheme).ok_or("no such scheme")?);
        let verify = || provider.verifier.verify(row.algorithm, key.public_key(), MESSAGE, &signature);
        time(&format!("sign, {scheme}"), || sign().is_ok());
        time(&format!("verify, {scheme}"), || verify().is_ok());
    }

    let parts = RsaPrivateKeyRef::try_from(der.secret_pkcs1_der())?;
    let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
    let fast = RsaPrivateKey::from_components(
        number(parts.modulus.as_bytes()),
        number(parts.public_exponent.as_bytes()),
        number(parts.private_exponent.as_bytes()),
        vec![number(parts.prime1.as_bytes()), number(parts.prime2.as_bytes())],
    )?;
    let mut slow = fast.clone();
    slow.clear_precomputed();
    let digest = Sha256::digest(MESSAGE);
    let plain = |key: &RsaPrivateKey| Pkcs1v15Sign::new::<Sha256>().sign(None::<&mut SysRng>, key, &digest).is_ok();
    println!("in the crate, PKCS#1 v1.5");
    time("sign, blinded", || Pkcs1v15Sign::new::<Sha256>().sign(Some(&mut SysRng), &fast, &digest).is_ok());
    time("sign, not blinded", || plain(&fast));
    time("sign, not blinded, without CRT", || plain(&slow));
    let full = fast.n().as_ref().wrapping_sub(BoxedUint::from(2_u32));
    time("the inversion in the blinding", || full.invert_mod(fast.n()).is_some().into());
    time("the check m^e = c after each", || rsa::hazmat::rsa_encrypt(&fast, &full).is_ok());
    Ok(())
}

/// Prints the tenth percentile of 200 runs: what it takes when nothing else runs.
fn time(what: &str, run: impl Fn() -> bool) {
    let mut times: Vec<Duration> = (0..200)
        .map(|_| {
            let start = Instant::now();
            assert!(black_box(run()), "{what}");
            start.elapsed()
        })
        .collect();
    times.sort();
    println!("  {what:40} {:7.1} µs", times[20].as_nanos() as f64 / 1000.0);
}

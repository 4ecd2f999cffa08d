//! Which instructions a key uses.

/// A way to compute a cipher, by the instructions it takes.
///
/// The best that a CPU has is found at run time, once per process. A test takes any other by
/// [`Key::with_path`](crate::Key::with_path).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Path {
    /// 512 bits at a time: AVX-512 F, BW and VL with VAES and VPCLMULQDQ for GCM, with IFMA for ChaCha20-Poly1305.
    Avx512,
    /// 256 bits at a time: AVX2, for GCM with VAES and VPCLMULQDQ. Poly1305 is done by 64-bit multiplication in between, which
    /// costs nothing beside it.
    Avx2,
    /// 128 bits at a time: AES-NI with PCLMULQDQ, for GCM alone.
    AesNi,
    /// The RustCrypto crates, on any CPU.
    Portable,
}

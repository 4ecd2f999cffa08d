//! What is said between who needs a signature and who has the key. A connection carries one question:
//!
//! ```text
//!   scheme (u16), length (u32), message  ──▶
//!   ◀──  length (u32), signature, empty if this is nothing to sign
//! ```

use handfast::crypto::SigningKey;
use handfast::wire::SignatureScheme;
use std::io;
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// The longest message and signature, in bytes.
const MAX_LEN: u32 = 16 * 1024;

/// Asks who listens at `socket` for a signature.
pub(crate) async fn ask(socket: &Path, scheme: SignatureScheme, message: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = UnixStream::connect(socket).await?;
    stream.write_u16(scheme.0).await?;
    write_bytes(&mut stream, message).await?;
    match read_bytes(&mut stream).await? {
        signature if signature.is_empty() => Err(io::Error::other("the key server does not sign this")),
        signature => Ok(signature),
    }
}

/// What is asked.
pub(crate) async fn question(stream: &mut UnixStream) -> io::Result<(SignatureScheme, Vec<u8>)> {
    Ok((SignatureScheme(stream.read_u16().await?), read_bytes(stream).await?))
}

/// Answers it.
pub(crate) async fn answer(stream: &mut UnixStream, signature: &[u8]) -> io::Result<()> {
    write_bytes(stream, signature).await
}

/// The signature of a CertificateVerify in this `context` (RFC 9846 §4.5.2), and so of no certificate, and of nobody else's
/// handshake; none of anything else.
pub(crate) fn signature(key: &dyn SigningKey, scheme: SignatureScheme, message: &[u8], context: &[u8]) -> Vec<u8> {
    match message.strip_prefix(&[b' '; 64]) {
        Some(rest) if rest.starts_with(context) => {
            key.sign(scheme, message, &*handfast::rustcrypto::provider().random).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

async fn write_bytes(stream: &mut UnixStream, bytes: &[u8]) -> io::Result<()> {
    stream.write_u32(u32::try_from(bytes.len()).map_err(io::Error::other)?).await?;
    stream.write_all(bytes).await
}

async fn read_bytes(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let len = stream.read_u32().await?;
    if len > MAX_LEN {
        return Err(io::Error::other("too long"));
    }
    let mut bytes = vec![0; len as usize];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

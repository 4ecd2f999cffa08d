//! The key log: secrets for debugging, in the format of NSS (RFC 9850).

use alloc::string::String;
use core::fmt::Write;

/// Takes the secrets of a connection. Whoever has them can read it: a key log is opened by code, never by an
/// environment variable behind the program's back.
pub trait KeyLog: Send + Sync {
    /// One secret, as `label`, by which Wireshark and RFC 9850 know it, ClientHello.random and the secret itself.
    fn log(&self, label: &'static str, client_random: &[u8; 32], secret: &[u8]);
}

/// A line of an SSLKEYLOGFILE, with its line feed: label, random and secret, the latter two in hexadecimal digits.
pub fn key_log_line(label: &str, client_random: &[u8; 32], secret: &[u8]) -> String {
    let mut line = String::from(label);
    for bytes in [client_random.as_slice(), secret] {
        line.push(' ');
        for byte in bytes {
            // Writing to a String does not fail.
            let _ = write!(line, "{byte:02x}");
        }
    }
    line.push('\n');
    line
}

/// Appends to a file, as SSLKEYLOGFILE has it.
#[cfg(feature = "std")]
#[derive(Debug)]
pub struct KeyLogFile(std::sync::Mutex<std::fs::File>);

#[cfg(feature = "std")]
impl KeyLogFile {
    /// Opens `path` for appending, and makes it, readable by its owner alone where the system knows owners.
    ///
    /// # Errors
    /// Whatever keeps the file from being opened.
    pub fn open(path: impl AsRef<std::path::Path>) -> std::io::Result<Self> {
        let mut options = std::fs::OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map(|file| Self(std::sync::Mutex::new(file)))
    }
}

#[cfg(feature = "std")]
impl KeyLog for KeyLogFile {
    fn log(&self, label: &'static str, client_random: &[u8; 32], secret: &[u8]) {
        use std::io::Write;
        let mut file = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // A connection does not fail because its log cannot be written.
        let _ = file.write_all(key_log_line(label, client_random, secret).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_three_fields() {
        let line = key_log_line("CLIENT_TRAFFIC_SECRET_0", &[0xab; 32], &[1, 2]);
        assert_eq!(line, alloc::format!("CLIENT_TRAFFIC_SECRET_0 {} 0102\n", "ab".repeat(32)));
    }
}

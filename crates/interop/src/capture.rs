//! What went over the wire, as Wireshark has it.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of a connection in the order in which they came and went, seen from the client.
#[derive(Clone, Default)]
pub struct Capture(Arc<Mutex<Pieces>>);

type Pieces = Vec<(Way, Vec<u8>)>;

/// Where bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    ToServer,
    ToClient,
}

impl Capture {
    /// A client's transport that is listened to.
    pub fn tap<S>(&self, transport: S) -> Tapped<S> {
        Tapped { transport, capture: self.clone() }
    }

    fn note(&self, way: Way, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push((way, bytes.to_vec()));
        }
    }

    /// The capture as a file, in the format of libpcap: as if everything had gone over TCP and IPv4, to port 443.
    ///
    /// ```text
    /// file header    u32 magic, u16 2, u16 4, i32 0, u32 0, u32 snapshot length, u32 link type 101 (raw IP)
    /// each packet    u32 seconds, u32 microseconds, u32 captured, u32 length, IPv4 header, TCP header, bytes
    /// ```
    pub fn to_pcap(&self) -> Vec<u8> {
        let mut file = Vec::new();
        for field in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 0xffff, 101u32] {
            file.extend_from_slice(&field.to_le_bytes());
        }
        let mut packets = 0u32;
        let mut sequence = [1u32, 1];
        let mut packet = |way: Way, flags: u16, bytes: &[u8], sequence: &mut [u32; 2]| {
            let (own, other) = if way == Way::ToServer { (0, 1) } else { (1, 0) };
            let length = 40 + bytes.len() as u32;
            for field in [packets, 0, length, length] {
                file.extend_from_slice(&field.to_le_bytes());
            }
            packets += 1;
            let hosts = [[192, 0, 2, 1], [192, 0, 2, 2]];
            let ports = [50_000u16, 443];
            let total = (length as u16).to_be_bytes();
            file.extend_from_slice(&[0x45, 0, total[0], total[1], 0, 0, 0x40, 0, 64, 6, 0, 0]);
            file.extend_from_slice(&hosts[own]);
            file.extend_from_slice(&hosts[other]);
            file.extend_from_slice(&ports[own].to_be_bytes());
            file.extend_from_slice(&ports[other].to_be_bytes());
            file.extend_from_slice(&sequence[own].to_be_bytes());
            file.extend_from_slice(&sequence[other].to_be_bytes());
            file.extend_from_slice(&(0x5000 | flags).to_be_bytes());
            // The window, and two fields that nobody checks.
            file.extend_from_slice(&[0xff, 0xff, 0, 0, 0, 0]);
            file.extend_from_slice(bytes);
            sequence[own] += bytes.len() as u32 + u32::from(flags & SYN != 0);
        };
        packet(Way::ToServer, SYN, &[], &mut sequence);
        packet(Way::ToClient, SYN | ACK, &[], &mut sequence);
        for (way, bytes) in &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            for segment in bytes.chunks(1_400) {
                packet(*way, ACK, segment, &mut sequence);
            }
        }
        file
    }
}

const SYN: u16 = 0x02;
const ACK: u16 = 0x10;

/// A transport that is listened to.
pub struct Tapped<S> {
    transport: S,
    capture: Capture,
}

impl<S: Read> Read for Tapped<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = self.transport.read(buf)?;
        self.capture.note(Way::ToClient, &buf[..len]);
        Ok(len)
    }
}

impl<S: Write> Write for Tapped<S> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let len = self.transport.write(buf)?;
        self.capture.note(Way::ToServer, &buf[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.transport.flush()
    }
}

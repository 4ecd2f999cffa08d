//! Alerts (RFC 9846 §6).

use crate::{AlertDescription, AlertLevel, DecodeError, Reader};

/// One alert, the whole content of an alert record.
///
/// ```text
///  0        1        2
/// +--------+--------+
/// | level  | descr. |
/// +--------+--------+
/// ```
///
/// RFC 9846 §6, `Alert`. In TLS 1.3 the level carries no meaning: whether an alert is fatal follows from its description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert {
    /// The severity the sender claims.
    pub level: AlertLevel,
    /// What happened.
    pub description: AlertDescription,
}

impl Alert {
    /// The length of an alert, in bytes.
    pub const LEN: usize = 2;

    /// Reads the content of an alert record, which is exactly one alert (RFC 9846 §5.1).
    pub fn read(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        let alert = Self { level: AlertLevel(r.u8("level")?), description: AlertDescription(r.u8("description")?) };
        r.finish("Alert")?;
        Ok(alert)
    }

    /// The alert as bytes.
    pub const fn write(self) -> [u8; Self::LEN] {
        [self.level.0, self.description.0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let alert = Alert { level: AlertLevel::FATAL, description: AlertDescription::DECODE_ERROR };
        assert_eq!(alert.write(), [2, 50]);
        assert_eq!(Alert::read(&[2, 50]), Ok(alert));
    }

    #[test]
    fn one_alert_and_nothing_else() {
        for (bytes, error) in [
            (&[][..], DecodeError::Truncated("level")),
            (&[1], DecodeError::Truncated("description")),
            (&[1, 0, 1], DecodeError::Trailing("Alert")),
        ] {
            assert_eq!(Alert::read(bytes), Err(error));
        }
    }
}

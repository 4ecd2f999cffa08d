//! Points in time as certificates write them.

use crate::asn1::Reader;
use crate::error::Rule;
use alloc::format;
use alloc::string::String;
use core::fmt;
use der::Tag;
use pki_types::UnixTime;

const SECONDS_PER_DAY: i64 = 86_400;

/// A second, counted from 1970-01-01T00:00:00Z without leap seconds. Displays as `2026-01-31T12:00:00Z`.
///
/// Unlike [`UnixTime`] it reaches back before 1970, as certificates may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// Later than every time that a certificate can write: no end.
    pub const MAX: Self = Self(i64::MAX);

    /// The second `seconds` after (before, when negative) 1970.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970; negative before.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// As OpenSSL and Node.js write it: `Aug 14 00:00:00 2017 GMT`, the day in two columns.
    pub fn to_text(self) -> String {
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let ([year, month, day], [hour, minute, second]) = self.fields();
        let month = usize::try_from(month - 1).ok().and_then(|at| MONTHS.get(at)).copied().unwrap_or_default();
        format!("{month} {day:2} {hour:02}:{minute:02}:{second:02} {year} GMT")
    }

    /// Reads a `Time`:
    ///
    /// ```text
    /// Time ::= CHOICE {
    ///     utcTime      [UNIVERSAL 23]   YYMMDDHHMMSSZ       13 bytes; YY >= 50 is 19YY, otherwise 20YY
    ///     generalTime  [UNIVERSAL 24]   YYYYMMDDHHMMSSZ }   15 bytes
    /// ```
    ///
    /// RFC 5280 §4.1.2.5: seconds are present, fractions and offsets are not. Dates through 2049 should be
    /// UTCTime, but both forms must be understood for every year.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Rule> {
        let element = reader.element()?;
        let (year, rest) = match element.tag {
            Tag::UtcTime => {
                let (year, rest) = two_digits(element.value).ok_or_else(|| reader.malformed())?;
                (if year >= 50 { 1900 + year } else { 2000 + year }, rest)
            }
            Tag::GeneralizedTime => {
                let (century, rest) = two_digits(element.value).ok_or_else(|| reader.malformed())?;
                let (year, rest) = two_digits(rest).ok_or_else(|| reader.malformed())?;
                (century * 100 + year, rest)
            }
            _ => return Err(reader.malformed()),
        };
        Self::of_fields(year, rest).ok_or_else(|| reader.malformed())
    }

    /// Whether RFC 5280 §4.1.2.5 writes this time as a `tag`: through 2049 UTCTime, later GeneralizedTime.
    pub(crate) fn is_written_as(self, tag: Tag) -> bool {
        const START_OF_2050: Time = Time(2_524_608_000);
        tag == if self < START_OF_2050 { Tag::UtcTime } else { Tag::GeneralizedTime }
    }

    /// Reads a GeneralizedTime in the form of [`Time::read`], which is the only type where OCSP has a time (RFC 6960 §4.2.1).
    pub(crate) fn read_generalized(reader: &mut Reader<'_>) -> Result<Self, Rule> {
        if reader.clone().element()?.tag != Tag::GeneralizedTime {
            return Err(reader.malformed());
        }
        Self::read(reader)
    }

    /// `rest` is `MMDDHHMMSSZ`.
    fn of_fields(year: i64, rest: &[u8]) -> Option<Self> {
        let (month, rest) = two_digits(rest)?;
        let (day, rest) = two_digits(rest)?;
        let (hour, rest) = two_digits(rest)?;
        let (minute, rest) = two_digits(rest)?;
        let (second, rest) = two_digits(rest)?;
        let in_range = (1..=days_in_month(year, month)?).contains(&day) && hour < 24 && minute < 60 && second < 60;
        (in_range && rest == b"Z")
            .then(|| Self(days_before(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second))
    }

    /// Year, month (1 … 12), day (1 … 31).
    fn date(self) -> (i64, i64, i64) {
        // The civil calendar repeats every 400 years of 146,097 days. Counting from 1 March of the year 0 puts the
        // leap day at the end of a year.
        let day = self.0.div_euclid(SECONDS_PER_DAY) + 719_468;
        let era = day.div_euclid(146_097);
        let day_of_era = day.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        (year, month, day_of_month)
    }

    /// Year, month and day; hour, minute and second.
    fn fields(self) -> ([i64; 3], [i64; 3]) {
        let time = self.clamp(Self::FIRST, Self::LAST);
        let (year, month, day) = time.date();
        let second = time.0.rem_euclid(SECONDS_PER_DAY);
        ([year, month, day], [second / 3600, second / 60 % 60, second % 60])
    }

    /// The last second that GeneralizedTime can write; what comes later displays as this.
    const LAST: Self = Self(253_402_300_799);
    /// The first second of the year 0, likewise.
    const FIRST: Self = Self(-62_167_219_200);
}

impl From<UnixTime> for Time {
    fn from(time: UnixTime) -> Self {
        Self(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ([year, month, day], [hour, minute, second]) = self.fields();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

fn two_digits(bytes: &[u8]) -> Option<(i64, &[u8])> {
    match bytes {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] => {
            Some((i64::from(tens - b'0') * 10 + i64::from(ones - b'0'), rest))
        }
        _ => None,
    }
}

fn days_in_month(year: i64, month: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

/// Days from 1970-01-01 to the date.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::tlv;
    use alloc::string::ToString;

    fn read(tag: u8, text: &str) -> Result<Time, Rule> {
        let der = tlv(tag, &[text.as_bytes()]);
        Time::read(&mut Reader::new(&der, "time")?)
    }

    /// docs/regressions.md row 71: the window of UTCTime is 1950 … 2049. Expected values are from `date -u -d … +%s`.
    #[test]
    fn both_forms_and_the_2050_switch() {
        for (tag, text, unix, shown) in [
            (0x17, "700101000000Z", 0, "1970-01-01T00:00:00Z"),
            (0x17, "500101000000Z", -631_152_000, "1950-01-01T00:00:00Z"),
            (0x17, "491231235959Z", 2_524_607_999, "2049-12-31T23:59:59Z"),
            (0x18, "20500101000000Z", 2_524_608_000, "2050-01-01T00:00:00Z"),
            (0x18, "20240229120000Z", 1_709_208_000, "2024-02-29T12:00:00Z"),
            (0x17, "240229120000Z", 1_709_208_000, "2024-02-29T12:00:00Z"),
            (0x18, "20000229000000Z", 951_782_400, "2000-02-29T00:00:00Z"),
            (0x18, "99991231235959Z", 253_402_300_799, "9999-12-31T23:59:59Z"),
            (0x18, "00000101000000Z", -62_167_219_200, "0000-01-01T00:00:00Z"),
            (0x18, "21000301000000Z", 4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            let time = read(tag, text).unwrap();
            assert_eq!(time.unix(), unix, "{text}");
            assert_eq!(time.to_string(), shown);
        }
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for (tag, text) in [
            (0x17, "7001010000Z"),       // no seconds
            (0x17, "700101000000+0100"), // offset
            (0x17, "700101000000"),      // no Z
            (0x17, "700101000000Z0"),    // more
            (0x17, "701301000000Z"),     // month 13
            (0x17, "700001000000Z"),     // month 0
            (0x17, "700100000000Z"),     // day 0
            (0x17, "230229000000Z"),     // not a leap year
            (0x18, "21000229000000Z"),   // neither is 2100
            (0x17, "700101240000Z"),     // hour 24
            (0x17, "700101006000Z"),     // minute 60
            (0x17, "700101000060Z"),     // second 60
            (0x17, "7001010000 0Z"),     // a space
            (0x18, "20240229120000.5Z"), // a fraction
            (0x18, "700101000000Z"),     // the wrong tag
            (0x17, "20240229120000Z"),   // the wrong tag
            (0x13, "700101000000Z"),     // another type
            (0x17, ""),
        ] {
            assert_eq!(read(tag, text), Err(Rule::Malformed("time")), "{tag:x} {text}");
        }
    }

    #[test]
    fn every_day_of_eight_centuries_comes_back() {
        for day in -150_000..150_000 {
            let (year, month, of_month) = Time(day * SECONDS_PER_DAY).date();
            assert_eq!(days_before(year, month, of_month), day);
        }
    }

    /// As `date -u` and OpenSSL show them.
    #[test]
    fn as_openssl_has_it() {
        assert_eq!(Time(1_502_668_800).to_text(), "Aug 14 00:00:00 2017 GMT");
        assert_eq!(Time(-1).to_text(), "Dec 31 23:59:59 1969 GMT");
        assert_eq!(Time(951_782_400).to_text(), "Feb 29 00:00:00 2000 GMT");
        assert_eq!(Time(0).to_text(), "Jan  1 00:00:00 1970 GMT");
    }

    #[test]
    fn the_far_future_displays() {
        assert_eq!(Time(i64::MAX).to_string(), "9999-12-31T23:59:59Z");
        assert_eq!(Time(i64::MIN).to_string(), "0000-01-01T00:00:00Z");
    }
}

//! The Date of a response (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`.

use handfast::pki::time::Time;

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A second, counted from 1970, as HTTP writes it.
pub(crate) fn http(unix: u64) -> String {
    let weekday = WEEKDAYS[(unix / 86_400 % 7) as usize];
    // 1994-11-06T08:49:37Z
    let time = Time::from_unix(i64::try_from(unix).unwrap_or(i64::MAX)).to_string();
    let part = |from: usize, to: usize| time.get(from..to).unwrap_or_default();
    let month = part(5, 7).parse().ok().and_then(|month: usize| MONTHS.get(month.checked_sub(1)?)).unwrap_or(&"Jan");
    format!("{weekday}, {} {month} {} {} GMT", part(8, 10), part(0, 4), part(11, 19))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values are from `date -u -d @… +'%a, %d %b %Y %T GMT'`.
    #[test]
    fn dates() {
        for (unix, date) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
            (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
        ] {
            assert_eq!(http(unix), date);
        }
    }
}

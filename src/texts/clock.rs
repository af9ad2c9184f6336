//! Durations and times of day, as a person reads them.

use time::{OffsetDateTime, UtcOffset};

use crate::domain::time::UnixMillis;

/// `mm:ss`, or `h:mm:ss` from one hour on; negative counts as zero.
pub fn duration(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes:02}:{seconds:02}") }
}

/// How long, in words: `12 s`, `3 min 20 s`, `1 h 02 min`.
pub fn span(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// The time of day, `hh:mm:ss`, in the zone of `offset`.
pub fn time_of_day(at: UnixMillis, offset: UtcOffset) -> String {
    let t = local(at, offset);
    format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second())
}

/// A moment in the past, as short as it can be told: `14:02` today, `yesterday 14:02`, `Tue 14:02` within a week,
/// `3 Mar` within a year, `3 Mar 2025` before.
pub fn moment(at: UnixMillis, now: UnixMillis, offset: UtcOffset) -> String {
    let (then, today) = (local(at, offset), local(now, offset));
    let days = (today.date() - then.date()).whole_days();
    let clock = format!("{:02}:{:02}", then.hour(), then.minute());
    match days {
        ..=0 => clock,
        1 => format!("yesterday {clock}"),
        2..7 => format!("{} {clock}", short(&then.weekday().to_string())),
        7..365 => format!("{} {}", then.day(), short(&then.month().to_string())),
        _ => format!("{} {} {}", then.day(), short(&then.month().to_string()), then.year()),
    }
}

/// `2026-01-31T09:05:00.250Z`.
pub fn rfc3339(at: UnixMillis) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1_000_000);
    let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (hour, minute, second, millis) = at.time().as_hms_milli();
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

fn local(at: UnixMillis, offset: UtcOffset) -> OffsetDateTime {
    let utc = OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    utc.checked_to_offset(offset).unwrap_or(utc)
}

fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UnixMillis = UnixMillis(1_767_614_400_000); // 2026-01-05T12:00:00Z, a Monday

    #[test]
    fn durations_grow_an_hour_when_they_need_one() {
        for (millis, text) in [(-5, "00:00"), (59_999, "00:59"), (754_000, "12:34"), (3_600_000, "1:00:00")] {
            assert_eq!(duration(millis), text);
        }
        for (millis, text) in [(12_000, "12 s"), (200_000, "3 min 20 s"), (3_720_000, "1 h 02 min")] {
            assert_eq!(span(millis), text);
        }
    }

    #[test]
    fn moments_are_told_as_short_as_they_can_be() {
        let hours = |h: i64| NOON.plus(-h * 3_600_000);
        for (at, text) in [
            (hours(1), "11:00"),
            (hours(24), "yesterday 12:00"),
            (hours(48), "Sat 12:00"),
            (hours(24 * 10), "26 Dec"),
            (hours(24 * 400), "1 Dec 2024"),
        ] {
            assert_eq!(moment(at, NOON, UtcOffset::UTC), text);
        }
        let paris = UtcOffset::from_hms(1, 0, 0).unwrap();
        assert_eq!(time_of_day(NOON, paris), "13:00:00");
        assert_eq!(time_of_day(UnixMillis(i64::MAX), paris), "01:00:00");
    }
}

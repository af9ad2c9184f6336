//! Durations as they are typed: `500ms`, `10s`, `2m`, `1h`, `1m30s`.

use std::time::Duration;

/// Why a text is no duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotADuration {
    /// It can't be read.
    #[error("use a number and a unit, such as 500ms, 10s, 2m, 1h or 1m30s")]
    Unreadable,
    /// It is longer than a thousand hours.
    #[error("at most 1000h")]
    TooLong,
    /// It is no time to ring.
    #[error("a call rings for 1s to 5m")]
    NotForRinging,
}

const LONGEST: Duration = Duration::from_secs(1000 * 3600);

/// Reads a duration.
///
/// # Errors
/// When it can't be read, or is longer than a thousand hours.
pub fn parse(text: &str) -> Result<Duration, NotADuration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    loop {
        let (part, after) = first_part(rest)?;
        total = total.saturating_add(part);
        if total > LONGEST {
            return Err(NotADuration::TooLong);
        }
        if after.is_empty() {
            return Ok(total);
        }
        rest = after;
    }
}

/// Reads how long a call may ring: 1 to 300 seconds.
///
/// # Errors
/// When it can't be read, or is out of that range.
pub fn of_ringing(text: &str) -> Result<Duration, NotADuration> {
    let duration = parse(text)?;
    let range = Duration::from_secs(1)..=Duration::from_secs(300);
    if range.contains(&duration) { Ok(duration) } else { Err(NotADuration::NotForRinging) }
}

/// The number and unit at the start, and what follows them.
fn first_part(text: &str) -> Result<(Duration, &str), NotADuration> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or(NotADuration::Unreadable)?;
    let (number, rest) = text.split_at(digits);
    let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (unit, after) = rest.split_at(letters);
    let millis: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(NotADuration::Unreadable),
    };
    if number.is_empty() {
        return Err(NotADuration::Unreadable);
    }
    // Only digits are left: what does not fit is too long.
    let number: u64 = number.parse().map_err(|_| NotADuration::TooLong)?;
    Ok((Duration::from_millis(number.saturating_mul(millis)), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        for (text, millis) in [("500ms", 500), ("10s", 10_000), ("2m", 120_000), ("1h", 3_600_000), ("1m30s", 90_000)] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for bad in ["", "s", "10", "10 s", "-1s", "1.5s", "10x", "10s5", "ms5", "١s"] {
            assert_eq!(parse(bad), Err(NotADuration::Unreadable), "{bad}");
        }
        for long in ["1001h", "99999999999999999999s", "18446744073709551615h", "999h999h"] {
            assert_eq!(parse(long), Err(NotADuration::TooLong), "{long}");
        }
    }

    #[test]
    fn ringing_has_its_own_range() {
        assert!(of_ringing("1s").is_ok() && of_ringing("5m").is_ok());
        assert!(of_ringing("999ms").is_err() && of_ringing("301s").is_err());
    }
}

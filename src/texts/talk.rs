//! Sentences of push-to-talk. Where one names a key, it is handed that key.

use super::clock;

/// The badge of a call the user talks in.
pub const TALKING: &str = "TALKING";

/// Talking as long as a key is held.
pub fn while_held(key: &str) -> String {
    format!("TALKING while you hold {key}")
}

/// Talking until the next press, or for so long.
pub fn until(key: &str, left: i64) -> String {
    // A second that has begun is still left.
    let left = clock::duration(left.max(0).saturating_add(999));
    let left = left.strip_prefix('0').unwrap_or(&left);
    format!("TALKING: {key} again to mute, at the latest in {left}")
}

/// Muted, and how to talk.
pub fn muted(key: &str, hold: bool) -> String {
    if hold { format!("muted: hold {key} to talk") } else { format!("muted: {key} to talk, {key} again to mute") }
}

/// A talk ends soon; `hold` while a key is held.
pub fn ends_soon(key: &str, seconds: i64, hold: bool) -> String {
    let how = if hold { format!("let go of {key} and hold it anew") } else { format!("press {key} twice") };
    format!("You are muted in {seconds} s: {how} to talk on.")
}

/// A talk was ended: it went on for so many seconds.
pub fn ended(key: &str, seconds: i64) -> String {
    format!("You are muted after {seconds} s: press {key} to talk on.")
}

/// Nobody hears a talk into a call on hold; the key `resume` ends that.
pub fn resume_first(resume: &str) -> String {
    format!("Resume the call first ({resume}), then talk.")
}

/// Push-to-talk was turned on, with and without a terminal that tells of released keys.
pub fn on(key: &str, hold: bool) -> String {
    if hold {
        format!("Push-to-talk is on: hold {key} to talk.")
    } else {
        format!(
            "Push-to-talk is on: press {key} to talk, and again to mute. This terminal does not tell when a key is released."
        )
    }
}

/// The same in plain mode, where words are typed.
pub const ON_PLAIN: &str = "Push-to-talk is on: type `talk` to talk, `mute` when you are done.";

/// Push-to-talk was turned off.
pub fn off(key: &str) -> String {
    format!("Push-to-talk is off. Who is muted stays so: {key} unmutes.")
}

/// How push-to-talk stands already.
pub fn already(on: bool) -> &'static str {
    if on { "Push-to-talk is on already." } else { "Push-to-talk is off already." }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_counted_down_to_nothing() {
        for (left, told) in
            [(60_000, "1:00"), (43_000, "0:43"), (42_001, "0:43"), (1, "0:01"), (0, "0:00"), (-5, "0:00")]
        {
            assert_eq!(until("Space", left), format!("TALKING: Space again to mute, at the latest in {told}"));
        }
    }
}

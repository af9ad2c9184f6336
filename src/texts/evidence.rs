//! Sentences about evidence: where it is, and why there is none.

/// It is being written.
pub const COLLECTING: &str = "collecting evidence ...";

/// It is written.
pub fn written(path: &str) -> String {
    format!("Evidence is in {path}")
}

/// It could not be written.
pub fn not_written(why: &str) -> String {
    format!("The evidence could not be written: {why}")
}

/// Nothing fits what the ladder is narrowed by.
pub const NOTHING_FITS: &str = "nothing fits; call:ID, kind:notice, in:word and words narrow it";

/// Nothing was sent or received yet.
pub const NOTHING_YET: &str = "nothing yet";

/// The sides of the ladder.
pub const SIDES: [&str; 3] = ["you", "service", "sound"];

/// The ladder stands still.
pub const PAUSED: &str = "paused";

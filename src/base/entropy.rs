//! The operating system's random source: keys, secrets, salts and IDs come from here and nowhere else.

/// `N` bytes that nobody can guess.
///
/// # Panics
/// When the operating system has no random source: nothing safe can be done without one.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    getrandom::fill(&mut out).expect("the operating system's random source answers");
    out
}

/// A fresh identifier that nobody can guess (122 random bits).
pub fn uuid() -> uuid::Uuid {
    uuid::Builder::from_random_bytes(bytes()).into_uuid()
}

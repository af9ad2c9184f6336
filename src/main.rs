//! Picks the role this process plays.

fn main() {}

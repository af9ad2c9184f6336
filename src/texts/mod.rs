//! Everything a person reads, in one place.

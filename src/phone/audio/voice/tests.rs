//! Voice thread end to end.

//! Small drawings without state, each given the place it may fill. None draws outside of it, whatever its size.

pub(crate) mod area;
pub(crate) mod frame;
pub(crate) mod meter;
pub(crate) mod pen;
pub(crate) mod rows;
pub(crate) mod spark;

//! Numbers from a seed: back-off jitter and simulations. Never for secrets (see [`super::entropy`]).

/// A small, fast generator (SplitMix64) whose whole future is its seed.
#[derive(Debug, Clone)]
pub struct Seed(u64);

impl Seed {
    /// A generator that always yields the same numbers for the same `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator nobody can predict across runs; fit for jitter, not for secrets.
    pub fn fresh() -> Self {
        Self(u64::from_le_bytes(super::entropy::bytes()))
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..bound`; 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next_u64() % bound }
    }

    /// A number in `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

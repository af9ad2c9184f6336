//! How long sound should wait: as long as nearly all packets need, and no longer.
//!
//! A histogram of delays that forgets, and a spike detector: a stall of the network that bursts out delays many packets
//! at once, but it is one event, and counts as one. So what happens every few seconds does not hold the delay up for
//! ever, and what happens all the time does.

/// Width of a bin of the histogram, samples: 1 ms. The last bin takes everything longer.
const BIN: i64 = 48;
const BINS: usize = 250;

/// The share of packets that should come in time.
const IN_TIME: f32 = 0.96;

/// Packets after which what was has lost most of its weight: 5 s at 20 ms.
const MEMORY: f32 = 250.0;

/// What a packet needs beyond its delay, samples: 2 ms for the clocks and the threads of this machine.
const MARGIN: i64 = 96;

/// Until this many packets have come, little is known, and the target is at least 15 ms.
const FEW: u32 = 10;
const UNKNOWN: i64 = 720;

/// A packet later than all but a few by this, samples, begins a spike: 40 ms.
const SPIKE: i64 = 1920;

/// What is known about delays.
#[derive(Debug)]
pub(super) struct Target {
    /// Shares of delays by bin; their sum is 1 once there are any.
    shares: [f32; BINS],
    packets: u32,
    quantile: i64,
    /// The delay of the last packet of a spike that is still going on.
    spike: Option<i64>,
}

impl Default for Target {
    fn default() -> Self {
        Self { shares: [0.0; BINS], packets: 0, quantile: 0, spike: None }
    }
}

impl Target {
    /// Notes that a packet came `delay` samples later than it could have.
    pub(super) fn observe(&mut self, delay: i64) {
        if self.belongs_to_spike(delay) {
            return;
        }
        self.packets = self.packets.saturating_add(1);
        let weight = 1.0 / (self.packets as f32).min(MEMORY);
        self.shares.iter_mut().for_each(|share| *share *= 1.0 - weight);
        self.shares[usize::try_from(delay / BIN).unwrap_or(0).min(BINS - 1)] += weight;
        self.quantile = self.found_quantile();
    }

    /// How long a packet should wait in all, counted from when it could have come at the earliest, samples.
    pub(super) fn samples(&self) -> i64 {
        let known = self.quantile + MARGIN;
        if self.packets < FEW { known.max(UNKNOWN) } else { known }
    }

    /// Whether a packet only shares the fate of the late one before it: what a stall held up comes at once, each packet
    /// less late than the one before.
    fn belongs_to_spike(&mut self, delay: i64) -> bool {
        let late = delay > self.quantile + SPIKE / 2;
        let falling = self.spike.is_some_and(|before| delay < before);
        let begins = self.packets >= FEW && delay > self.quantile + SPIKE;
        self.spike = (begins || falling && late).then_some(delay);
        falling && late
    }

    fn found_quantile(&self) -> i64 {
        let mut later = 1.0 - IN_TIME;
        for (bin, share) in self.shares.iter().enumerate().rev() {
            later -= share;
            if later < 0.0 {
                return (bin as i64 + 1) * BIN;
            }
        }
        0
    }
}

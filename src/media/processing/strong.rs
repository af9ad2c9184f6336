//! The part that makes noise suppression strong: a small recurrent network that knows voices and leaves out the rest.

use nnnoiseless::DenoiseState;

use super::switched::Stage;
use crate::media::packet::TICK;

/// The network reckons in 16-bit samples.
const SCALE: f32 = 32_768.0;

/// The network and its state. Sound leaves it a tick later than it comes.
pub(super) struct Strong(Box<DenoiseState<'static>>);

const _: () = assert!(DenoiseState::FRAME_SIZE == TICK, "a frame of the network is a tick");

impl Default for Strong {
    fn default() -> Self {
        Self(DenoiseState::new())
    }
}

impl Stage for Strong {
    fn process(&mut self, samples: &mut [f32; TICK]) {
        let heard = samples.map(|sample| sample * SCALE);
        self.0.process_frame(samples, &heard);
        samples.iter_mut().for_each(|sample| *sample /= SCALE);
    }
}

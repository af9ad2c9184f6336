//! The chain of processing for one microphone: echo cancelled, then noise suppressed, then speech brought to an even
//! level. Each part comes and goes at run time. The far end is what the speaker plays; whether processing makes sense
//! at all (no loudspeaker, no microphone, a file) is for others to say.

use sonora::config::{
    AdaptiveDigital, EchoCanceller, GainController2, HighPassFilter, MaxProcessingRate, NoiseSuppression,
    NoiseSuppressionLevel, Pipeline,
};
use sonora::{AudioProcessing, Config, StreamConfig};

use super::erle::Erle;
use super::strong::Strong;
use super::switched::{Stage, Switched};
use super::{Noise, Processing};
use crate::media::level;
use crate::media::packet::{SAMPLE_RATE, TICK};
use crate::media::tick::Tick;

/// Ticks a new part hears along before it takes over: more than the 18 ms of sound that are inside it.
const WARM_UP: u32 = 10;

/// The same where an echo canceller follows another: it has to learn the echo first.
const LEARNING: u32 = 100;

/// The format of both ends: everything is 48 kHz, and voices are mono.
const MONO: StreamConfig = StreamConfig::new(SAMPLE_RATE, 1);

/// The most the gain control turns up, dB: beyond that it is the room one hears.
const MOST_GAIN_DB: f32 = 30.0;

/// Where the gain control begins, dB: speech that needs more gets there within seconds.
const FIRST_GAIN_DB: f32 = 6.0;

/// The longest delay between speaker and microphone a hint may claim, ms.
const LONGEST_DELAY_MS: u32 = 500;

/// What is done to the sound of one microphone.
pub struct Processor {
    wanted: Processing,
    front: Switched<Front>,
    strong: Switched<Strong>,
    gain: Switched<Gain>,
    erle: Erle,
    delay_ms: Option<u32>,
}

impl Default for Processor {
    /// One that does nothing.
    fn default() -> Self {
        Self {
            wanted: Processing::NONE,
            front: Switched::default(),
            strong: Switched::default(),
            gain: Switched::default(),
            erle: Erle::default(),
            delay_ms: None,
        }
    }
}

impl Processor {
    /// A processor that does this from the first tick on.
    pub fn new(wanted: Processing) -> Self {
        let mut processor = Self { wanted, ..Self::default() };
        processor.front = Switched::new(processor.front_for(wanted));
        processor.strong = Switched::new(strong_for(wanted));
        processor.gain = Switched::new(gain_for(wanted));
        processor
    }

    /// What is done.
    pub fn processing(&self) -> Processing {
        self.wanted
    }

    /// Does something else from now on. Parts that stay go on undisturbed; a part that comes hears along for a moment
    /// (a second, where it is an echo canceller in place of another), and is then faded to.
    pub fn switch(&mut self, wanted: Processing) {
        let before = std::mem::replace(&mut self.wanted, wanted);
        if front_of(before) != front_of(wanted) {
            let ticks = if before.echo && wanted.echo { LEARNING } else { WARM_UP };
            let next = self.front_for(wanted);
            self.front.replace(next, ticks);
        }
        if before.echo != wanted.echo {
            self.erle = Erle::default();
        }
        if (before.noise == Noise::Strong) != (wanted.noise == Noise::Strong) {
            self.strong.replace(strong_for(wanted), WARM_UP);
        }
        if before.gain != wanted.gain {
            self.gain.replace(gain_for(wanted), WARM_UP);
        }
    }

    /// Forgets all it has learnt: the devices changed, and with them the echo and the noise.
    pub fn restart(&mut self) {
        *self = Self { delay_ms: self.delay_ms, ..Self::new(self.wanted) };
    }

    /// Says how long sound is under way from [`Processor::render`] through speaker, room and microphone back to
    /// [`Processor::capture`], ms, where the devices know: the echo canceller finds it out by itself as well.
    pub fn set_delay(&mut self, delay_ms: u32) {
        let delay_ms = Some(delay_ms.min(LONGEST_DELAY_MS));
        if self.delay_ms != delay_ms {
            self.delay_ms = delay_ms;
            self.front.each(|front| front.set_delay(delay_ms));
        }
    }

    /// Hears what the speaker plays next, 10 ms; stereo is taken as one channel.
    pub fn render(&mut self, tick: &Tick) {
        if !self.hears_the_speaker() {
            return;
        }
        let mut far = mono_of(tick);
        mend(&mut far);
        self.erle.far(level::power(&far));
        self.front.each(|front| front.render(&far));
    }

    /// Whether what the speaker plays matters.
    pub fn hears_the_speaker(&self) -> bool {
        // The one before may still be in charge.
        self.wanted.echo || self.front.current().is_some_and(|front| front.echo)
    }

    /// Processes 10 ms of the microphone in place; where anything is done, they are one channel then. With nothing on, it
    /// costs nothing and touches nothing.
    pub fn capture(&mut self, tick: &mut Tick) {
        if self.front.is_idle() && self.strong.is_idle() && self.gain.is_idle() {
            return;
        }
        let samples = tick.mono_mut();
        mend(samples);
        let before = level::power(samples);
        self.front.process(samples);
        self.strong.process(samples);
        if self.wanted.echo {
            self.erle.near(before, level::power(samples));
        }
        self.gain.process(samples);
        if samples.iter().any(|sample| !sample.is_finite()) {
            samples.fill(0.0);
            self.restart();
        }
    }

    /// How much of the echo is taken away (echo return loss enhancement, ITU-T G.168), dB: the power of the microphone's
    /// sound before and after, over the last seconds in which the far end was loud. `None` without echo cancellation, or
    /// where nothing comes back.
    pub fn erle_db(&self) -> Option<f32> {
        self.wanted.echo.then(|| self.erle.db()).flatten()
    }

    /// How much later sound leaves than it comes, ms.
    pub fn latency_ms(&self) -> f32 {
        let front = match front_of(self.wanted) {
            (true, true) => 17.9,
            (true, false) => 11.9,
            (false, true) => 9.9,
            (false, false) => 0.0,
        };
        let strong = if self.wanted.noise == Noise::Strong { 10.0 } else { 0.0 };
        front + strong
    }

    fn front_for(&self, wanted: Processing) -> Option<Front> {
        let (echo, noise) = front_of(wanted);
        (echo || noise).then(|| {
            let mut front = Front::new(echo, noise);
            front.set_delay(self.delay_ms);
            front
        })
    }
}

/// What of the processing is done in one go, between one splitting into bands and one merging. Strong noise suppression
/// comes on top of the gentle one: its network takes steady hiss for a consonant, and leaves it as it is.
fn front_of(wanted: Processing) -> (bool, bool) {
    (wanted.echo, wanted.noise != Noise::Off)
}

fn strong_for(wanted: Processing) -> Option<Strong> {
    (wanted.noise == Noise::Strong).then(Strong::default)
}

fn gain_for(wanted: Processing) -> Option<Gain> {
    wanted.gain.then(Gain::new)
}

/// Brings samples into what the parts expect: a broken driver may hand over what is no number.
fn mend(samples: &mut [f32; TICK]) {
    for sample in samples {
        *sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
    }
}

fn mono_of(tick: &Tick) -> [f32; TICK] {
    let mut far = *tick.left();
    if tick.is_stereo() {
        far.iter_mut().zip(tick.right()).for_each(|(left, right)| *left = (*left + right) / 2.0);
    }
    far
}

/// Echo cancellation, or gentle noise suppression, or both.
struct Front {
    echo: bool,
    inner: Box<AudioProcessing>,
}

impl Front {
    fn new(echo: bool, noise: bool) -> Self {
        let suppression = NoiseSuppression { level: NoiseSuppressionLevel::High, ..NoiseSuppression::default() };
        let config = Config {
            // The upper third of the band stays, too.
            pipeline: Pipeline {
                maximum_internal_processing_rate: MaxProcessingRate::Rate48kHz,
                multi_channel_render: false,
                multi_channel_capture: false,
                ..Pipeline::default()
            },
            // What it takes away is in the lowest band: there it is a third of the work.
            high_pass_filter: Some(HighPassFilter { apply_in_full_band: false }),
            echo_canceller: echo.then(EchoCanceller::default),
            noise_suppression: noise.then_some(suppression),
            ..Config::default()
        };
        Self { echo, inner: Box::new(processing(config)) }
    }

    fn set_delay(&mut self, delay_ms: Option<u32>) {
        if let Some(delay) = delay_ms.and_then(|delay| i32::try_from(delay).ok()) {
            // Out of range it is clamped, and said to be.
            self.inner.set_stream_delay_ms(delay).ok();
        }
    }

    fn render(&mut self, far: &[f32; TICK]) {
        if self.echo {
            let mut played = [0.0; TICK];
            check(self.inner.process_render_f32(&[far], &mut [&mut played]));
        }
    }
}

impl Stage for Front {
    fn process(&mut self, samples: &mut [f32; TICK]) {
        run(&mut self.inner, samples);
    }
}

/// Gain control, and the limiter that belongs to it.
struct Gain(Box<AudioProcessing>);

impl Gain {
    fn new() -> Self {
        let adaptive =
            AdaptiveDigital { max_gain_db: MOST_GAIN_DB, initial_gain_db: FIRST_GAIN_DB, ..AdaptiveDigital::default() };
        let control = GainController2 { adaptive_digital: Some(adaptive), ..GainController2::default() };
        let config = Config {
            pipeline: Pipeline {
                maximum_internal_processing_rate: MaxProcessingRate::Rate48kHz,
                ..Pipeline::default()
            },
            gain_controller2: Some(control),
            ..Config::default()
        };
        Self(Box::new(processing(config)))
    }
}

impl Stage for Gain {
    fn process(&mut self, samples: &mut [f32; TICK]) {
        run(&mut self.0, samples);
    }
}

fn processing(config: Config) -> AudioProcessing {
    AudioProcessing::builder().config(config).capture_config(MONO).render_config(MONO).build()
}

fn run(inner: &mut AudioProcessing, samples: &mut [f32; TICK]) {
    let heard = *samples;
    check(inner.process_capture_f32(&[&heard], &mut [samples]));
}

/// The formats are ours and constant: there is nothing it could refuse.
fn check(done: Result<(), sonora::Error>) {
    debug_assert_eq!(done, Ok(()));
}

//! The voice thread itself: every few milliseconds, packets in, ticks of the microphone out, ticks to the speaker; in
//! between, commands. Capture and render meet here, in one thread and in ticks of 10 ms: the mix that is played is also
//! what the echo canceller listens for.

mod devices;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use super::super::memory::Memory;
use super::super::source::{Silence, Source, Taken};
use super::call::CallSound;
use super::equipment::{Cards, Equipment};
use super::gaps::Gaps;
use super::near::Near;
use super::outbox::Outbox;
use super::priority;
use super::shared::Claim;
use super::volumes::Volumes;
use super::{Command, LegSound, VoiceConfig, VoiceEvent};
use crate::base::clock;
use crate::domain::id::CallId;
use crate::media::mixer::Mixer;
use crate::media::tick::Tick;
use crate::media::tones::{CallTone, Region, TonePlayer};
use crate::phone::event::{DeviceFigures, SoundState};

/// How often it looks while something sounds, and where everything is to be as early as can be.
const STEP: Duration = Duration::from_millis(5);
const TIGHT_STEP: Duration = Duration::from_micros(2500);

/// 10 ms.
const ONE_TICK: Duration = Duration::from_millis(10);

/// Ticks taken or played in one step, so that commands get their turn even after a stall: 1 s.
const MOST_TICKS: usize = 100;

/// How often it looks, while nothing sounds, whether a device that is needed no more has opened, and is to be closed.
const CLEAR_UP_EVERY: Duration = Duration::from_millis(100);

/// Time between two level reports, and between two quality reports.
const LEVELS_EVERY: Duration = Duration::from_millis(100);
const QUALITY_EVERY: Duration = Duration::from_secs(1);

/// Runs until told to stop, or until nobody is left to tell anything.
pub(super) fn run(config: VoiceConfig, cards: Cards, inbox: &Receiver<Command>, events: Sender<VoiceEvent>) {
    priority::raise();
    let mut thread = Thread::new(config, cards, events);
    thread.tell_sound();
    loop {
        match thread.wait(inbox) {
            Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => break,
            Ok(command) => thread.obey(command),
            Err(RecvTimeoutError::Timeout) => (),
        }
        thread.step_if_due(clock::now());
    }
    thread.finish();
}

struct Thread {
    equipment: Equipment,
    volumes: Volumes,
    /// Where phones of this machine say which sound card they use.
    folder: Option<PathBuf>,
    claim: Option<Claim>,
    region: Region,
    calls: Vec<CallSound>,
    tone: Option<Tone>,
    short: Option<TonePlayer>,
    near: Near,
    pair: devices::Pair,
    mixer: Mixer,
    ring_mixer: Mixer,
    next_step: Instant,
    next_levels: Instant,
    next_quality: Instant,
    late_ticks: u64,
    /// What the devices had to do without before the first call that is attached now.
    before: DeviceFigures,
    sound: SoundState,
    /// Whether the microphone is taken from, or silence because every call is early.
    listening: bool,
    silence: Silence,
    gaps: Gaps,
    outbox: Outbox,
}

/// A tone that is played until told otherwise.
struct Tone {
    player: TonePlayer,
    rings: bool,
}

impl Thread {
    fn new(config: VoiceConfig, cards: Cards, events: Sender<VoiceEvent>) -> Self {
        let now = clock::now();
        let sound = SoundState {
            profile: config.profile,
            wishes: config.wishes,
            ringer: config.ringer,
            ..SoundState::default()
        };
        let mut thread = Self {
            equipment: Equipment::new(
                cards,
                config.folder.as_deref(),
                (config.microphone, config.speaker, sound.ringer.as_ref()),
            ),
            volumes: Volumes::new(Memory::open(config.folder.as_deref())),
            folder: config.folder,
            claim: None,
            region: config.region,
            calls: Vec::new(),
            tone: None,
            short: None,
            near: Near::default(),
            pair: devices::Pair::default(),
            mixer: Mixer::default(),
            ring_mixer: Mixer::default(),
            next_step: now,
            next_levels: now,
            next_quality: now,
            late_ticks: 0,
            before: DeviceFigures::default(),
            sound,
            listening: false,
            silence: Silence::default(),
            gaps: Gaps::default(),
            outbox: Outbox::new(events),
        };
        thread.sound.processing = thread.processing();
        thread
    }

    /// Waits for a command or for the next step; without anything to play, to tell or to close, for a command only.
    fn wait(&self, inbox: &Receiver<Command>) -> Result<Command, RecvTimeoutError> {
        if !self.is_busy() {
            if self.equipment.awaits() {
                return inbox.recv_timeout(CLEAR_UP_EVERY);
            }
            return inbox.recv().map_err(|_| RecvTimeoutError::Disconnected);
        }
        inbox.recv_timeout(self.next_step.saturating_duration_since(clock::now()))
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Attach { call, leg, record, early } => self.attach(call, leg, record.as_deref(), early),
            Command::ReplaceLeg { call, leg } => self.with(call, |sound| sound.replace_leg(leg)),
            Command::Rename { call, into } => self.rename(call, into),
            Command::Detach(call) => self.detach(call),
            Command::Early { call, on } => self.with(call, |sound| sound.set_early(on)),
            Command::Mute { call, on } => self.with(call, |sound| sound.set_muted(on)),
            Command::Hold { call, on } => self.with(call, |sound| sound.set_held(on)),
            Command::Dtmf { call, tone } => self.with(call, |sound| sound.send_dtmf(tone)),
            Command::ExpectedLoss { call, percent } => self.with(call, |sound| sound.set_expected_loss(percent)),
            Command::PlayTone(tone) => self.play_tone(tone),
            Command::PlayOnce(tone) => self.short = Some(TonePlayer::once(tone)),
            Command::UseMicrophone(choice) => self.equipment.use_microphone(choice),
            Command::UseSpeaker(choice) => self.equipment.use_speaker(choice),
            Command::UseRinger(choice) => self.change(|thread| {
                thread.equipment.use_ringer(choice.as_ref());
                thread.sound.ringer = choice;
            }),
            Command::UseProfile(profile) => self.change(|thread| {
                thread.sound.profile = profile;
                thread.calls.iter_mut().for_each(|sound| sound.encode_as(profile.encoding()));
            }),
            Command::Process(wishes) => self.change(|thread| thread.sound.wishes = wishes),
            Command::SetVolume { device, db } => {
                self.change(|thread| thread.volumes.set(device, db, &mut thread.sound));
            }
            Command::Stop => (),
        }
        self.open_what_is_needed(clock::now());
    }

    fn with(&mut self, call: CallId, act: impl FnOnce(&mut CallSound)) {
        match self.calls.iter_mut().find(|sound| sound.call == call) {
            Some(sound) => act(sound),
            None => tracing::debug!(%call, "no such call is attached"),
        }
    }

    /// Changes what is done to the sound, and tells it even where nothing came of it: somebody asked.
    fn change(&mut self, change: impl FnOnce(&mut Self)) {
        change(self);
        self.sound.processing = self.processing();
        self.apply_sound();
        self.tell_sound();
    }

    fn attach(&mut self, call: CallId, leg: LegSound, record: Option<&Path>, early: bool) {
        self.detach(call);
        let mut sound = match CallSound::new(call, leg, self.sound.profile.encoding()) {
            Ok(sound) => sound,
            Err(error) => return tracing::error!(%error, "a call stays without sound"),
        };
        sound.set_early(early);
        if let Some(path) = record
            && let Err(why) = sound.record(path)
        {
            self.outbox.tell(VoiceEvent::RecordingFailed { call, why });
        }
        if self.calls.is_empty() {
            (self.late_ticks, self.before) = (0, self.equipment.figures());
            // Nothing was due while there was nothing to do.
            self.next_step = self.next_step.max(clock::now());
        }
        self.calls.push(sound);
        self.apply_sound();
    }

    fn rename(&mut self, call: CallId, into: CallId) {
        // Told of what was, with its name then.
        self.detach(into);
        self.with(call, |sound| sound.call = into);
    }

    fn detach(&mut self, call: CallId) {
        let summary = self.calls.iter().position(|sound| sound.call == call).map(|index| {
            let device = self.device_figures();
            self.calls.remove(index).summary(device, clock::now())
        });
        if self.calls.is_empty() {
            // Whoever hears that the call is over finds the card free.
            self.claim = None;
            self.near = Near::default();
            // What is played between two calls makes no echo in either.
            self.listening = false;
            self.gaps = Gaps::default();
        }
        if let Some(sound) = summary {
            self.outbox.tell(VoiceEvent::Finished { call, sound });
        }
    }

    fn play_tone(&mut self, tone: Option<CallTone>) {
        self.tone = tone.map(|tone| Tone { player: TonePlayer::new(tone, self.region), rings: tone == CallTone::Ring });
        self.apply_sound();
    }

    /// Whether there is anything to play or to tell.
    fn is_busy(&self) -> bool {
        !(self.calls.is_empty() && self.tone.is_none() && self.outbox.is_empty())
    }

    fn step_if_due(&mut self, now: Instant) {
        if !self.is_busy() {
            self.equipment.supervise(now);
            self.next_step = now;
            return;
        }
        if now < self.next_step {
            return;
        }
        let late = now.saturating_duration_since(self.next_step);
        if !self.calls.is_empty() {
            self.late_ticks += (late.as_micros() / ONE_TICK.as_micros()) as u64;
        }
        let step = if self.sound.profile.is_tight() { TIGHT_STEP } else { STEP };
        self.next_step = (self.next_step + step).max(now);
        for sound in &mut self.calls {
            let outbox = &mut self.outbox;
            sound.receive(now, |event| outbox.tell(event));
        }
        self.capture(now);
        self.render(now);
        self.ring(now);
        if self.calls.is_empty() || self.short.as_ref().is_some_and(TonePlayer::is_over) {
            self.short = None;
        }
        if self.equipment.supervise(now) {
            // Before anything is taken from a microphone that opened: whose card it is decides whether it is heard.
            self.open_what_is_needed(now);
        }
        self.report(now);
        self.outbox.post();
    }

    fn capture(&mut self, now: Instant) {
        if self.calls.is_empty() {
            return;
        }
        self.listen(self.calls.iter().any(|sound| !sound.is_early()));
        let mut tick = Tick::default();
        for _ in 0..MOST_TICKS {
            let source = if self.listening { self.equipment.microphone.get() } else { &mut self.silence };
            let taken = source.take(&mut tick, now);
            if taken == Taken::NotYet {
                let missing = self.gaps.missing(now);
                if missing > 0 {
                    self.calls.iter_mut().for_each(|sound| sound.miss(missing));
                }
                return;
            }
            self.gaps.came(now);
            if self.listening {
                self.near.capture(&mut tick);
            }
            self.calls.iter_mut().for_each(|sound| sound.capture(&tick));
            if taken == Taken::Over {
                self.microphone_finished();
            }
        }
    }

    /// Takes from the microphone from now on, or from silence.
    fn listen(&mut self, on: bool) {
        if on != self.listening {
            self.listening = on;
            if on { self.equipment.microphone.get().start() } else { self.silence.start() }
        }
    }

    fn microphone_finished(&mut self) {
        for sound in &self.calls {
            self.outbox.tell(VoiceEvent::MicrophoneFinished { call: sound.call });
        }
    }

    fn render(&mut self, now: Instant) {
        let mut tick = Tick::default();
        for _ in 0..MOST_TICKS {
            if !self.equipment.speaker.get().wants(now) {
                return;
            }
            for sound in &mut self.calls {
                if sound.render(&mut self.mixer, now) {
                    self.outbox.tell(VoiceEvent::FirstSound { call: sound.call, at: now });
                }
            }
            let here = self.tone.as_mut().filter(|tone| !(tone.rings && self.equipment.rings_apart()));
            for tone in here.map(|tone| &mut tone.player).into_iter().chain(&mut self.short) {
                tone.fill(tick.mono_mut());
                self.mixer.add(&tick, 1.0);
            }
            self.mixer.finish(&mut tick);
            if self.listening {
                self.near.render(&tick);
            }
            self.equipment.speaker.get().put(&tick);
        }
    }

    /// Rings on the device that is for it alone.
    fn ring(&mut self, now: Instant) {
        if !self.equipment.rings_apart() {
            return;
        }
        let (Some(tone), Some(ringer)) = (&mut self.tone, &mut self.equipment.ringer) else { return };
        let mut tick = Tick::default();
        for _ in 0..MOST_TICKS {
            if !tone.rings || !ringer.get().wants(now) {
                return;
            }
            tone.player.fill(tick.mono_mut());
            self.ring_mixer.add(&tick, 1.0);
            self.ring_mixer.finish(&mut tick);
            ringer.get().put(&tick);
        }
    }

    /// Levels and quality go out at once or not at all: newer ones follow.
    fn report(&mut self, now: Instant) {
        if now >= self.next_levels {
            self.next_levels = now + LEVELS_EVERY;
            self.open_what_is_needed(now);
            self.tell_levels(|held| !held);
        }
        if now >= self.next_quality {
            self.next_quality = now + QUALITY_EVERY;
            self.tell_levels(|held| held);
            let device = self.device_figures();
            for sound in &mut self.calls {
                let (call, quality) = (sound.call, sound.quality(device, now));
                self.outbox.offer(VoiceEvent::Quality { call, quality });
                if sound.recording_failed() {
                    let why = "the recording can't be written any further".to_owned();
                    self.outbox.tell(VoiceEvent::RecordingFailed { call, why });
                }
            }
            if let Some(claim) = &mut self.claim {
                claim.try_again();
            }
        }
    }

    /// Of a call that is held beside others there is little to see: whoever has several looks at the one they talk in.
    fn tell_levels(&mut self, of: impl Fn(bool) -> bool) {
        let (facts, alone) = (self.near.facts(), self.calls.len() == 1);
        for sound in self.calls.iter_mut().filter(|sound| of(sound.is_held() && !alone)) {
            self.outbox.offer(sound.levels(facts));
        }
    }

    fn tell_sound(&mut self) {
        self.outbox.tell(VoiceEvent::Sound(self.sound.clone()));
    }

    /// Tells the last things.
    fn finish(mut self) {
        let calls: Vec<CallId> = self.calls.iter().map(|sound| sound.call).collect();
        calls.into_iter().for_each(|call| self.detach(call));
        self.tone = None;
        self.open_what_is_needed(clock::now());
        self.outbox.finish();
    }
}

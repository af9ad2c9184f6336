//! The voice thread itself: every 5 ms, packets in, ticks of the microphone out, ticks to the speaker; in between,
//! commands. Capture and render meet here, in one thread and in ticks of 10 ms: what has to know both (echo
//! cancellation) belongs between [`Thread::capture`] and [`Thread::render`].

use std::collections::VecDeque;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::super::buffering::Opening;
use super::super::memory::Memory;
use super::super::source::{Silence, Source, Taken};
use super::call::CallSound;
use super::ports::{Microphone, Port, Speaker};
use super::{Command, LegSound, VoiceConfig, VoiceEvent};
use crate::base::clock;
use crate::domain::id::CallId;
use crate::media::mixer::Mixer;
use crate::media::tick::Tick;
use crate::media::tones::{CallTone, Region, TonePlayer};
use crate::phone::event::{AudioDevice, AudioState, DeviceFigures, DeviceState, Quality, SoundState};

/// How often it looks while something sounds.
const STEP: Duration = Duration::from_millis(5);

/// Ticks taken or played in one step, so that commands get their turn even after a stall: 1 s.
const MOST_TICKS: usize = 100;

/// Events that wait for a listener that is behind; then the oldest is dropped.
const OUTBOX: usize = 64;

/// How long the last events may wait for their listener when it all ends.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How far a device can be turned down and up, dB.
const LOWEST_DB: i8 = -40;
const HIGHEST_DB: i8 = 20;

/// Time between two level reports, and between two quality reports.
const LEVELS_EVERY: Duration = Duration::from_millis(100);
const QUALITY_EVERY: Duration = Duration::from_secs(1);

/// Runs until told to stop, or until nobody is left to tell anything.
pub(super) fn run(config: VoiceConfig, inbox: &Receiver<Command>, events: Sender<VoiceEvent>) {
    let mut thread = Thread::new(config, events);
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
    microphone: Port<Microphone>,
    speaker: Port<Speaker>,
    region: Region,
    calls: Vec<CallSound>,
    tone: Option<TonePlayer>,
    short: Option<TonePlayer>,
    mixer: Mixer,
    memory: Memory,
    next_step: Instant,
    next_levels: Instant,
    next_quality: Instant,
    told: Option<AudioState>,
    sound: SoundState,
    /// Whether the microphone is taken from, or silence because every call is early.
    listening: bool,
    silence: Silence,
    events: Sender<VoiceEvent>,
    outbox: VecDeque<VoiceEvent>,
}

impl Thread {
    fn new(config: VoiceConfig, events: Sender<VoiceEvent>) -> Self {
        let now = clock::now();
        Self {
            microphone: Port::new(config.microphone).remembering(Memory::open(config.folder.as_deref())),
            speaker: Port::new(config.speaker).remembering(Memory::open(config.folder.as_deref())),
            memory: Memory::open(config.folder.as_deref()),
            region: config.region,
            calls: Vec::new(),
            tone: None,
            short: None,
            mixer: Mixer::default(),
            next_step: now,
            next_levels: now,
            next_quality: now,
            told: None,
            sound: SoundState {
                profile: config.profile,
                wishes: config.wishes,
                ringer: config.ringer,
                ..SoundState::default()
            },
            listening: false,
            silence: Silence::default(),
            events,
            outbox: VecDeque::new(),
        }
    }

    /// Waits for a command or for the next step; without anything to play or to tell, for a command only.
    fn wait(&self, inbox: &Receiver<Command>) -> Result<Command, RecvTimeoutError> {
        if !self.is_busy() {
            return inbox.recv().map_err(|_| RecvTimeoutError::Disconnected);
        }
        inbox.recv_timeout(self.next_step.saturating_duration_since(clock::now()))
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Attach { call, leg, record, early } => self.attach(call, leg, record.as_deref(), early),
            Command::ReplaceLeg { call, leg } => self.with(call, |sound| sound.replace_leg(leg)),
            Command::Detach(call) => self.detach(call),
            Command::Early { call, on } => self.with(call, |sound| sound.set_early(on)),
            Command::Mute { call, on } => self.with(call, |sound| sound.set_muted(on)),
            Command::Hold { call, on } => self.with(call, |sound| sound.set_held(on)),
            Command::Dtmf { call, tone } => self.with(call, |sound| sound.send_dtmf(tone)),
            Command::ExpectedLoss { call, percent } => self.with(call, |sound| sound.set_expected_loss(percent)),
            Command::PlayTone(tone) => self.play_tone(tone),
            Command::PlayOnce(tone) => self.short = Some(TonePlayer::once(tone)),
            Command::UseMicrophone(choice) => self.microphone.choose(choice),
            Command::UseSpeaker(choice) => self.speaker.choose(choice),
            Command::UseRinger(choice) => self.change(|sound| sound.ringer = choice),
            Command::UseProfile(profile) => self.change(|sound| sound.profile = profile),
            Command::Process(wishes) => self.change(|sound| sound.wishes = wishes),
            Command::SetVolume { device, db } => {
                let db = db.clamp(LOWEST_DB, HIGHEST_DB);
                self.remember(device, db);
                self.change(|sound| match device {
                    AudioDevice::Microphone => sound.microphone_db = db,
                    AudioDevice::Speaker => sound.speaker_db = db,
                    AudioDevice::Ringer => sound.ringer_db = db,
                });
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

    fn change(&mut self, change: impl FnOnce(&mut SoundState)) {
        change(&mut self.sound);
        self.tell(VoiceEvent::Sound(self.sound.clone()));
    }

    fn attach(&mut self, call: CallId, leg: LegSound, record: Option<&Path>, early: bool) {
        self.detach(call);
        let mut sound = match CallSound::new(call, leg) {
            Ok(sound) => sound,
            Err(error) => return tracing::error!(%error, "a call stays without sound"),
        };
        sound.set_early(early);
        if let Some(path) = record
            && let Err(why) = sound.record(path)
        {
            self.tell(VoiceEvent::RecordingFailed { call, why });
        }
        self.calls.push(sound);
    }

    fn detach(&mut self, call: CallId) {
        if let Some(index) = self.calls.iter().position(|sound| sound.call == call) {
            let sound = self.calls.remove(index).summary();
            self.tell(VoiceEvent::Finished { call, sound });
        }
    }

    fn play_tone(&mut self, tone: Option<CallTone>) {
        self.tone = tone.map(|tone| TonePlayer::new(tone, self.region));
    }

    fn open_what_is_needed(&mut self, now: Instant) {
        let profile = self.sound.profile;
        let opening = Opening { tight: profile.is_tight(), stereo: profile.encoding().stereo };
        self.microphone.tune(opening, now);
        self.speaker.tune(opening, now);
        self.microphone.need(!self.calls.is_empty(), now);
        self.speaker.need(!self.calls.is_empty() || self.tone.is_some(), now);
        let state = AudioState {
            microphone: self.microphone.state(),
            speaker: self.speaker.state(),
            ringer: DeviceState::Idle,
        };
        if self.told.as_ref() != Some(&state) {
            self.told = Some(state.clone());
            self.recall(&state);
            self.tell(VoiceEvent::Audio(state));
        }
    }

    /// As loud as each device was set last.
    fn recall(&mut self, state: &AudioState) {
        if let DeviceState::Working(name) = &state.microphone {
            self.sound.microphone_db = self.memory.gain_of(AudioDevice::Microphone, name);
        }
        if let DeviceState::Working(name) = &state.speaker {
            self.sound.speaker_db = self.memory.gain_of(AudioDevice::Speaker, name);
        }
    }

    fn remember(&mut self, device: AudioDevice, db: i8) {
        let state = match device {
            AudioDevice::Microphone => self.microphone.state(),
            AudioDevice::Speaker | AudioDevice::Ringer => self.speaker.state(),
        };
        if let DeviceState::Working(name) = state {
            self.memory.remember(device, &name, db);
        }
    }

    /// Whether there is anything to play or to tell.
    fn is_busy(&self) -> bool {
        !(self.calls.is_empty() && self.tone.is_none() && self.outbox.is_empty())
    }

    fn step_if_due(&mut self, now: Instant) {
        if !self.is_busy() || now < self.next_step {
            return;
        }
        self.next_step = (self.next_step + STEP).max(now);
        for sound in &mut self.calls {
            let outbox = &mut self.outbox;
            sound.receive(now, |event| outbox.push_back(event));
        }
        self.capture(now);
        self.render(now);
        if self.calls.is_empty() || self.short.as_ref().is_some_and(TonePlayer::is_over) {
            self.short = None;
        }
        self.report(now);
        self.microphone.supervise(now);
        self.speaker.supervise(now);
        self.open_what_is_needed(now);
        self.post();
    }

    fn capture(&mut self, now: Instant) {
        if self.calls.is_empty() {
            return;
        }
        self.listen(self.calls.iter().any(|sound| !sound.is_early()));
        let mut tick = Tick::default();
        for _ in 0..MOST_TICKS {
            let source = if self.listening { self.microphone.get() } else { &mut self.silence };
            let taken = source.take(&mut tick, now);
            if taken == Taken::NotYet {
                return;
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
            if on { self.microphone.get().start() } else { self.silence.start() }
        }
    }

    fn microphone_finished(&mut self) {
        let calls: Vec<CallId> = self.calls.iter().map(|sound| sound.call).collect();
        calls.into_iter().for_each(|call| self.tell(VoiceEvent::MicrophoneFinished { call }));
    }

    fn render(&mut self, now: Instant) {
        for _ in 0..MOST_TICKS {
            if !self.speaker.get().wants(now) {
                return;
            }
            let mut tick = Tick::default();
            for sound in &mut self.calls {
                if sound.render(&mut self.mixer, now) {
                    self.outbox.push_back(VoiceEvent::FirstSound { call: sound.call, at: now });
                }
            }
            for tone in self.tone.iter_mut().chain(&mut self.short) {
                tone.fill(tick.mono_mut());
                self.mixer.add(&tick, 1.0);
            }
            self.mixer.finish(&mut tick);
            self.speaker.get().put(&tick);
        }
    }

    /// Levels and quality go out at once or not at all: newer ones follow.
    fn report(&mut self, now: Instant) {
        if now >= self.next_levels {
            self.next_levels = now + LEVELS_EVERY;
            for sound in &mut self.calls {
                let _ = self.events.try_send(sound.levels());
            }
        }
        if now >= self.next_quality {
            self.next_quality = now + QUALITY_EVERY;
            let overruns = self.microphone.figures().overruns;
            let device =
                DeviceFigures { overruns, underruns: self.speaker.figures().underruns, ..DeviceFigures::default() };
            for sound in &mut self.calls {
                let (call, quality) = (sound.call, Quality { device, ..sound.quality() });
                let _ = self.events.try_send(VoiceEvent::Quality { call, quality });
                if sound.recording_failed() {
                    let why = "the recording can't be written any further".to_owned();
                    self.outbox.push_back(VoiceEvent::RecordingFailed { call, why });
                }
            }
        }
    }

    fn tell(&mut self, event: VoiceEvent) {
        self.outbox.push_back(event);
        self.post();
    }

    /// Hands over what waits, as far as there is room.
    fn post(&mut self) {
        while let Some(event) = self.outbox.pop_front() {
            if let Err(TrySendError::Full(event)) = self.events.try_send(event) {
                self.outbox.push_front(event);
                break;
            }
        }
        while self.outbox.len() > OUTBOX {
            self.outbox.pop_front();
            tracing::warn!("nobody takes the events of the voice thread; one is dropped");
        }
    }

    /// Tells the last things, and gives a listener that is behind a moment to take them.
    fn finish(mut self) {
        let calls: Vec<CallId> = self.calls.iter().map(|sound| sound.call).collect();
        calls.into_iter().for_each(|call| self.detach(call));
        self.tone = None;
        self.open_what_is_needed(clock::now());
        let deadline = clock::now() + LAST_WORDS;
        while !self.outbox.is_empty() && !self.events.is_closed() && clock::now() < deadline {
            std::thread::sleep(STEP);
            self.post();
        }
    }
}

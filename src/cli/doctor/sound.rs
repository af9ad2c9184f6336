//! `switchboard doctor --sound`: microphone and speaker tried by whoever uses them.

use std::io::IsTerminal;

use serde::Serialize;
use tokio::sync::mpsc;

use super::{CheckLine, Verdict, check, report};
use crate::cli::exit::{Exit, Failure};
use crate::cli::headless::check_files;
use crate::cli::media_flags::SoundFlags;
use crate::cli::output::Output;
use crate::cli::settings::Settings;
use crate::media::processing::Processing;
use crate::media::trial::{Echo, Spoken, Voice};
use crate::phone::audio::trial::{EchoFound, Outcome, SPEAKING, Step, Trial, Trouble};
use crate::phone::event::AudioDevice;

/// What a check measured; what it did not measure is left out.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub(super) struct Figures {
    /// How loud one speaks, dBFS.
    #[serde(skip_serializing_if = "Option::is_none")]
    level_dbfs: Option<f32>,
    /// The highest sample, dBFS.
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_dbfs: Option<f32>,
    /// What there is in pauses, dBFS.
    #[serde(skip_serializing_if = "Option::is_none")]
    noise_dbfs: Option<f32>,
    /// How loud the speaker comes back, dB against what it played.
    #[serde(skip_serializing_if = "Option::is_none")]
    echo_db: Option<f32>,
    /// After how long, ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_ms: Option<f32>,
}

/// Steps that wait to be told; levels are left out when nobody takes them in time.
const STEPS: usize = 64;

/// An echo louder than this is heard by the others where nothing cancels it, dB.
const AUDIBLE_ECHO: f32 = -40.0;

/// From here on people talk over each other (ITU-T G.114 puts the limit of a whole way at 400 ms; this is a part of it).
const LATE_MS: f32 = 250.0;

/// Noise above this is heard between the words, dBFS.
const NOISY: f32 = -45.0;

/// Tries it, step by step, and reports.
///
/// # Errors
/// When a setting names no device, or the result can't be printed.
pub(super) async fn run(flags: &SoundFlags, settings: &Settings, output: &mut Output) -> Result<Exit, Failure> {
    let voice = flags.voice(settings)?;
    check_files(&voice.microphone, &voice.speaker, None)?;
    let processing = voice.wishes.over(voice.profile.processing());
    let trial = Trial { microphone: voice.microphone, speaker: voice.speaker, encoding: voice.profile.encoding() };
    let (steps, mut told) = mpsc::channel(STEPS);
    let tried = tokio::task::spawn_blocking(move || {
        trial.run(|step| {
            // Levels come ten a second, and nothing else comes in numbers: only they are ever left out.
            let _ = steps.try_send(step);
        })
    });
    let mut guide = Guide::new(settings.loaded.config.screen.ascii);
    while let Some(step) = told.recv().await {
        guide.tell(step, output);
    }
    guide.end(output);
    let outcome = tried.await.map_err(|why| Failure::new(Exit::MediaFailed, format!("the trial broke off: {why}")))?;
    let mut exit = Exit::Done;
    for line in lines(&outcome, processing) {
        report(&line, output)?;
        if line.verdict == Verdict::Fail {
            exit = Exit::MediaFailed;
        }
    }
    Ok(exit)
}

/// Says what to do, and draws the meter.
struct Guide {
    ascii: bool,
    /// Whether a line can be written over, as on a terminal.
    live: bool,
    /// The levels so far, as bars.
    bars: String,
}

/// Bars on the meter's line: the last two seconds.
const BARS: usize = 20;

impl Guide {
    fn new(ascii: bool) -> Self {
        Self { ascii, live: std::io::stderr().is_terminal(), bars: String::new() }
    }

    fn tell(&mut self, step: Step, output: &mut Output) {
        match step {
            Step::Listening => output.progress("Chirps are played now: be quiet for a moment."),
            Step::Speak => output.progress(&format!("Speak now, for {} seconds.", SPEAKING.as_secs())),
            Step::Level(dbfs) if self.live => {
                let line = self.meter(dbfs);
                output.over_line(&line);
            }
            Step::Level(_) => {}
            Step::Playing => {
                self.end(output);
                output.progress("This is how you sound to others, but for noise suppression and gain control.");
            }
        }
    }

    fn meter(&mut self, dbfs: f32) -> String {
        let marks = if self.ascii { " .:-=+*#" } else { " ▁▂▃▄▅▆▇" };
        // From −60 dBFS, hardly anything, to −4, all there is room for.
        let height = ((dbfs + 60.0) / 8.0).clamp(0.0, 7.0) as usize;
        self.bars.extend(marks.chars().nth(height));
        let beyond = self.bars.chars().count().saturating_sub(BARS);
        self.bars = self.bars.chars().skip(beyond).collect();
        format!("{:<BARS$}  {dbfs:4.0} dBFS", self.bars)
    }

    /// The meter's line ends.
    fn end(&mut self, output: &mut Output) {
        if !std::mem::take(&mut self.bars).is_empty() {
            output.over_line("");
        }
    }
}

/// What is to be said of it.
fn lines(outcome: &Result<Outcome, Trouble>, processing: Processing) -> Vec<CheckLine> {
    match outcome {
        Ok(outcome) => {
            let mut lines = vec![microphone(&outcome.microphone, outcome.spoken)];
            lines.push(speaker(&outcome.speaker));
            if outcome.spoken.voice != Voice::Zeros {
                // A microphone that gives nothing proves nothing about an echo.
                lines.push(echo(outcome.echo, processing));
            }
            if let EchoFound::Some(echo) = outcome.echo {
                lines.push(delay(echo));
            }
            lines
        }
        Err(Trouble { device, why }) => {
            let (what, next) = match device {
                AudioDevice::Microphone => {
                    ("microphone", "choose another with --mic, or plug one in; `switchboard devices` lists them")
                }
                AudioDevice::Speaker | AudioDevice::Ringer => {
                    ("speaker", "choose another with --speaker, or plug one in; `switchboard devices` lists them")
                }
            };
            vec![check(what, Verdict::Fail, why.clone(), next)]
        }
    }
}

fn microphone(name: &str, spoken: Spoken) -> CheckLine {
    let Spoken { voice, dbfs, peak_dbfs, noise_dbfs } = spoken;
    let level = format!("you speak at {dbfs:.0} dBFS (peak {peak_dbfs:.0}), pauses are at {noise_dbfs:.0}");
    let (verdict, found, next) = match voice {
        Voice::Zeros => (
            Verdict::Fail,
            "it gives nothing at all: every sample is zero".to_owned(),
            "allow this terminal to use the microphone (macOS: System Settings, Privacy & Security, Microphone), look \
             for a switch on it, or choose another with --mic",
        ),
        Voice::Silent => (
            Verdict::Fail,
            format!("nobody was heard, only {noise_dbfs:.0} dBFS of noise"),
            "speak when asked to; is the microphone switched on, is it the right one (`switchboard devices`)?",
        ),
        Voice::Steady => (
            Verdict::Warn,
            format!("a steady sound of {dbfs:.0} dBFS was heard, and nobody who speaks"),
            "speak when asked to; a hum that stays comes from the microphone or its cable",
        ),
        Voice::Faint => (
            Verdict::Warn,
            format!("{level}: too soft"),
            "go nearer, or turn the microphone up in the system's settings",
        ),
        Voice::Clipping => (
            Verdict::Warn,
            format!("{level}: so loud that it is cut off"),
            "turn the microphone down in the system's settings, or go away from it a little",
        ),
        Voice::Good if noise_dbfs > NOISY => (
            Verdict::Warn,
            format!("{level}: a noisy place"),
            "a headset hears less of the room; --process noise=strong takes more of it away",
        ),
        Voice::Good => (Verdict::Pass, level, ""),
    };
    let figures = Figures {
        level_dbfs: rounded(dbfs),
        peak_dbfs: rounded(peak_dbfs),
        noise_dbfs: rounded(noise_dbfs),
        ..Figures::default()
    };
    CheckLine { figures, ..check("microphone", verdict, format!("{name}: {found}"), next) }
}

fn speaker(name: &str) -> CheckLine {
    check("speaker", Verdict::Pass, format!("{name}: what you said was played, encoded as for others"), "")
}

fn echo(found: EchoFound, processing: Processing) -> CheckLine {
    let Echo { db, .. } = match found {
        EchoFound::NoDevices => {
            let why = "not looked for: that takes a microphone and a speaker, not a file or a tone";
            return check("echo", Verdict::Pass, why, "");
        }
        EchoFound::None => {
            let why = "the microphone does not hear the speaker, as with a headset";
            let next = if processing.echo {
                "the profile headset does without cancelling an echo, and is earlier"
            } else {
                ""
            };
            return check("echo", Verdict::Pass, why, next);
        }
        EchoFound::Some(echo) => echo,
    };
    let heard = format!("the microphone hears the speaker, {} dB softer than it plays", (-db).round());
    let (verdict, found, next) = if processing.echo {
        (Verdict::Pass, format!("{heard}; echo cancellation is on"), "")
    } else if db > AUDIBLE_ECHO {
        let next = "use a headset, or the profile standard, or --process echo=on: the others hear themselves";
        (Verdict::Warn, heard, next)
    } else {
        (Verdict::Pass, heard, "")
    };
    CheckLine { figures: Figures { echo_db: rounded(db), ..Figures::default() }, ..check("echo", verdict, found, next) }
}

fn delay(echo: Echo) -> CheckLine {
    let found = format!("{:.0} ms from here through the speaker and the microphone back", echo.delay_ms);
    let (verdict, next) = if echo.delay_ms > LATE_MS {
        (
            Verdict::Warn,
            "Bluetooth and busy sound servers take their time: a cable is earlier, as is --profile low-latency",
        )
    } else {
        (Verdict::Pass, "")
    };
    let figures = Figures { delay_ms: rounded(echo.delay_ms), ..Figures::default() };
    CheckLine { figures, ..check("delay", verdict, found, next) }
}

/// To a tenth.
fn rounded(value: f32) -> Option<f32> {
    Some((value * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::globals::Globals;
    use crate::cli::output::tests::taped;

    const GOOD: Spoken = Spoken { voice: Voice::Good, dbfs: -23.04, peak_dbfs: -9.0, noise_dbfs: -61.0 };

    fn outcome(spoken: Spoken, echo: EchoFound) -> Result<Outcome, Trouble> {
        Ok(Outcome { microphone: "Lid".to_owned(), speaker: "Desk".to_owned(), echo, spoken })
    }

    fn verdicts(outcome: &Result<Outcome, Trouble>, processing: Processing) -> Vec<(&'static str, Verdict)> {
        lines(outcome, processing).iter().map(|line| (line.check, line.verdict)).collect()
    }

    #[test]
    fn a_good_voice_on_a_headset_passes() {
        let outcome = outcome(GOOD, EchoFound::None);
        let expected = ["microphone", "speaker", "echo"].map(|check| (check, Verdict::Pass));
        assert_eq!(verdicts(&outcome, Processing::NONE), expected);
        let lines = lines(&outcome, Processing::ALL);
        assert_eq!(lines[0].found, "Lid: you speak at -23 dBFS (peak -9), pauses are at -61");
        assert!(lines[2].next.contains("headset"), "{:?}", lines[2]);
    }

    #[test]
    fn what_is_wrong_with_a_voice_is_said_with_what_to_do() {
        for (voice, noise_dbfs, verdict, words) in [
            (Voice::Zeros, -127.0, Verdict::Fail, "Privacy & Security"),
            (Voice::Silent, -80.0, Verdict::Fail, "switched on"),
            (Voice::Steady, -24.0, Verdict::Warn, "hum"),
            (Voice::Faint, -70.0, Verdict::Warn, "nearer"),
            (Voice::Clipping, -60.0, Verdict::Warn, "turn the microphone down"),
            (Voice::Good, -40.0, Verdict::Warn, "noise=strong"),
        ] {
            let line = microphone("Lid", Spoken { voice, noise_dbfs, ..GOOD });
            assert!(line.verdict == verdict && line.next.contains(words), "{line:?}");
        }
    }

    #[test]
    fn an_echo_matters_where_nothing_cancels_it() {
        let heard = |db| EchoFound::Some(Echo { delay_ms: 84.6, db });
        for (db, processing, verdict) in [
            (-20.0, Processing::ALL, Verdict::Pass),
            (-20.0, Processing::NONE, Verdict::Warn),
            (-60.0, Processing::NONE, Verdict::Pass),
        ] {
            let lines = lines(&outcome(GOOD, heard(db)), processing);
            assert_eq!((lines[2].verdict, lines[2].figures.echo_db), (verdict, Some(db)), "{:?}", lines[2]);
            assert_eq!((lines[3].check, lines[3].figures.delay_ms), ("delay", Some(84.6)));
        }
        let late = delay(Echo { delay_ms: 310.0, db: -20.0 });
        assert!(late.verdict == Verdict::Warn && late.next.contains("Bluetooth"), "{late:?}");
    }

    #[test]
    fn of_a_device_that_fails_no_more_is_said_than_was_found() {
        let nothing = Spoken { voice: Voice::Zeros, ..GOOD };
        let checks: Vec<_> =
            lines(&outcome(nothing, EchoFound::None), Processing::ALL).iter().map(|l| l.check).collect();
        assert_eq!(checks, ["microphone", "speaker"], "a microphone that gives nothing proves no headset");
        let failed = Err(Trouble { device: AudioDevice::Speaker, why: "there is no speaker".to_owned() });
        assert_eq!(verdicts(&failed, Processing::ALL), [("speaker", Verdict::Fail)]);
    }

    #[test]
    fn figures_that_were_not_measured_are_absent_from_the_line() {
        let line = serde_json::to_value(echo(EchoFound::NoDevices, Processing::ALL)).unwrap();
        assert!(line.get("echo_db").is_none() && line.get("level_dbfs").is_none(), "{line}");
        let line = serde_json::to_string(&microphone("Lid", GOOD)).unwrap();
        assert!(line.contains(r#""level_dbfs":-23.0,"peak_dbfs":-9.0,"noise_dbfs":-61.0"#), "{line}");
    }

    #[test]
    fn the_meter_moves_on_its_line_and_leaves_it_clean() {
        let (mut output, _, messages) = taped(&Globals::default());
        let mut guide = Guide { live: true, ..Guide::new(true) };
        guide.tell(Step::Speak, &mut output);
        for dbfs in [-127.0, -60.0, -30.0, -4.0, 0.0] {
            guide.tell(Step::Level(dbfs), &mut output);
        }
        guide.tell(Step::Playing, &mut output);
        let text = messages.text();
        assert!(text.starts_with("Speak now, for 4 seconds.\n\r"), "{text:?}");
        assert!(text.contains("\r  -##") && text.contains("  -30 dBFS\x1b[K"), "{text:?}");
        assert!(
            text.ends_with("\r\x1b[KThis is how you sound to others, but for noise suppression and gain control.\n"),
            "{text:?}"
        );

        let long: Vec<_> = (0..60).map(|_| guide.meter(-20.0)).collect();
        assert_eq!(long[59].chars().count(), long[0].chars().count(), "{long:?}");
    }

    #[test]
    fn without_a_terminal_there_is_no_meter() {
        let (mut output, _, messages) = taped(&Globals::default());
        let mut guide = Guide { live: false, ..Guide::new(false) };
        for step in [Step::Listening, Step::Speak, Step::Level(-20.0), Step::Playing] {
            guide.tell(step, &mut output);
        }
        assert_eq!(messages.text().lines().count(), 3);
        assert!(!messages.text().contains('\r'), "{:?}", messages.text());
    }
}

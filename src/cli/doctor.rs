//! `switchboard doctor`.

mod reach;
mod sound;

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::account::{self, Acting};
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::headless::{self, Session, Woken};
use super::media_flags::{MediaFlags, SoundFlags};
use super::output::Output;
use super::settings::Settings;
use super::{local, trust};
use crate::base::clock;
use crate::config::MediaOver;
use crate::domain::call::CallState;
use crate::phone::audio::cards;
use crate::phone::audio::device::{DeviceInfo, Devices, SinkChoice, SourceChoice};
use crate::phone::command::Command;
use crate::phone::event::{Event, Quality, Transport};
use crate::texts::quality::goes_over;

/// Check devices, service, sign-in and the way of the sound; say what to do about what fails.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Takes about ten seconds; calls the echo over UDP and over TCP. Exits with 0 when a call would work. A service that is named, by --server or the setting, is tried \
step by step: TCP, TLS and its certificate, the service and its version, the WebSocket.

With --sound it tries microphone and speaker instead, on this machine alone and in about fifteen seconds: it plays chirps \
and listens for them (does the speaker come back into the microphone, how loud, after how long?), has you speak for four \
seconds, and lets you hear that, encoded as in calls. Exits with 7 when a device fails or nothing is heard.

Examples:
  switchboard doctor
  switchboard doctor --server https://calls.example:8791    which ways to a service there are from here
  switchboard doctor --sound
  switchboard doctor --sound --mic 'device:NAME' --profile headset")]
pub struct DoctorArgs {
    /// Try microphone and speaker: speak, hear yourself, see level, delay and echo
    #[arg(long)]
    pub sound: bool,

    /// Sound.
    #[command(flatten)]
    pub sound_flags: SoundFlags,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Pass,
    /// Calls work, but not as they could.
    Warn,
    Fail,
}

/// One check, as a line.
#[derive(Debug, Serialize)]
struct CheckLine {
    v: u8,
    check: &'static str,
    verdict: Verdict,
    /// What was found.
    found: String,
    /// What to do next; empty when all is well.
    next: String,
    /// What was measured, if anything.
    #[serde(flatten)]
    figures: sound::Figures,
    /// What is known of the service's certificate, if it was looked at.
    #[serde(flatten)]
    tls: Option<reach::TlsLine>,
}

/// How long the way of the sound may take.
const MEDIA_WITHIN: Duration = Duration::from_secs(7);

/// Checks one thing after the other and stops where the next can't work.
///
/// # Errors
/// When the result can't be printed.
pub async fn run(
    arguments: &DoctorArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    if arguments.sound {
        return sound::run(&arguments.sound_flags, settings, output).await;
    }
    report(&check_sound(&arguments.sound_flags, settings), output)?;
    let named = check_named_service(globals, settings).await?;
    for check in &named {
        report(check, output)?;
        if check.verdict == Verdict::Fail {
            return Ok(Exit::Unreachable);
        }
    }
    let acting = match account::acting(globals, settings, false, false).await {
        Ok(acting) => acting,
        Err(failure) => {
            report(&no_account(&failure), output)?;
            return Ok(failure.exit);
        }
    };
    let (found, exit) = check_calls(&acting, settings).await?;
    // A service that was named has its line already.
    let is_new =
        |check: &&CheckLine| !(!named.is_empty() && check.check == "service" && check.verdict == Verdict::Pass);
    found.iter().filter(is_new).try_for_each(|check| report(check, output))?;
    Ok(exit)
}

/// What can be said of sound and service without a call, as text: for evidence.
pub(crate) async fn briefly(settings: &Settings) -> String {
    let own = settings.clone();
    let sound = tokio::task::spawn_blocking(move || check_sound(&SoundFlags::default(), &own)).await;
    let named = check_named_service(&Globals::default(), settings).await.unwrap_or_else(|why| vec![no_account(&why)]);
    let service = match named.into_iter().find(|check| check.verdict == Verdict::Fail) {
        Some(failed) => failed,
        None => match (&settings.loaded.config.phone.server, local::find(&settings.paths).await) {
            (Some(server), _) => check("service", Verdict::Pass, format!("{server} answers"), ""),
            (None, Some(file)) => check("service", Verdict::Pass, format!("{} answers", file.http), ""),
            (None, None) => check("service", Verdict::Warn, "none is named, and none runs for this user here", ""),
        },
    };
    let checks = sound.iter().chain([&service]).map(|check| text(check) + "\n");
    checks.chain(["its test call, which would be another call: not made\n".to_owned()]).collect()
}

fn report(check: &CheckLine, output: &mut Output) -> Result<(), Failure> {
    if output.json() {
        return Ok(output.json_line(check)?);
    }
    Ok(output.result(&text(check))?)
}

fn text(check: &CheckLine) -> String {
    let verdict = match check.verdict {
        Verdict::Pass => "pass",
        Verdict::Warn => "warn",
        Verdict::Fail => "FAIL",
    };
    let mut text = format!("{verdict}  {:<11}  {}", check.check, check.found);
    if !check.next.is_empty() {
        text.push_str(&format!("\n{:19}next: {}", "", check.next));
    }
    text
}

fn check(check: &'static str, verdict: Verdict, found: impl Into<String>, next: impl Into<String>) -> CheckLine {
    CheckLine {
        v: 1,
        check,
        verdict,
        found: found.into(),
        next: next.into(),
        figures: sound::Figures::default(),
        tls: None,
    }
}

fn check_sound(flags: &SoundFlags, settings: &Settings) -> CheckLine {
    let voice = match flags.voice(settings) {
        Ok(voice) => voice,
        Err(why) => {
            let next = "mend the setting; `switchboard devices` lists the names";
            return check("sound", Verdict::Fail, why.to_string(), next);
        }
    };
    let devices = cards::list(voice.microphone, voice.speaker);
    match (usable_microphone(&devices), usable_speaker(&devices)) {
        (true, true) => check("sound", Verdict::Pass, "microphone and speaker can be opened", ""),
        (false, false) if !any_usable(&devices) => {
            let next = "plug one in, or use --mic FILE.wav and --speaker FILE.wav";
            check("sound", Verdict::Warn, "there is no sound device that works; calls work without", next)
        }
        (microphone, _) => {
            let which = if microphone { "speaker" } else { "microphone" };
            let next = "choose another with --mic, --speaker or in the settings; `switchboard devices` lists them";
            check("sound", Verdict::Warn, format!("the chosen {which} can't be opened now"), next)
        }
    }
}

/// A sound server that does not run is listed all the same: it is no device.
fn any_usable(devices: &Devices) -> bool {
    devices.microphones.iter().chain(&devices.speakers).any(|device| device.usable)
}

fn usable_microphone(devices: &Devices) -> bool {
    match &devices.microphone {
        SourceChoice::Device(name) => named(&devices.microphones, name),
        SourceChoice::Default => devices.microphones.iter().any(|device| device.usable),
        SourceChoice::Tone(_) | SourceChoice::Silence | SourceChoice::File(_) => true,
    }
}

fn usable_speaker(devices: &Devices) -> bool {
    match &devices.speaker {
        SinkChoice::Device(name) => named(&devices.speakers, name),
        SinkChoice::Default => devices.speakers.iter().any(|device| device.usable),
        SinkChoice::Nowhere | SinkChoice::File(_) => true,
    }
}

fn named(devices: &[DeviceInfo], name: &str) -> bool {
    devices.iter().any(|device| device.usable && device.name == name)
}

fn no_account(failure: &Failure) -> CheckLine {
    let (what, next) = match failure.exit {
        Exit::Unreachable => ("service", "start it with `switchboard serve`, or name another with --server URL"),
        _ => ("sign-in", "sign in with `switchboard sign-in NAME`"),
    };
    check(what, Verdict::Fail, failure.message.clone(), next)
}

/// The ways to the service that was named, if one was. Whether anybody is signed in there matters only after that.
async fn check_named_service(globals: &Globals, settings: &Settings) -> Result<Vec<CheckLine>, Failure> {
    let whose = globals.user.as_ref().filter(|who| who.at.is_some());
    let there = whose.and_then(|who| account::picked(settings, who).ok()).map(|saved| saved.server);
    match there.or_else(|| settings.loaded.config.phone.server.clone()) {
        Some(server) => Ok(reach::checks(&trust::connector(globals, settings, &server, None)?).await),
        None => Ok(Vec::new()),
    }
}

/// Service, sign-in, and calls to the echo: one over UDP and one over TCP, where both are allowed; and what to exit with.
///
/// # Errors
/// When no phone can be started, or a signal ends it.
async fn check_calls(acting: &Acting, settings: &Settings) -> Result<(Vec<CheckLine>, Exit), Failure> {
    let server = acting.account.server();
    let wanted = settings.media_over();
    let mut found = Vec::new();
    let mut ways = Vec::new();
    for (name, over) in [("sound udp", MediaOver::Udp), ("sound tcp", MediaOver::Tcp)] {
        if wanted != MediaOver::Auto && wanted != over {
            continue;
        }
        let mut alone = settings.clone();
        alone.loaded.config.phone.media_over = over;
        let link = headless::start(acting.account.clone(), &MediaFlags::tone(), &alone, false)?;
        let quiet = Globals { quiet: true, ..Globals::default() };
        let mut unseen = Output::new(&quiet, false, Box::new(std::io::sink()), Box::new(std::io::sink()));
        let mut session = Session::new(link, &mut unseen)?;
        let ready = session.ready().await;
        let echo = match &ready {
            Ok(_) => check_echo(name, &mut session).await,
            Err(failure) => Ok(no_account(failure)),
        };
        session.quit().await;
        match ready {
            Ok(_) => ways.push((over, echo?)),
            Err(failure) if failure.message.is_empty() => return Err(failure),
            Err(failure) => return Ok((vec![echo?], failure.exit)),
        }
    }
    let me = acting.account.me().map_or_else(|| "the token's owner".to_owned(), |me| me.name.to_string());
    found.push(check("service", Verdict::Pass, format!("{server} answers"), ""));
    found.push(check("sign-in", Verdict::Pass, format!("signed in as {me}"), ""));
    let (ways, path) = judge(ways);
    let exit = if path.verdict == Verdict::Fail { Exit::MediaFailed } else { Exit::Done };
    found.extend(ways);
    found.push(path);
    Ok((found, exit))
}

/// What follows from the ways that were tried: calls work as long as there is one.
fn judge(mut ways: Vec<(MediaOver, CheckLine)>) -> (Vec<CheckLine>, CheckLine) {
    let works = |over: MediaOver| ways.iter().any(|(way, check)| *way == over && check.verdict == Verdict::Pass);
    let (udp, tcp) = (works(MediaOver::Udp), works(MediaOver::Tcp));
    let path = match (udp, tcp) {
        (true, _) => check("sound path", Verdict::Pass, "sound goes over UDP", ""),
        (false, true) if ways.len() == 1 => check("sound path", Verdict::Pass, "sound goes over TCP, as it is set", ""),
        (false, true) => check("sound path", Verdict::Warn, goes_over(Transport::Tcp, true), NO_UDP),
        (false, false) => check("sound path", Verdict::Fail, "no sound comes back from the service", NO_PATH),
    };
    if udp || tcp {
        // Calls work all the same.
        for (_, way) in ways.iter_mut().filter(|(_, way)| way.verdict == Verdict::Fail) {
            way.verdict = Verdict::Warn;
        }
    }
    (ways.into_iter().map(|(_, way)| way).collect(), path)
}

const NO_PATH: &str = "UDP to the service may be blocked by a firewall: let its media port through";
const NO_UDP: &str = "calls sound better over UDP: let the service's media port through, if the firewall is yours";
const NO_TCP: &str = "who has no UDP can't call: the service's setting media.tcp, or a firewall before it";

/// Calls the echo, speaks to it, and listens for what comes back.
///
/// # Errors
/// When a signal ends it.
async fn check_echo(name: &'static str, session: &mut Session<'_>) -> Result<CheckLine, Failure> {
    session.tell(Command::Call { to: "8:echo123".to_owned(), ring_for: None }).await;
    let failed = |found: String, next: &str| Ok(check(name, Verdict::Fail, found, next));
    let began = clock::now();
    let mut connected = None;
    let mut quality = Quality::default();
    let no_path = if name == "sound tcp" { NO_TCP } else { NO_PATH };
    loop {
        match session.next(Some(began + MEDIA_WITHIN)).await {
            Ok(Woken::Played(_)) => {}
            Ok(Woken::Event(event)) => match *event {
                Event::Call(view) if view.state == CallState::Connected => {
                    connected.get_or_insert_with(clock::now);
                }
                Event::Quality { quality: now, .. } => quality = now,
                Event::Levels { speaker, .. } if speaker > -50.0 && connected.is_some() => {
                    let first = clock::now().saturating_duration_since(began).as_millis();
                    let rtt = quality.rtt_ms.map_or_else(String::new, |rtt| format!(", round trip {rtt:.0} ms"));
                    let found = format!("the echo is heard {first} ms after dialling{rtt}");
                    return Ok(check(name, Verdict::Pass, found, ""));
                }
                Event::Refused(refused) => return failed(refused.why.to_string(), no_path),
                Event::Ended(summary) => {
                    let ending = crate::texts::end::ending(summary.end, summary.direction, "the echo");
                    return failed(ending.what, no_path);
                }
                _ => {}
            },
            Ok(Woken::Time) => {
                let seconds = MEDIA_WITHIN.as_secs();
                return failed(format!("nothing was heard from the echo within {seconds} s"), no_path);
            }
            Ok(Woken::Signal(exit)) => return Err(Failure::new(exit, "")),
            Ok(Woken::Ended) => return failed("the phone ended".to_owned(), "run it again"),
            Err(failure) => return failed(failure.message, "look at the service's log"),
        }
    }
}

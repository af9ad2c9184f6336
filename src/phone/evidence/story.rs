//! What the entries say of a call that is over, or of a connection that did not come about: the steps it took, and why it
//! went wrong. Judged by [`control::explanation`](crate::control::explanation), told in its words.

use std::sync::Arc;
use std::time::Duration;

use super::entry::{Ended, Entry, Frame, Kind, LegStep, LinkStep, Sound, Way, What};
use crate::control::diagnosis::Diagnosis;
use crate::control::explanation::{Advice, Facts, Progress, Stage, Step, failed, judge};
use crate::domain::call::{CallState, Direction};
use crate::domain::id::CallId;
use crate::protocol::failure::FailureCode;
use crate::texts::{self, diagnosis, end};

/// Why something went wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// What happened: a sentence.
    pub what: String,
    /// What was most likely the matter: a sentence.
    pub cause: String,
    /// What to do next: a sentence.
    pub next: String,
    /// The same, to find a key for.
    pub advice: Advice,
    /// The step that failed, if one did.
    pub failed: Option<Stage>,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl Explanation {
    /// The time line, with `arrow` between the steps.
    pub fn time_line(&self, arrow: &str) -> String {
        texts::explanation::time_line(&self.steps, arrow)
    }
}

/// The requests that bring a leg; the last is the first of a call that another one went on as.
const OFFERS: [&str; 5] = ["call_start", "call_answer", "group_join", "call_pick_up", "call_rejoin"];

/// What was tried for less than this, µs, did not fail: the call was over before.
const PATIENT: u64 = 2_000_000;

/// Why a call went wrong; `None` where it did not, is not over, or is not known.
pub fn of_call(entries: &[Arc<Entry>], call: CallId) -> Option<Explanation> {
    let (facts, ended) = facts(entries, call)?;
    let judgement = judge(&facts)?;
    let who = &*ended.with;
    Some(Explanation {
        what: end::ending(ended.end, ended.direction, who).what,
        cause: texts::explanation::cause(judgement.cause, who),
        next: texts::explanation::advice(judgement.advice).to_owned(),
        advice: judgement.advice,
        failed: failed(&facts.steps),
        steps: facts.steps,
    })
}

/// The steps a call took, be it over or not.
pub fn steps_of(entries: &[Arc<Entry>], call: CallId) -> Vec<Step> {
    steps(entries, call, ended_at(entries, call).map_or(u64::MAX, |(at, _)| at), &Offer::of(entries, call))
}

/// Why the service can't be reached; `None` where it can.
pub fn of_link(entries: &[Arc<Entry>]) -> Option<Explanation> {
    let (down, why) = link_down(entries.iter());
    // A try that has just begun says nothing yet: the last one that came to an end does.
    let over = |entry: &Arc<Entry>| matches!(entry.what, What::Link(LinkStep::Down { .. } | LinkStep::Refused { .. }));
    let ended = entries.iter().rposition(over).filter(|_| down).map_or(entries.len(), |at| at + 1);
    let steps = link_steps(entries, ended);
    let facts = Facts { link_down: down, steps, ..Facts::default() };
    let judgement = judge(&facts).filter(|_| down || failed(&facts.steps).is_some())?;
    Some(Explanation {
        what: why.unwrap_or_default().to_owned(),
        cause: texts::explanation::cause(judgement.cause, ""),
        next: texts::explanation::advice(judgement.advice).to_owned(),
        advice: judgement.advice,
        failed: failed(&facts.steps),
        steps: facts.steps,
    })
}

fn facts(entries: &[Arc<Entry>], call: CallId) -> Option<(Facts, &Ended)> {
    let (ended_at, ended) = ended_at(entries, call)?;
    let offer = Offer::of(entries, call);
    let of_call = || entries.iter().rev().filter(|entry| entry.call == Some(call));
    let troubles = of_call().find_map(|entry| match &entry.what {
        What::Diagnoses(words) => Some(words.iter().filter_map(|words| named(words)).collect()),
        _ => None,
    });
    let sound_cut = of_call().find_map(|entry| match &entry.what {
        What::State { sound, .. } => Some(*sound == Sound::Lost),
        What::Leg { step: LegStep::Lost | LegStep::Failed(_), .. } => Some(true),
        What::Leg { step: LegStep::Back | LegStep::DtlsConnected, .. } => Some(false),
        _ => None,
    });
    let facts = Facts {
        outgoing: ended.direction == Direction::Outgoing,
        end: Some(ended.end),
        connected: ended.connected_ms.is_some(),
        steps: steps(entries, call, ended_at, &offer),
        link_down: link_down(entries.iter().filter(|entry| entry.at_us <= ended_at)).0,
        nobody_listens: nobody_listens(entries.iter().filter(|entry| entry.at_us <= ended_at)),
        sound_cut: sound_cut.unwrap_or(false) && ended.connected_ms.is_some(),
        refused: offer.refused,
        troubles: troubles.unwrap_or_default(),
    };
    Some((facts, ended))
}

/// When and how the call ended.
fn ended_at(entries: &[Arc<Entry>], call: CallId) -> Option<(u64, &Ended)> {
    entries.iter().rev().filter(|entry| entry.call == Some(call)).find_map(|entry| match &entry.what {
        What::Ended(ended) => Some((entry.at_us, &**ended)),
        _ => None,
    })
}

fn named(words: &str) -> Option<Diagnosis> {
    Diagnosis::ALL.into_iter().find(|one| diagnosis::short(*one) == words)
}

/// Whether the connection is down after these entries, and why.
fn link_down<'a>(entries: impl DoubleEndedIterator<Item = &'a Arc<Entry>>) -> (bool, Option<&'a str>) {
    let last = entries.rev().find_map(|entry| match &entry.what {
        What::Link(LinkStep::Down { why, .. } | LinkStep::Refused { why }) => Some((true, Some(&**why))),
        What::Link(LinkStep::Done { stage: Stage::SignIn, .. }) => Some((false, None)),
        _ => None,
    });
    last.unwrap_or_default()
}

/// Whether the last try to reach the service found its machine, and nobody who listens there.
fn nobody_listens<'a>(entries: impl DoubleEndedIterator<Item = &'a Arc<Entry>>) -> bool {
    let last = entries.rev().find_map(|entry| match &entry.what {
        What::Link(LinkStep::Failed { nobody_listens, .. }) => Some(*nobody_listens),
        What::Link(LinkStep::Done { stage: Stage::Tcp, .. }) => Some(false),
        _ => None,
    });
    last.unwrap_or(false)
}

/// The offer of the first leg of a call, and what came of it; µs.
#[derive(Debug, Default)]
struct Offer {
    sent: Option<u64>,
    answered: Option<u64>,
    refused: Option<FailureCode>,
    refused_at: Option<u64>,
}

impl Offer {
    fn of(entries: &[Arc<Entry>], call: CallId) -> Self {
        let frames = || entries.iter().filter_map(|entry| frame(entry).map(|frame| (entry, frame)));
        let asks =
            |frame: &Frame| frame.way == Way::Out && frame.kind == Kind::Request && OFFERS.contains(&&*frame.name);
        // What is joined or picked up has its call only in the answer.
        let answer_of = |frame: &Frame| {
            frames().find(|(_, answer)| {
                answer.way == Way::In && answer.id == frame.id && matches!(answer.kind, Kind::Response | Kind::Failure)
            })
        };
        let asked = frames().filter(|(_, frame)| asks(frame)).find(|(entry, frame)| {
            entry.call.or_else(|| answer_of(frame).and_then(|(answer, _)| answer.call)) == Some(call)
        });
        let Some((entry, asked)) = asked else { return Self::default() };
        let mut offer = Self { sent: Some(entry.at_us), ..Self::default() };
        match answer_of(asked) {
            Some((answer, frame)) if frame.kind == Kind::Response => offer.answered = Some(answer.at_us),
            Some((answer, frame)) => {
                offer.refused = serde_json::from_value(serde_json::Value::String(frame.name.to_string())).ok();
                offer.refused_at = Some(answer.at_us);
            }
            None => {}
        }
        offer
    }
}

fn frame(entry: &Entry) -> Option<&Frame> {
    match &entry.what {
        What::Frame(frame) => Some(frame),
        _ => None,
    }
}

/// The steps from the name of the service to the first packet of a call.
fn steps(entries: &[Arc<Entry>], call: CallId, ended: u64, offer: &Offer) -> Vec<Step> {
    let begins = entries.iter().position(|entry| entry.call == Some(call)).unwrap_or(entries.len());
    let mut steps = link_steps(entries, begins);
    steps.push(of_offer(offer, ended));
    let leg = Leg::of(entries, call);
    let mut from = offer.answered.or(leg.started);
    for (stage, reached) in [(Stage::Ice, leg.ice), (Stage::Dtls, leg.dtls), (Stage::FirstPacket, leg.first_in)] {
        if stage == Stage::FirstPacket {
            // Before it is answered there may be nothing to hear.
            from = from.and_then(|dtls| Some(dtls.max(leg.connected?)));
        }
        steps.push(step(stage, from, reached, leg.failed, ended));
        from = reached;
    }
    let failed = steps.iter().position(|step| step.progress == Progress::Failed);
    for step in steps.iter_mut().skip(failed.map_or(usize::MAX, |at| at.saturating_add(1))) {
        (step.progress, step.took) = (Progress::NotReached, None);
    }
    steps
}

fn of_offer(offer: &Offer, ended: u64) -> Step {
    let stage = Stage::Offer;
    let took = |to: Option<u64>| offer.sent.zip(to).map(|(from, to)| between(from, to));
    match (offer.sent, offer.answered, offer.refused_at) {
        (None, ..) => Step { stage, progress: Progress::NotReached, took: None },
        (_, Some(at), _) => Step { stage, progress: Progress::Done, took: took(Some(at)) },
        (_, None, Some(at)) => Step { stage, progress: Progress::Failed, took: took(Some(at)) },
        (from, None, None) => step(stage, from, None, None, ended),
    }
}

/// A step begun at `from` and reached at `reached`, or given up when the leg failed or the call ended.
fn step(stage: Stage, from: Option<u64>, reached: Option<u64>, failed: Option<u64>, ended: u64) -> Step {
    let Some(begun) = from else { return Step { stage, progress: Progress::NotReached, took: None } };
    if let Some(at) = reached {
        return Step { stage, progress: Progress::Done, took: Some(between(begun, at)) };
    }
    let given_up = failed.unwrap_or(ended).min(ended);
    let tried = given_up.saturating_sub(begun);
    if ended == u64::MAX || (failed.is_none() && tried < PATIENT) {
        return Step { stage, progress: Progress::NotReached, took: None };
    }
    Step { stage, progress: Progress::Failed, took: Some(Duration::from_micros(tried)) }
}

fn between(from: u64, to: u64) -> Duration {
    Duration::from_micros(to.saturating_sub(from))
}

/// When the first leg of a call did what, µs; and when the call was connected.
#[derive(Debug, Default)]
struct Leg {
    started: Option<u64>,
    ice: Option<u64>,
    dtls: Option<u64>,
    first_in: Option<u64>,
    failed: Option<u64>,
    connected: Option<u64>,
}

impl Leg {
    fn of(entries: &[Arc<Entry>], call: CallId) -> Self {
        let mut times = Self::default();
        let mut first = None;
        for entry in entries.iter().filter(|entry| entry.call == Some(call)) {
            let at = entry.at_us;
            match &entry.what {
                What::State { state: CallState::Connected, .. } => {
                    times.connected.get_or_insert(at);
                }
                What::Leg { leg, step } if *first.get_or_insert(*leg) == *leg => {
                    let time = match step {
                        LegStep::Started => &mut times.started,
                        LegStep::IceConnected => &mut times.ice,
                        LegStep::DtlsConnected => &mut times.dtls,
                        LegStep::FirstIn => &mut times.first_in,
                        LegStep::Failed(_) => &mut times.failed,
                        LegStep::IceChecking
                        | LegStep::OverUdp
                        | LegStep::OverTcp
                        | LegStep::FirstOut
                        | LegStep::Lost
                        | LegStep::Back => continue,
                    };
                    time.get_or_insert(at);
                }
                _ => {}
            }
        }
        // Keys are agreed on over a way that was found; the order of the two may not be told.
        times.ice = times.ice.or(times.dtls);
        times
    }
}

/// The steps of the connection that was there before the entry at `before`, or of the last try.
fn link_steps(entries: &[Arc<Entry>], before: usize) -> Vec<Step> {
    let began = entries[..before].iter().rposition(|entry| entry.what == What::Link(LinkStep::Began));
    let tried = began.map_or(&[][..], |began| &entries[began + 1..before]);
    let through_tls = tried.iter().any(|entry| {
        matches!(
            &entry.what,
            What::Link(LinkStep::Done { stage: Stage::Tls, .. } | LinkStep::Failed { stage: Stage::Tls, .. })
        )
    });
    let mut steps: Vec<Step> = Stage::ALL[..Stage::OF_LINK]
        .iter()
        .filter(|stage| **stage != Stage::Tls || through_tls)
        .map(|stage| Step { stage: *stage, progress: Progress::NotReached, took: None })
        .collect();
    let mut lost = false;
    for entry in tried {
        match &entry.what {
            What::Link(LinkStep::Done { stage, took_us }) => {
                set(&mut steps, *stage, Progress::Done, Some(Duration::from_micros(*took_us)));
            }
            What::Link(LinkStep::Failed { stage, .. }) => set(&mut steps, *stage, Progress::Failed, None),
            What::Link(LinkStep::Down { .. } | LinkStep::Refused { .. }) => lost = true,
            _ => {}
        }
    }
    // One that took too long did not say so itself: it is the one after the last that was taken.
    let undone = steps.iter().position(|step| step.progress != Progress::Done);
    if let Some(undone) = undone.filter(|at| lost && *at > 0) {
        steps[undone].progress = Progress::Failed;
    }
    steps
}

fn set(steps: &mut [Step], stage: Stage, progress: Progress, took: Option<Duration>) {
    if let Some(step) = steps.iter_mut().find(|step| step.stage == stage) {
        (step.progress, step.took) = (progress, took);
    }
}

//! Why a call failed, or ended badly: facts in, the likely cause and what to do next out.
//!
//! It judges what is known once a call is over (or the service could not be reached); it knows no entries and no words.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::diagnosis::Diagnosis;
use crate::domain::end_reason::EndReason;
use crate::protocol::failure::FailureCode;

/// A step on the way from a name to sound, in the order of the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The service's name becomes addresses.
    Dns,
    /// A TCP connection to it.
    Tcp,
    /// TLS on it (RFC 8446), where the service is reached so.
    Tls,
    /// The WebSocket on it (RFC 6455).
    WebSocket,
    /// The hello, and the service's welcome.
    SignIn,
    /// The offer of a leg (RFC 3264), and the service's answer to it.
    Offer,
    /// A way for datagrams is found (ICE, RFC 8445).
    Ice,
    /// Keys for the sound are agreed on (DTLS, RFC 6347).
    Dtls,
    /// The first packet of sound arrives.
    FirstPacket,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Dns,
        Self::Tcp,
        Self::Tls,
        Self::WebSocket,
        Self::SignIn,
        Self::Offer,
        Self::Ice,
        Self::Dtls,
        Self::FirstPacket,
    ];

    /// How many of them, from the first on, make the connection to the service.
    pub const OF_LINK: usize = 5;
}

/// How far a step came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// It was taken.
    Done,
    /// It was begun, and came to nothing.
    Failed,
    /// It was not begun.
    NotReached,
}

/// A step, and how it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub stage: Stage,
    /// How far it came.
    pub progress: Progress,
    /// How long it took, or was tried.
    pub took: Option<Duration>,
}

/// What is known of a call that is over, or of a connection that did not come about.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// Whether this phone called, or joined.
    pub outgoing: bool,
    /// How the call ended; `None` where there was none.
    pub end: Option<EndReason>,
    /// Whether it was ever connected.
    pub connected: bool,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Whether the connection to the service was down when it ended.
    pub link_down: bool,
    /// Whether the machine of the service could be reached meanwhile, and said that nobody listens there.
    pub nobody_listens: bool,
    /// Whether sound was flowing, and then cut, when it ended.
    pub sound_cut: bool,
    /// Why the service refused it, if it did.
    pub refused: Option<FailureCode>,
    /// What was wrong with its sound at the end, the gravest first.
    pub troubles: Vec<Diagnosis>,
}

/// What was most likely the matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The service's name has no address.
    AddressUnknown,
    /// Nobody listens there, or a firewall is between.
    NobodyListens,
    /// Its certificate does not count here, or TLS was not agreed on.
    NotTrusted,
    /// Something listens there that is no service of this kind.
    NotAService,
    /// The sign-in is not taken any more.
    SignInRefused,
    /// The connection to the service was lost.
    LinkLost,
    /// The other side chose not to answer.
    TheyDeclined,
    /// The other side talks to somebody else.
    TheyAreBusy,
    /// The other side does not want to be disturbed.
    DoNotDisturb,
    /// No phone of the other side is connected.
    TheyAreOffline,
    /// The other side was rung, and did not take it.
    NoAnswer,
    /// There is nobody there.
    NobodyThere,
    /// This user may not do that.
    NotAllowed,
    /// The service could not use the offer.
    OfferRefused,
    /// The service refused or failed for a reason of its own.
    ServiceFault,
    /// Datagrams do not get through to the service.
    UdpBlocked,
    /// Datagrams get through, but no keys were agreed on.
    HandshakeFailed,
    /// This side was ready; the other's sound never came up.
    TheirSoundFailed,
    /// Everything was set up, and no sound came.
    NothingArrived,
    /// The sound was cut while the connection to the service held.
    SoundCut,
    /// Sound and service were lost together.
    NetworkGone,
    /// The service stopped, or forgot the call.
    ServiceGone,
    /// The other side was lost.
    TheyVanished,
    /// The call came about, and something was wrong with its sound at the end.
    Trouble(Diagnosis),
    /// None that can be named.
    Unknown,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Call again.
    CallAgain,
    /// Try again later.
    TryLater,
    /// Look at the address of the service.
    CheckAddress,
    /// Start the service, or let its port through.
    StartService,
    /// Sign in again.
    SignInAgain,
    /// Look at the name.
    CheckName,
    /// Let UDP through, and try the way of the sound.
    LetUdpThrough,
    /// Look at the network.
    CheckNetwork,
    /// Look at the sound devices.
    CheckSound,
    /// Ask who runs the service.
    AskOperator,
}

/// A judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement {
    /// What was most likely the matter.
    pub cause: Cause,
    /// What to do next.
    pub advice: Advice,
}

/// Judges what is known; `None` where nothing went wrong.
pub fn judge(facts: &Facts) -> Option<Judgement> {
    let cause = match facts.end {
        None => of_connecting(facts)?,
        Some(end) => of_end(facts, end)?,
    };
    Some(Judgement { cause, advice: advice(cause) })
}

/// The first step that was not taken though those before it were.
pub fn failed(steps: &[Step]) -> Option<Stage> {
    steps.iter().find(|step| step.progress == Progress::Failed).map(|step| step.stage)
}

fn of_connecting(facts: &Facts) -> Option<Cause> {
    match failed(&facts.steps) {
        Some(Stage::Dns) => Some(Cause::AddressUnknown),
        Some(Stage::Tcp) => Some(Cause::NobodyListens),
        Some(Stage::Tls) => Some(Cause::NotTrusted),
        Some(Stage::WebSocket) => Some(Cause::NotAService),
        Some(Stage::SignIn) => Some(Cause::SignInRefused),
        Some(Stage::Offer | Stage::Ice | Stage::Dtls | Stage::FirstPacket) | None => {
            facts.link_down.then_some(Cause::LinkLost)
        }
    }
}

fn of_end(facts: &Facts, end: EndReason) -> Option<Cause> {
    let taken = |stage| facts.steps.iter().any(|step| step.stage == stage && step.progress == Progress::Done);
    Some(match end {
        // What this side chose itself is no failure.
        EndReason::ANSWERED_ELSEWHERE | EndReason::CANCELLED => return None,
        EndReason::DECLINED | EndReason::RING_TIMEOUT if !facts.outgoing => return None,
        // Whoever it was handed on to did not take it: nothing broke, and the sentence of its end says all there is.
        EndReason::DECLINED
        | EndReason::RING_TIMEOUT
        | EndReason::BUSY
        | EndReason::DO_NOT_DISTURB
        | EndReason::OFFLINE
            if facts.connected =>
        {
            return of_normal(facts);
        }
        EndReason::DECLINED => Cause::TheyDeclined,
        EndReason::RING_TIMEOUT => Cause::NoAnswer,
        EndReason::DO_NOT_DISTURB => Cause::DoNotDisturb,
        EndReason::OFFLINE => Cause::TheyAreOffline,
        EndReason::VANISHED => Cause::TheyVanished,
        EndReason::SETUP_TIMEOUT if taken(Stage::Dtls) => Cause::TheirSoundFailed,
        EndReason::SETUP_TIMEOUT | EndReason::NO_MEDIA_PATH => of_sound(facts),
        EndReason::MEDIA_LOST if facts.link_down => of_both(facts),
        EndReason::MEDIA_LOST if taken(Stage::Dtls) => Cause::SoundCut,
        EndReason::MEDIA_LOST => of_sound(facts),
        EndReason::SERVICE_LOST if facts.link_down && facts.sound_cut => of_both(facts),
        EndReason::SERVICE_LOST => Cause::ServiceGone,
        end if end.is_normal() => return of_normal(facts),
        EndReason { code: 486 | 600, .. } => Cause::TheyAreBusy,
        EndReason { code: 603, .. } => Cause::TheyDeclined,
        EndReason { code: 480 | 487, .. } => Cause::NoAnswer,
        EndReason { code: 401, .. } => Cause::SignInRefused,
        EndReason { code: 403, .. } => Cause::NotAllowed,
        EndReason { code: 404, .. } => Cause::NobodyThere,
        EndReason { code: 500..600, .. } => Cause::ServiceFault,
        _ => Cause::Unknown,
    })
}

/// Why sound and service were lost together: a machine that says that nobody listens can be reached.
fn of_both(facts: &Facts) -> Cause {
    if facts.nobody_listens { Cause::ServiceGone } else { Cause::NetworkGone }
}

/// Why there was no sound to begin with.
fn of_sound(facts: &Facts) -> Cause {
    match failed(&facts.steps) {
        Some(Stage::Offer) if facts.refused == Some(FailureCode::MediaRefused) => Cause::OfferRefused,
        Some(Stage::Offer) => Cause::ServiceFault,
        Some(Stage::Ice) => Cause::UdpBlocked,
        Some(Stage::Dtls) => Cause::HandshakeFailed,
        Some(Stage::FirstPacket) => Cause::NothingArrived,
        Some(Stage::Dns | Stage::Tcp | Stage::Tls | Stage::WebSocket | Stage::SignIn) => Cause::LinkLost,
        None if facts.refused == Some(FailureCode::MediaRefused) => Cause::OfferRefused,
        None => Cause::Unknown,
    }
}

/// A call that ended as calls do, and may have been a bad one all the same.
fn of_normal(facts: &Facts) -> Option<Cause> {
    if !facts.connected {
        return None;
    }
    if let Some(stage) = failed(&facts.steps).filter(|stage| *stage >= Stage::Ice) {
        return Some(match stage {
            Stage::Ice => Cause::UdpBlocked,
            Stage::Dtls => Cause::HandshakeFailed,
            _ => Cause::NothingArrived,
        });
    }
    if facts.sound_cut {
        return Some(if facts.link_down { of_both(facts) } else { Cause::SoundCut });
    }
    facts.troubles.iter().copied().find(|trouble| spoils(*trouble)).map(Cause::Trouble)
}

/// Whether a call with that at its end was a bad one.
fn spoils(trouble: Diagnosis) -> bool {
    match trouble {
        Diagnosis::DeviceGone(_)
        | Diagnosis::MicrophoneSilent { .. }
        | Diagnosis::NetworkPoor
        | Diagnosis::TheyHearBadly => true,
        Diagnosis::SpeakingWhileMuted | Diagnosis::EchoSuspected | Diagnosis::SharedCard => false,
    }
}

fn advice(cause: Cause) -> Advice {
    match cause {
        Cause::AddressUnknown | Cause::NotAService => Advice::CheckAddress,
        Cause::NobodyListens | Cause::ServiceGone => Advice::StartService,
        Cause::SignInRefused => Advice::SignInAgain,
        Cause::NobodyThere => Advice::CheckName,
        Cause::LinkLost | Cause::NetworkGone | Cause::SoundCut => Advice::CheckNetwork,
        Cause::TheyDeclined | Cause::TheyAreBusy | Cause::DoNotDisturb | Cause::TheyAreOffline | Cause::NoAnswer => {
            Advice::TryLater
        }
        Cause::UdpBlocked | Cause::HandshakeFailed => Advice::LetUdpThrough,
        Cause::TheirSoundFailed | Cause::NothingArrived | Cause::TheyVanished | Cause::Unknown => Advice::CallAgain,
        Cause::NotTrusted | Cause::NotAllowed | Cause::OfferRefused | Cause::ServiceFault => Advice::AskOperator,
        Cause::Trouble(Diagnosis::NetworkPoor | Diagnosis::TheyHearBadly) => Advice::CheckNetwork,
        Cause::Trouble(_) => Advice::CheckSound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::diagnosis::AudioDevice;

    /// The steps up to `failed`, which failed; all of them were taken where none is given.
    fn steps(failed: Option<Stage>) -> Vec<Step> {
        let progress = |stage: Stage| match failed {
            Some(at) if stage == at => Progress::Failed,
            Some(at) if stage > at => Progress::NotReached,
            _ => Progress::Done,
        };
        Stage::ALL.map(|stage| Step { stage, progress: progress(stage), took: None }).to_vec()
    }

    fn call(end: EndReason, at: Option<Stage>) -> Facts {
        Facts { outgoing: true, end: Some(end), steps: steps(at), ..Facts::default() }
    }

    #[track_caller]
    fn check(facts: &Facts, cause: Option<Cause>) {
        assert_eq!(judge(facts).map(|judgement| judgement.cause), cause, "{facts:?}");
    }

    #[test]
    fn what_kept_the_service_from_being_reached_follows_from_the_step_that_failed() {
        for (stage, cause) in [
            (Stage::Dns, Cause::AddressUnknown),
            (Stage::Tcp, Cause::NobodyListens),
            (Stage::Tls, Cause::NotTrusted),
            (Stage::WebSocket, Cause::NotAService),
            (Stage::SignIn, Cause::SignInRefused),
        ] {
            check(&Facts { steps: steps(Some(stage)), ..Facts::default() }, Some(cause));
        }
        check(&Facts { steps: steps(None), link_down: true, ..Facts::default() }, Some(Cause::LinkLost));
        check(&Facts { steps: steps(None), ..Facts::default() }, None);
    }

    #[test]
    fn how_a_call_ended_and_the_step_that_failed_make_the_cause() {
        for (end, at, cause) in [
            (EndReason::DECLINED, None, Cause::TheyDeclined),
            (EndReason::BUSY, None, Cause::TheyAreBusy),
            (EndReason::DO_NOT_DISTURB, None, Cause::DoNotDisturb),
            (EndReason::OFFLINE, None, Cause::TheyAreOffline),
            (EndReason::RING_TIMEOUT, None, Cause::NoAnswer),
            (EndReason::SETUP_TIMEOUT, None, Cause::TheirSoundFailed),
            (EndReason::SETUP_TIMEOUT, Some(Stage::Ice), Cause::UdpBlocked),
            (EndReason::NO_MEDIA_PATH, Some(Stage::Ice), Cause::UdpBlocked),
            (EndReason::NO_MEDIA_PATH, Some(Stage::Dtls), Cause::HandshakeFailed),
            (EndReason::NO_MEDIA_PATH, Some(Stage::Offer), Cause::ServiceFault),
            (EndReason::MEDIA_LOST, None, Cause::SoundCut),
            (EndReason::MEDIA_LOST, Some(Stage::Ice), Cause::UdpBlocked),
            (EndReason::SERVICE_LOST, None, Cause::ServiceGone),
            (EndReason::VANISHED, None, Cause::TheyVanished),
            (EndReason { code: 404, sub_code: 0 }, None, Cause::NobodyThere),
            (EndReason { code: 403, sub_code: 0 }, None, Cause::NotAllowed),
            (EndReason { code: 503, sub_code: 7 }, None, Cause::ServiceFault),
            (EndReason { code: 999, sub_code: 1 }, None, Cause::Unknown),
        ] {
            check(&call(end, at), Some(cause));
        }
    }

    #[test]
    fn lost_together_with_the_service_it_is_the_network() {
        let lost = |end| Facts { link_down: true, sound_cut: true, connected: true, ..call(end, None) };
        check(&lost(EndReason::MEDIA_LOST), Some(Cause::NetworkGone));
        check(&lost(EndReason::SERVICE_LOST), Some(Cause::NetworkGone));
        for end in [EndReason::MEDIA_LOST, EndReason::SERVICE_LOST, EndReason::HUNG_UP] {
            check(&Facts { nobody_listens: true, ..lost(end) }, Some(Cause::ServiceGone));
        }
    }

    #[test]
    fn an_offer_that_was_refused_is_told_from_a_fault_of_the_service() {
        let refused =
            Facts { refused: Some(FailureCode::MediaRefused), ..call(EndReason::NO_MEDIA_PATH, Some(Stage::Offer)) };
        check(&refused, Some(Cause::OfferRefused));
    }

    #[test]
    fn what_somebody_chose_and_what_went_well_needs_no_explanation() {
        for end in [EndReason::CANCELLED, EndReason::ANSWERED_ELSEWHERE] {
            check(&call(end, Some(Stage::Ice)), None);
        }
        check(&Facts { outgoing: false, ..call(EndReason::DECLINED, None) }, None);
        for end in [EndReason::DECLINED, EndReason::RING_TIMEOUT, EndReason::OFFLINE] {
            check(&Facts { connected: true, ..call(end, None) }, None);
        }
        for end in [EndReason::HUNG_UP, EndReason::TRANSFERRED, EndReason::PARKED, EndReason::MERGED] {
            check(&Facts { connected: true, ..call(end, None) }, None);
            check(&call(end, Some(Stage::Ice)), None);
        }
    }

    #[test]
    fn a_call_that_ended_normally_may_have_been_bad() {
        let talked = |at| Facts { connected: true, ..call(EndReason::HUNG_UP, at) };
        check(&talked(Some(Stage::FirstPacket)), Some(Cause::NothingArrived));
        check(&talked(Some(Stage::Ice)), Some(Cause::UdpBlocked));
        check(&Facts { sound_cut: true, ..talked(None) }, Some(Cause::SoundCut));
        let gone = Diagnosis::DeviceGone(AudioDevice::Microphone);
        check(&Facts { troubles: vec![Diagnosis::EchoSuspected, gone], ..talked(None) }, Some(Cause::Trouble(gone)));
        check(&Facts { troubles: vec![Diagnosis::SharedCard], ..talked(None) }, None);
    }

    #[test]
    fn every_reason_this_program_gives_has_a_cause_that_can_be_named() {
        for end in EndReason::ALL {
            let judged = judge(&Facts { connected: true, ..call(*end, Some(Stage::Ice)) });
            assert_ne!(judged.map(|judgement| judgement.cause), Some(Cause::Unknown), "{end:?}");
        }
    }
}

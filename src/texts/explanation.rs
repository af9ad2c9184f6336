//! Why a call failed, in words: the likely cause, what to do next, and the time line of the steps.

use std::time::Duration;

use super::diagnosis;
use crate::control::explanation::{Advice, Cause, Progress, Stage, Step};

/// The likely cause; `who` is the other side.
pub fn cause(cause: Cause, who: &str) -> String {
    match cause {
        Cause::AddressUnknown => {
            "The service's name has no address: it is mistyped, or the name server is not reached."
        }
        Cause::NobodyListens => {
            "Nothing answers at the service's address: it does not run, or a firewall is in between."
        }
        Cause::NotTrusted => {
            "The service's certificate does not count on this machine, or what answers there does not speak TLS."
        }
        Cause::NotAService => "Something answers at that address, but it is no Switchboard service.",
        Cause::SignInRefused => "The service does not take this sign-in any more.",
        Cause::LinkLost => "The connection to the service was lost, or not made.",
        Cause::TheyDeclined => return format!("{who} chose not to answer."),
        Cause::TheyAreBusy => return format!("{who} talks to somebody else."),
        Cause::DoNotDisturb => return format!("{who} has asked not to be disturbed."),
        Cause::TheyAreOffline => return format!("No phone of {who} is connected to the service."),
        Cause::NoAnswer => return format!("It rang for {who}, and nobody took it."),
        Cause::NobodyThere => "The service knows nobody by that name.",
        Cause::NotAllowed => "This account may not do that.",
        Cause::OfferRefused => "The service could not use what this phone offered for the sound: versions may not fit.",
        Cause::ServiceFault => "The service refused or failed for a reason of its own.",
        Cause::UdpBlocked => {
            "The service answered, but no datagram came back from its media port: a firewall or VPN blocks UDP."
        }
        Cause::HandshakeFailed => {
            "Datagrams pass, but the keys for the sound were not agreed on: something changes or drops large ones."
        }
        Cause::TheirSoundFailed => return format!("This phone was ready; the sound of {who} never came up."),
        Cause::NothingArrived => {
            return format!("Everything was set up, and no sound came: {who} sent none, or it was lost on the way.");
        }
        Cause::SoundCut => {
            "Datagrams stopped while the connection to the service held: a firewall or VPN cut them, or the address \
             changed."
        }
        Cause::NetworkGone => "Sound and service were lost at the same time: this machine's network was gone.",
        Cause::ServiceGone => "The service stopped, or was started anew, and has forgotten the call.",
        Cause::TheyVanished => return format!("The phone of {who} lost its network, or stopped."),
        Cause::Trouble(trouble) => return format!("At its end the sound was bad: {}.", diagnosis::short(trouble)),
        Cause::Unknown => "There is no sign of one in what this phone has seen.",
    }
    .to_owned()
}

/// What to do next.
pub fn advice(advice: Advice) -> &'static str {
    match advice {
        Advice::CallAgain => "Call again.",
        Advice::TryLater => "Try again later.",
        Advice::CheckAddress => "Check the address of the service: --server, or the setting phone.server.",
        Advice::StartService => "Start the service, or let its port through, then call again.",
        Advice::SignInAgain => "Sign in again: `switchboard sign-in`.",
        Advice::CheckName => "Check the name.",
        Advice::LetUdpThrough => "Let UDP through to the service's media port, then run `switchboard doctor`.",
        Advice::CheckNetwork => "Check this machine's network, then call again.",
        Advice::CheckSound => "Check the sound devices: `switchboard doctor --sound`.",
        Advice::AskOperator => "Ask who runs the service; its log says more.",
    }
}

/// A step, in a word or two.
pub fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Dns => "DNS",
        Stage::Tcp => "TCP",
        Stage::Tls => "TLS",
        Stage::WebSocket => "WebSocket",
        Stage::SignIn => "sign-in",
        Stage::Offer => "offer",
        Stage::Ice => "ICE",
        Stage::Dtls => "DTLS",
        Stage::FirstPacket => "first packet",
    }
}

/// The time line: `DNS 2 ms -> TCP 1 ms -> ICE FAILED after 5.0 s`; steps that were not reached are left out. `arrow`
/// stands between them.
pub fn time_line(steps: &[Step], arrow: &str) -> String {
    let told = steps.iter().filter_map(|step| {
        let name = stage(step.stage);
        match (step.progress, step.took) {
            (Progress::Done, Some(took)) => Some(format!("{name} {}", short(took))),
            (Progress::Done, None) => Some(name.to_owned()),
            (Progress::Failed, Some(took)) => Some(format!("{name} FAILED after {}", short(took))),
            (Progress::Failed, None) => Some(format!("{name} FAILED")),
            (Progress::NotReached, _) => None,
        }
    });
    told.collect::<Vec<_>>().join(&format!(" {arrow} "))
}

/// How long, as short as it can be told: `0.4 ms`, `12 ms`, `1.5 s`, `20 s`.
pub fn short(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    match ms {
        ..10.0 => format!("{ms:.1} ms"),
        ..1000.0 => format!("{ms:.0} ms"),
        ..10_000.0 => format!("{:.1} s", ms / 1e3),
        _ => format!("{:.0} s", ms / 1e3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::diagnosis::Diagnosis;

    const CAUSES: [Cause; 25] = [
        Cause::AddressUnknown,
        Cause::NobodyListens,
        Cause::NotTrusted,
        Cause::NotAService,
        Cause::SignInRefused,
        Cause::LinkLost,
        Cause::TheyDeclined,
        Cause::TheyAreBusy,
        Cause::DoNotDisturb,
        Cause::TheyAreOffline,
        Cause::NoAnswer,
        Cause::NobodyThere,
        Cause::NotAllowed,
        Cause::OfferRefused,
        Cause::ServiceFault,
        Cause::UdpBlocked,
        Cause::HandshakeFailed,
        Cause::TheirSoundFailed,
        Cause::NothingArrived,
        Cause::SoundCut,
        Cause::NetworkGone,
        Cause::ServiceGone,
        Cause::TheyVanished,
        Cause::Trouble(Diagnosis::NetworkPoor),
        Cause::Unknown,
    ];

    #[test]
    fn every_cause_is_a_sentence_of_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for one in CAUSES {
            let sentence = cause(one, "Bob");
            assert!(sentence.ends_with('.') && sentence.is_ascii(), "{sentence}");
            assert!(seen.insert(sentence), "{one:?} shares a sentence");
        }
    }

    #[test]
    fn the_time_line_marks_the_step_that_failed_and_leaves_out_what_was_not_reached() {
        let step = |stage, progress, ms| Step { stage, progress, took: Some(Duration::from_millis(ms)) };
        let steps = [
            step(Stage::Dns, Progress::Done, 2),
            step(Stage::SignIn, Progress::Done, 12),
            step(Stage::Ice, Progress::Failed, 5000),
            step(Stage::Dtls, Progress::NotReached, 0),
        ];
        assert_eq!(time_line(&steps, "->"), "DNS 2.0 ms -> sign-in 12 ms -> ICE FAILED after 5.0 s");
    }
}

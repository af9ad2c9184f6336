//! What a script waits for: `wait-for incoming from bob within 30s`.

use std::fmt;
use std::time::Duration;

use super::parse::{Known, Slip, Word, first_of, no_more, quoted, slip, time, unknown};
use super::words;
use crate::domain::park::ParkSlot;
use crate::domain::text::printable;

/// How long something may take that does not say.
pub const WITHIN: Duration = Duration::from_secs(30);

/// Something that is to happen, and how long it may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitFor {
    /// What.
    pub until: Until,
    /// In which time.
    pub within: Duration,
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until {
    /// A call rings here; from this person, where one is named.
    Incoming {
        /// A user name, a displayed name or an identity.
        from: Option<String>,
    },
    /// The call made from here rings at the other side, or was answered already.
    Ringing,
    /// The active call is connected, and held by nobody.
    Connected,
    /// A call is over, or stopped ringing here.
    Ended,
    /// The active call is held, by whichever side.
    Held,
    /// A call is parked: in this slot, where one is named.
    Parked {
        /// The slot.
        slot: Option<ParkSlot>,
    },
    /// These tones arrived, one after another.
    Dtmf(String),
    /// Something was heard for so long, all in all.
    Sound(Duration),
    /// Nothing was heard for so long.
    Silence(Duration),
    /// The phone told an event of this name.
    Event(&'static str),
}

/// The words there are.
const WORDS: &[&str] =
    &["incoming", "ringing", "connected", "ended", "held", "parked", "dtmf", "sound", "silence", "event"];

/// Reads what stands behind `wait-for`.
pub(super) fn read(first: &Word, rest: &[Word], known: Known) -> Result<WaitFor, Slip> {
    let (what, rest) = first_of(rest, first, "say for what, such as connected")?;
    let (rest, within) = match rest.iter().position(|word| !word.quoted && word.text == "within") {
        None => (rest, WITHIN),
        Some(at) => {
            let (word, more) = first_of(&rest[at + 1..], &rest[at], "say how long, such as 30s")?;
            no_more(more)?;
            (&rest[..at], time(word)?)
        }
    };
    let one = |hint: &str| {
        let (word, more) = first_of(rest, what, hint)?;
        no_more(more).map(|()| word)
    };
    let nothing = |until| no_more(rest).map(|()| until);
    let until = match what.text.as_str() {
        "incoming" => Until::Incoming { from: from(rest)? },
        "ringing" => nothing(Until::Ringing)?,
        "connected" => nothing(Until::Connected)?,
        "ended" => nothing(Until::Ended)?,
        "held" => nothing(Until::Held)?,
        "parked" => {
            no_more(rest.get(1..).unwrap_or_default())?;
            Until::Parked { slot: rest.first().map(words::slot).transpose()? }
        }
        "dtmf" => {
            let word = one("say which tones: 0-9, *, #, A-D")?;
            words::tones(word)?;
            Until::Dtmf(word.text.to_ascii_uppercase())
        }
        "sound" => Until::Sound(time(one("say how long, such as 300ms")?)?),
        "silence" => Until::Silence(time(one("say how long, such as 2s")?)?),
        "event" => {
            let word = one("say which, such as participant")?;
            let event = known.events.iter().find(|event| **event == word.text);
            Until::Event(
                event
                    .ok_or_else(|| slip(word.column, unknown(&word.text, "no event", known.events.iter().copied())))?,
            )
        }
        other => {
            return Err(slip(what.column, unknown(other, "nothing that can be waited for", WORDS.iter().copied())));
        }
    };
    Ok(WaitFor { until, within })
}

fn from(rest: &[Word]) -> Result<Option<String>, Slip> {
    let Some((word, more)) = rest.split_first() else { return Ok(None) };
    if word.text != "from" {
        return Err(slip(word.column, format!("say `from {}`", quoted(&printable(&word.text, 40)))));
    }
    let (who, more) = first_of(more, word, "say whom, or leave `from` out")?;
    no_more(more)?;
    Ok(Some(who.text.clone()))
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incoming { from: None } => write!(f, "incoming"),
            Self::Incoming { from: Some(from) } => write!(f, "incoming from {}", quoted(from)),
            Self::Ringing => write!(f, "ringing"),
            Self::Connected => write!(f, "connected"),
            Self::Ended => write!(f, "ended"),
            Self::Held => write!(f, "held"),
            Self::Parked { slot: None } => write!(f, "parked"),
            Self::Parked { slot: Some(slot) } => write!(f, "parked {slot}"),
            Self::Dtmf(tones) => write!(f, "dtmf {tones}"),
            Self::Sound(time) => write!(f, "sound {}", Short(*time)),
            Self::Silence(time) => write!(f, "silence {}", Short(*time)),
            Self::Event(event) => write!(f, "event {event}"),
        }
    }
}

impl fmt::Display for WaitFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wait-for {}", self.until)?;
        if self.within == WITHIN { Ok(()) } else { write!(f, " within {}", Short(self.within)) }
    }
}

/// A time as it is typed.
pub(super) struct Short(pub(super) Duration);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_millis() {
            millis if millis % 1000 == 0 => write!(f, "{}s", millis / 1000),
            millis => write!(f, "{millis}ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Step;
    use super::super::parse;
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let known = Known { events: &["dtmf"], expectation: |_| Ok(()) };
        for until in [
            Until::Incoming { from: None },
            Until::Incoming { from: Some("Bob Smith".to_owned()) },
            Until::Incoming { from: Some("within".to_owned()) },
            Until::Ringing,
            Until::Connected,
            Until::Ended,
            Until::Held,
            Until::Parked { slot: None },
            Until::Parked { slot: ParkSlot::try_from(7).ok() },
            Until::Dtmf("1#".to_owned()),
            Until::Sound(Duration::from_millis(300)),
            Until::Silence(Duration::from_secs(2)),
            Until::Event("dtmf"),
        ] {
            for within in [WITHIN, Duration::from_millis(1500)] {
                let wait = WaitFor { until: until.clone(), within };
                let read = parse::line(1, &wait.to_string(), known).unwrap().unwrap();
                assert_eq!(read.step, Step::WaitFor(wait.clone()), "{wait}");
            }
        }
    }
}

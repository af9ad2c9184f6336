//! The words of orders, both ways: those of `switchboard ctl` and of the screen's palette.

use super::parse::{Slip, Word, first_of, no_more, quoted, slip, unknown};
use crate::domain::dtmf::Tone;
use crate::domain::forwarding::{ForwardWhen, NotATime, PickUpBy};
use crate::domain::park::ParkSlot;
use crate::domain::presence::PresenceChoice;
use crate::outside::line::Asked;
use crate::outside::order::Order;

/// The verbs, in the order in which they are shown.
const VERBS: &[&str] = &[
    "answer",
    "decline",
    "hangup",
    "mute",
    "unmute",
    "hold",
    "resume",
    "swap",
    "transfer",
    "consult",
    "complete",
    "merge",
    "park",
    "pick-up",
    "call",
    "dial",
    "join",
    "dtmf",
    "forward",
    "except",
    "let-pick-up",
    "add-friend",
    "accept-friend",
    "decline-friend",
    "withdraw-friend",
    "block",
    "unblock",
    "presence",
    "online",
    "away",
    "dnd",
];

/// The words for the cases in which calls are forwarded.
const WHEN: [(&str, ForwardWhen); 4] = [
    ("always", ForwardWhen::Always),
    ("busy", ForwardWhen::Busy),
    ("no-answer", ForwardWhen::NoAnswer),
    ("dnd", ForwardWhen::DoNotDisturb),
];

/// The words for who may pick up what rings here.
const PICKERS: [(&str, PickUpBy); 3] =
    [("nobody", PickUpBy::Nobody), ("friends", PickUpBy::Friends), ("everybody", PickUpBy::Everybody)];

/// The flag that says which call an order is about.
const WHICH: &str = "--call";

/// The flag before the seconds calls ring until they are forwarded.
const AFTER: &str = "--after";

/// The flag that takes an exception away.
const REMOVE: &str = "--remove";

/// The word for nobody, and for never.
const OFF: &str = "off";

pub(super) fn verbs() -> impl Iterator<Item = &'static str> {
    VERBS.iter().copied()
}

pub(super) fn is_verb(word: &str) -> bool {
    VERBS.contains(&word)
}

/// Reads an order: its verb, and what stands behind it.
pub(super) fn read(verb: &Word, rest: &[Word]) -> Result<Asked, Slip> {
    let (call, rest) = which(verb, rest)?;
    let behind = |what: &str| first_of(&rest, verb, what);
    let one = |what: &str| {
        let (word, more) = behind(what)?;
        no_more(more)?;
        Ok(word.clone())
    };
    let somebody = || one("say whom: a friend's name, a user name or an identity").map(|word| word.text);
    let nothing = |order| no_more(&rest).map(|()| order);
    let order = match verb.text.as_str() {
        "answer" => nothing(Order::Answer)?,
        "decline" => nothing(Order::Decline)?,
        "hangup" => nothing(Order::Hangup)?,
        "mute" => Order::Mute { on: on_off(&rest)? },
        "unmute" => nothing(Order::Mute { on: Some(false) })?,
        "hold" => Order::Hold { on: on_off(&rest)? },
        "resume" => nothing(Order::Hold { on: Some(false) })?,
        "swap" => nothing(Order::Swap)?,
        "transfer" => Order::Transfer { to: somebody()? },
        "consult" => Order::Consult { to: somebody()? },
        "complete" => nothing(Order::Complete)?,
        "merge" => nothing(Order::Merge)?,
        "park" => Order::Park { slot: optional(&rest)?.map(slot).transpose()? },
        "pick-up" => pick_up(&one("say which slot, 1 to 20, or at whom it rings")?)?,
        "forward" => forward(behind("say when, and to whom: always, busy, no-answer, dnd, or off")?)?,
        "except" => {
            let (word, more) = behind("say whom: a friend's name, a user name or an identity")?;
            let on = !is_flag(more.first(), REMOVE) && on_off(more)?.unwrap_or(true);
            no_more(more.get(1..).unwrap_or_default())?;
            Order::Except { who: word.text.clone(), on }
        }
        "let-pick-up" => {
            let word = one("say whom: nobody, friends or everybody")?;
            Order::LetPickUp { by: one_of(&word, "nobody who could pick up", &PICKERS)? }
        }
        "add-friend" => Order::AddFriend { who: somebody()? },
        "accept-friend" => Order::AcceptFriend { who: somebody()? },
        "decline-friend" => Order::DeclineFriend { who: somebody()? },
        "withdraw-friend" => Order::WithdrawFriend { who: somebody()? },
        "block" => Order::Block { who: somebody()? },
        "unblock" => Order::Unblock { who: somebody()? },
        "call" | "dial" => Order::Call { to: somebody()? },
        "join" => Order::Join { place: one("say where: a group's name, ID, code or link")?.text },
        "dtmf" => {
            let word = one("say which tones: 0-9, *, #, A-D")?;
            tones(&word)?;
            Order::Dtmf { tones: word.text }
        }
        "presence" => Order::Presence { presence: presence(&one("say which: online, away or dnd")?)? },
        "online" | "away" | "dnd" => nothing(Order::Presence { presence: presence(verb)? })?,
        other => return Err(slip(verb.column, unknown(other, "no command", verbs()))),
    };
    Ok(Asked::new(order, call))
}

/// A slot, or at whom it rings.
fn pick_up(word: &Word) -> Result<Order, Slip> {
    if word.text.chars().all(|c| c.is_ascii_digit()) {
        return Ok(Order::PickUp { slot: Some(slot(word)?), at: None });
    }
    Ok(Order::PickUp { slot: None, at: Some(word.text.clone()) })
}

/// A case and a name, with the seconds calls ring before that; `off` in the place of either.
fn forward((when, rest): (&Word, &[Word])) -> Result<Order, Slip> {
    if when.text == OFF {
        no_more(rest)?;
        return Ok(Order::Forward { when: None, to: None, after: None });
    }
    let case = one_of(when, "no case to forward in", &WHEN)?;
    let (name, rest) = first_of(rest, when, "say to whom, or off")?;
    let to = (name.quoted || name.text != OFF).then(|| name.text.clone());
    let rest = if is_flag(rest.first(), AFTER) {
        first_of(&rest[1..], &rest[0], "say how long, such as 20s").map(|_| &rest[1..])?
    } else {
        rest
    };
    let after = match optional(rest)? {
        None => None,
        Some(word) => Some(word.text.parse().map_err(|why: NotATime| slip(word.column, why.to_string()))?),
    };
    Ok(Order::Forward { when: Some(case), to, after })
}

/// What one of these words stands for.
fn one_of<T: Copy>(word: &Word, what: &str, known: &[(&'static str, T)]) -> Result<T, Slip> {
    let meant = known.iter().find(|(known, _)| *known == word.text).map(|(_, meant)| *meant);
    meant.ok_or_else(|| slip(word.column, unknown(&word.text, what, known.iter().map(|(known, _)| *known))))
}

/// The word for one of these.
fn word_for<T: PartialEq>(meant: &T, known: &[(&'static str, T)]) -> &'static str {
    known.iter().find(|(_, known)| known == meant).map_or("", |(word, _)| word)
}

fn is_flag(word: Option<&Word>, flag: &str) -> bool {
    word.is_some_and(|word| !word.quoted && word.text == flag)
}

/// Takes the flag that says which call out of the words.
fn which(verb: &Word, rest: &[Word]) -> Result<(Option<String>, Vec<Word>), Slip> {
    let flags: &[&str] = match verb.text.as_str() {
        "forward" => &[WHICH, AFTER],
        "except" => &[WHICH, REMOVE],
        _ => &[WHICH],
    };
    let mut words = rest.to_vec();
    let is_other = |word: &&Word| !word.quoted && word.text.starts_with("--") && !flags.contains(&word.text.as_str());
    if let Some(flag) = words.iter().find(is_other) {
        return Err(slip(flag.column, unknown(&flag.text, "no flag", flags.iter().copied())));
    }
    let Some(at) = words.iter().position(|word| is_flag(Some(word), WHICH)) else {
        return Ok((None, words));
    };
    let flag = words.remove(at);
    if at == words.len() {
        first_of(&[], &flag, "say which: its number, or its ID")?;
    }
    Ok((Some(words.remove(at).text), words))
}

fn optional(rest: &[Word]) -> Result<Option<&Word>, Slip> {
    no_more(rest.get(1..).unwrap_or_default())?;
    Ok(rest.first())
}

fn on_off(rest: &[Word]) -> Result<Option<bool>, Slip> {
    match optional(rest)? {
        None => Ok(None),
        Some(word) => match word.text.as_str() {
            "on" => Ok(Some(true)),
            "off" => Ok(Some(false)),
            _ => Err(slip(word.column, "say on or off, or nothing for the other way round")),
        },
    }
}

pub(super) fn slot(word: &Word) -> Result<ParkSlot, Slip> {
    word.text.parse().map_err(|why: crate::domain::park::NotASlot| slip(word.column, why.to_string()))
}

pub(super) fn tones(word: &Word) -> Result<(), Slip> {
    if word.text.is_empty() {
        return Err(slip(word.column, "say which tones: 0-9, *, #, A-D"));
    }
    let wrong = (word.column..).zip(word.text.chars()).find_map(|(at, key)| Some((at, Tone::try_from(key).err()?)));
    wrong.map_or(Ok(()), |(at, why)| Err(slip(at, why.to_string())))
}

fn presence(word: &Word) -> Result<PresenceChoice, Slip> {
    const CHOICES: [(&str, PresenceChoice); 3] =
        [("online", PresenceChoice::Online), ("away", PresenceChoice::Away), ("dnd", PresenceChoice::DoNotDisturb)];
    one_of(word, "no presence", &CHOICES)
}

/// The words for an order; none for what no script asks for.
pub fn of(asked: &Asked) -> Option<String> {
    let on_off = |verb: &str, on: Option<bool>| match on {
        None => verb.to_owned(),
        Some(true) => format!("{verb} on"),
        Some(false) => format!("{verb} off"),
    };
    let words = match &asked.order {
        Order::Status { .. } | Order::Open { .. } | Order::Evidence | Order::FriendRequests | Order::Blocked => {
            return None;
        }
        Order::PickUp { slot: None, at: None } => return None,
        Order::Answer => "answer".to_owned(),
        Order::Decline => "decline".to_owned(),
        Order::Hangup => "hangup".to_owned(),
        Order::Mute { on } => on_off("mute", *on),
        Order::Hold { on } => on_off("hold", *on),
        Order::Swap => "swap".to_owned(),
        Order::Transfer { to } => format!("transfer {}", quoted(to)),
        Order::Consult { to } => format!("consult {}", quoted(to)),
        Order::Complete => "complete".to_owned(),
        Order::Merge => "merge".to_owned(),
        Order::Park { slot: None } => "park".to_owned(),
        Order::Park { slot: Some(slot) } => format!("park {slot}"),
        Order::PickUp { slot: Some(slot), .. } => format!("pick-up {slot}"),
        Order::PickUp { slot: None, at: Some(at) } => format!("pick-up {}", quoted(at)),
        Order::Forward { when: None, .. } => "forward off".to_owned(),
        Order::Forward { when: Some(when), to, after } => {
            let to = to.as_deref().map_or_else(|| OFF.to_owned(), quoted);
            let after = after.map(|after| format!(" {AFTER} {}s", after.seconds())).unwrap_or_default();
            format!("forward {} {to}{after}", word_for(when, &WHEN))
        }
        Order::Except { who, on: true } => format!("except {}", quoted(who)),
        Order::Except { who, on: false } => format!("except {} {REMOVE}", quoted(who)),
        Order::LetPickUp { by } => format!("let-pick-up {}", word_for(by, &PICKERS)),
        Order::AddFriend { who } => format!("add-friend {}", quoted(who)),
        Order::AcceptFriend { who } => format!("accept-friend {}", quoted(who)),
        Order::DeclineFriend { who } => format!("decline-friend {}", quoted(who)),
        Order::WithdrawFriend { who } => format!("withdraw-friend {}", quoted(who)),
        Order::Block { who } => format!("block {}", quoted(who)),
        Order::Unblock { who } => format!("unblock {}", quoted(who)),
        Order::Call { to } => format!("call {}", quoted(to)),
        Order::Join { place } => format!("join {}", quoted(place)),
        Order::Dtmf { tones } => format!("dtmf {}", tones.replace(' ', "")),
        Order::Presence { presence: PresenceChoice::Online } => "presence online".to_owned(),
        Order::Presence { presence: PresenceChoice::Away } => "presence away".to_owned(),
        Order::Presence { presence: PresenceChoice::DoNotDisturb } => "presence dnd".to_owned(),
    };
    let words = match &asked.call {
        None => words,
        Some(call) => format!("{words} {WHICH} {}", quoted(call)),
    };
    // What was typed elsewhere must not become lines of its own.
    (!words.contains(char::is_control)).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::super::Step;
    use super::super::parse::{self, Known};
    use super::*;

    #[test]
    fn words_of_an_order_are_read_as_that_order() {
        let known = Known { events: &[], expectation: |_| Ok(()) };
        let slot = ParkSlot::try_from(7).unwrap();
        let to = || "Bob \"B\" Smith".to_owned();
        for order in [
            Order::Answer,
            Order::Decline,
            Order::Hangup,
            Order::Mute { on: None },
            Order::Mute { on: Some(true) },
            Order::Hold { on: Some(false) },
            Order::Swap,
            Order::Transfer { to: to() },
            Order::Consult { to: to() },
            Order::Complete,
            Order::Merge,
            Order::Park { slot: None },
            Order::Park { slot: Some(slot) },
            Order::PickUp { slot: Some(slot), at: None },
            Order::PickUp { slot: None, at: Some(to()) },
            Order::PickUp { slot: None, at: Some("7up".to_owned()) },
            Order::Forward { when: None, to: None, after: None },
            Order::Forward { when: Some(ForwardWhen::Always), to: None, after: None },
            Order::Forward { when: Some(ForwardWhen::NoAnswer), to: Some(to()), after: 15.try_into().ok() },
            Order::Forward { when: Some(ForwardWhen::Busy), to: Some(OFF.to_owned()), after: None },
            Order::Except { who: to(), on: true },
            Order::Except { who: to(), on: false },
            Order::LetPickUp { by: PickUpBy::Everybody },
            Order::AddFriend { who: "bob".to_owned() },
            Order::AcceptFriend { who: "Bob B".to_owned() },
            Order::DeclineFriend { who: "bob".to_owned() },
            Order::WithdrawFriend { who: "bob".to_owned() },
            Order::Block { who: "eve".to_owned() },
            Order::Unblock { who: "eve".to_owned() },
            Order::Call { to: "8:acs:1_2".to_owned() },
            Order::Call { to: "--call".to_owned() },
            Order::Join { place: "Ops bridge".to_owned() },
            Order::Dtmf { tones: "12#".to_owned() },
            Order::Presence { presence: PresenceChoice::DoNotDisturb },
        ] {
            for call in [None, Some("2".to_owned())] {
                let asked = Asked::new(order.clone(), call);
                let words = of(&asked).unwrap();
                let read = parse::line(1, &words, known).unwrap().unwrap();
                assert_eq!(read.step, Step::Order(asked), "{words}");
            }
        }
        assert_eq!(of(&Asked::new(Order::Status { follow: false }, None)), None);
        assert_eq!(of(&Asked::new(Order::Call { to: "bob\nhangup".to_owned() }, None)), None, "two lines are not one");
    }

    #[test]
    fn rules_are_read_with_the_flags_of_ctl_and_with_the_words_of_the_palette() {
        let known = Known { events: &[], expectation: |_| Ok(()) };
        let read = |text: &str| parse::line(1, text, known).map(|line| line.unwrap().step);
        let order = |order| Step::Order(Asked::new(order, None));
        let after = |after: u16| Order::Forward {
            when: Some(ForwardWhen::NoAnswer),
            to: Some("bob".to_owned()),
            after: after.try_into().ok(),
        };
        let gone = Order::Except { who: "bob".to_owned(), on: false };
        for (text, meant) in [
            ("forward no-answer bob --after 15s", after(15)),
            ("forward no-answer bob 15s", after(15)),
            ("except bob --remove", gone.clone()),
            ("except bob off", gone),
        ] {
            assert_eq!(read(text).unwrap(), order(meant), "{text}");
        }
        for text in [
            "forward no-answer bob --after",
            "forward no-answer bob --after 15s 20s",
            "forward no-answer bob --remove",
            "except bob --remove off",
            "transfer --after",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_palette_has_words_of_its_own_for_some() {
        let read = |text: &str| {
            let known = Known { events: &[], expectation: |_| Ok(()) };
            match parse::line(1, text, known).unwrap().unwrap().step {
                Step::Order(asked) => asked.order,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(read("unmute"), Order::Mute { on: Some(false) });
        assert_eq!(read("resume"), Order::Hold { on: Some(false) });
        assert_eq!(read("dial bob"), Order::Call { to: "bob".to_owned() });
        assert_eq!(read("away"), Order::Presence { presence: PresenceChoice::Away });
    }
}

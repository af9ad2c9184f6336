//! What the phone was told to do, in the words of the palette, as it is remembered. Notes, and tones, which may be
//! somebody's number, are left out.

use super::export::call_name;
use crate::domain::forwarding::{ForwardWhen, PickUpBy};
use crate::domain::id::CallId;
use crate::media::processing::Noise;
use crate::phone::command::{Command, TransferTo};
use crate::texts::{sound, state};

pub(super) fn in_words(command: &Command) -> String {
    let name = |call: &CallId| call_name(*call);
    match command {
        Command::Call { to, ring_for: None } => format!("call {to}"),
        Command::Call { to, ring_for: Some(time) } => format!("call {to}, ringing for {} s", time.as_secs()),
        Command::Consult { call, to } => format!("consult {to} about {}", name(call)),
        Command::Activate(call) => format!("go to {}", name(call)),
        Command::Transfer { call, to: TransferTo::Person(to) } => format!("transfer {} to {to}", name(call)),
        Command::Transfer { call, to: TransferTo::Call(to) } => {
            format!("transfer {} to the other side of {}", name(call), name(to))
        }
        Command::Merge { call, with } => format!("merge {} with {}", name(call), name(with)),
        Command::Park { call, slot: None } => format!("park {}", name(call)),
        Command::Park { call, slot: Some(slot) } => format!("park {} in slot {slot}", name(call)),
        Command::PickUp(slot) => format!("pick up slot {slot}"),
        Command::PickUpRinging(at) => format!("pick up what rings at {at}"),
        Command::Forward { when, to, after } => forward(*when, to.as_deref(), after.map(|after| after.seconds())),
        Command::Except { who, on: true } => format!("let {who} ring in spite of do not disturb"),
        Command::Except { who, on: false } => format!("let {who} ring no more in spite of do not disturb"),
        Command::LetPickUp(PickUpBy::Nobody) => "let nobody pick up".to_owned(),
        Command::LetPickUp(PickUpBy::Friends) => "let friends pick up".to_owned(),
        Command::LetPickUp(PickUpBy::Everybody) => "let everybody pick up".to_owned(),
        Command::Favour { identity, favourite: Some(number) } => {
            format!("favourite {}: {identity}", u8::from(*number))
        }
        Command::Favour { identity, favourite: None } => format!("no favourite: {identity}"),
        Command::Join { place, existing: false, .. } => format!("join {place}"),
        Command::Join { place, existing: true, .. } => format!("join {place}, if somebody is there"),
        Command::StartGroup { name: Some(name) } => format!("start group {name}"),
        Command::StartGroup { name: None } => "start group".to_owned(),
        Command::Invite { call, who } => format!("invite {who} into {}", name(call)),
        Command::EndForAll(call) => format!("end {} for all", name(call)),
        Command::Answer(call) => format!("answer {}", name(call)),
        Command::Decline(call) => format!("decline {}", name(call)),
        Command::HangUp(call) => format!("hang up {}", name(call)),
        Command::Hold { call, on: true } => format!("hold {}", name(call)),
        Command::Hold { call, on: false } => format!("resume {}", name(call)),
        Command::Mute { call, on: true } => format!("mute {}", name(call)),
        Command::Mute { call, on: false } => format!("unmute {}", name(call)),
        Command::Dtmf { call, .. } => format!("send a tone into {}", name(call)),
        Command::SetPresence(choice) => format!("presence {}", state::choice(*choice)),
        Command::AddFriend(who) => format!("add friend {who}"),
        Command::AcceptFriend(who) => format!("accept the friend request of {who}"),
        Command::DeclineFriend(who) => format!("decline the friend request of {who}"),
        Command::WithdrawFriend(who) => format!("withdraw the friend request to {who}"),
        Command::Block(who) => format!("block {who}"),
        Command::Unblock(who) => format!("unblock {who}"),
        Command::SetDisplayName(name) => format!("display name {}", name.as_str()),
        Command::RemoveFriend(identity) => format!("remove friend {identity}"),
        Command::SearchPeople(text) => format!("search {text}"),
        Command::LoadGroups => "groups".to_owned(),
        Command::CreateGroup(name) => format!("create group {name}"),
        Command::ShowGroup(place) => format!("show group {place}"),
        Command::ShareGroup { group, with } => format!("share {group} with {}", with.join(", ")),
        Command::RemoveGroup(group) => format!("remove group {group}"),
        Command::LoadHistory | Command::SearchHistory(_) => "history".to_owned(),
        Command::NoteCall { call, note: Some(_) } => format!("write the note of {}", name(call)),
        Command::NoteCall { call, note: None } => format!("take the note of {} away", name(call)),
        Command::SeeMissed => "missed calls are seen".to_owned(),
        Command::ListDevices => "devices".to_owned(),
        Command::UseMicrophone(source) => format!("microphone {source}"),
        Command::UseSpeaker(sink) => format!("speaker {sink}"),
        Command::UseRinger(Some(sink)) => format!("ringer {sink}"),
        Command::UseRinger(None) => "ringer as the speaker".to_owned(),
        Command::UseProfile(profile) => format!("profile {}", profile.as_str()),
        Command::Process(wishes) => {
            let wish = |on: Option<bool>| match on {
                Some(true) => "on",
                Some(false) => "off",
                None => "as the profile",
            };
            let noise = wishes.noise.map_or("as the profile", Noise::as_str);
            let (echo, gain) = (wish(wishes.echo), wish(wishes.gain));
            format!("echo {echo}, noise {noise}, gain {gain}")
        }
        Command::SetVolume { device, db } => format!("volume of the {} {db} dB", sound::device(*device)),
        Command::Quit => "quit".to_owned(),
    }
}

fn forward(when: ForwardWhen, to: Option<&str>, after: Option<u16>) -> String {
    let when = match when {
        ForwardWhen::Always => "always",
        ForwardWhen::Busy => "when busy",
        ForwardWhen::NoAnswer => "when nobody answers",
        ForwardWhen::DoNotDisturb => "on do not disturb",
    };
    let after = after.map(|seconds| format!(" after {seconds} s")).unwrap_or_default();
    format!("forward {when} to {}{after}", to.unwrap_or("nobody"))
}

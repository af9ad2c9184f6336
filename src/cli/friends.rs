//! `switchboard friends`.

use std::str::FromStr;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::account;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::headless::{self, Session};
use super::json::rfc3339;
use super::output::Output;
use super::settings::Settings;
use crate::domain::person::{Favourite, Friend, NotAFavourite, Person};
use crate::domain::presence::PresenceState;
use crate::phone::command::Command;
use crate::phone::event::{Event, Refused};
use crate::texts::{favourites, state};

/// The friend list.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  switchboard friends                  the list, with who is there
  switchboard friends search smi       look for people
  switchboard friends add bob
  switchboard friends favourite bob    bob gets the first free number, and a key
  switchboard friends favourite bob off")]
pub struct FriendsArgs {
    /// What to do; the list when absent.
    #[command(subcommand)]
    pub command: Option<FriendsCommand>,
}

/// What can be done with the friend list.
#[derive(Debug, Clone, Subcommand)]
pub enum FriendsCommand {
    /// Print it, with everybody's presence
    List,
    /// Put somebody on it
    Add {
        /// A user name or an identity
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Take somebody off it
    Remove {
        /// A friend's name, a user name, or an identity
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Make a friend a favourite, with a number and a key of its own, or none any more
    Favourite {
        /// A friend's name, a user name, or an identity
        #[arg(value_name = "NAME")]
        who: String,
        /// The number, 1 to 9; `off` takes it away; the first free one when absent
        #[arg(value_name = "N|off")]
        number: Option<Number>,
    },
    /// Look for people by part of a name
    Search {
        /// Part of a name; a whole identity finds exactly that person
        #[arg(value_name = "TEXT")]
        text: String,
    },
}

/// The number of a favourite, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// This one.
    Of(Favourite),
    /// No favourite any more.
    Off,
}

impl FromStr for Number {
    type Err = NotAFavourite;

    fn from_str(text: &str) -> Result<Self, NotAFavourite> {
        if text == "off" { Ok(Self::Off) } else { text.parse().map(Self::Of) }
    }
}

/// A friend, or somebody found, as a line.
#[derive(Serialize)]
struct PersonLine<'a> {
    v: u8,
    name: &'a str,
    display_name: &'a str,
    identity: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence: Option<PresenceState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    favourite: Option<Favourite>,
}

/// Does it.
///
/// # Errors
/// When nobody is signed in, the service can't be reached, or it refuses.
pub async fn run(
    arguments: &FriendsArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let command = arguments.command.as_ref().unwrap_or(&FriendsCommand::List);
    let acting = account::acting(globals, settings, false, false).await?;
    headless::without_sound(acting, settings, output, async |session| carry_out(command, session).await).await
}

async fn carry_out(command: &FriendsCommand, session: &mut Session<'_>) -> Result<(), Failure> {
    let friends = session.ready().await?;
    match command {
        FriendsCommand::List if friends.is_empty() => {
            session.output().progress("the friend list is empty: `switchboard friends add NAME` puts somebody on it");
            Ok(())
        }
        FriendsCommand::List => friends.iter().try_for_each(|friend| print_friend(friend, session.output())),
        FriendsCommand::Add { who } => {
            session.tell(Command::AddFriend(who.clone())).await;
            let friends = session.answer(friends_or_refusal).await?;
            session.output().progress(&format!("the friend list has {} entries now", friends.len()));
            Ok(())
        }
        FriendsCommand::Remove { who } => remove(who, &friends, session).await,
        FriendsCommand::Favourite { who, number } => favour(who, *number, &friends, session).await,
        FriendsCommand::Search { text } => {
            session.tell(Command::SearchPeople(text.clone())).await;
            let people = session.answer(people_or_refusal).await?;
            people.iter().try_for_each(|person| print_person(person, None, session.output()))
        }
    }
}

/// The friend of a name.
fn meant<'a>(who: &str, friends: &'a [Friend]) -> Result<&'a Friend, Failure> {
    let is_meant = |friend: &&Friend| {
        let person = &friend.person;
        person.name.as_str().eq_ignore_ascii_case(who)
            || person.identity.as_str() == who
            || person.display_name.as_str().eq_ignore_ascii_case(who)
    };
    let meant: Vec<&Friend> = friends.iter().filter(is_meant).collect();
    let [friend] = meant.as_slice() else {
        let exit = if meant.is_empty() { Exit::NobodyThere } else { Exit::Usage };
        let why = if meant.is_empty() {
            format!("{who} is not on the friend list; `switchboard friends` shows it")
        } else {
            format!("several friends are called {who}: use a user name")
        };
        return Err(Failure::new(exit, why));
    };
    Ok(friend)
}

async fn favour(
    who: &str,
    number: Option<Number>,
    friends: &[Friend],
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let friend = meant(who, friends)?;
    let favourite = match number {
        Some(Number::Of(number)) => Some(number),
        Some(Number::Off) => None,
        None if friend.favourite.is_some() => friend.favourite,
        None => Some(free_number(friends).ok_or_else(|| Failure::new(Exit::Failed, favourites::ALL_GIVEN))?),
    };
    let name = friend.person.display_name.as_str();
    if friend.favourite != favourite {
        let identity = friend.person.identity.clone();
        session.tell(Command::Favour { identity: identity.clone(), favourite }).await;
        let is_so = |friends: &[Friend]| {
            friends.iter().any(|friend| friend.person.identity == identity && friend.favourite == favourite)
        };
        let told = |event: &Event| friends_or_refusal(event).filter(|told| !matches!(told, Ok(now) if !is_so(now)));
        session.answer(told).await?;
    }
    session.output().progress(&favourites::became(name, favourite));
    Ok(())
}

/// The first number nobody has.
fn free_number(friends: &[Friend]) -> Option<Favourite> {
    Favourite::all().find(|number| friends.iter().all(|friend| friend.favourite != Some(*number)))
}

async fn remove(who: &str, friends: &[Friend], session: &mut Session<'_>) -> Result<(), Failure> {
    let friend = meant(who, friends)?;
    session.tell(Command::RemoveFriend(friend.person.identity.clone())).await;
    let friends = session.answer(friends_or_refusal).await?;
    session.output().progress(&format!("the friend list has {} entries now", friends.len()));
    Ok(())
}

fn friends_or_refusal(event: &Event) -> Option<Result<Vec<Friend>, Refused>> {
    match event {
        Event::Friends(friends) => Some(Ok(friends.clone())),
        Event::Refused(refused) => Some(Err(refused.clone())),
        _ => None,
    }
}

fn people_or_refusal(event: &Event) -> Option<Result<Vec<Person>, Refused>> {
    match event {
        Event::People { people, .. } => Some(Ok(people.clone())),
        Event::Refused(refused) => Some(Err(refused.clone())),
        _ => None,
    }
}

fn print_friend(friend: &Friend, output: &mut Output) -> Result<(), Failure> {
    print_person(&friend.person, Some(friend), output)
}

fn print_person(person: &Person, friend: Option<&Friend>, output: &mut Output) -> Result<(), Failure> {
    let presence = friend.map(|friend| friend.presence);
    if output.json() {
        let line = PersonLine {
            v: 1,
            name: person.name.as_str(),
            display_name: person.display_name.as_str(),
            identity: person.identity.as_str(),
            presence: presence.map(|presence| presence.state),
            last_seen: presence.and_then(|presence| presence.last_seen).map(rfc3339),
            favourite: friend.and_then(|friend| friend.favourite),
        };
        return Ok(output.json_line(&line)?);
    }
    let state = presence.map_or("", |presence| state::presence(presence.state));
    let number = friend.and_then(|friend| friend.favourite).map(|number| format!("  favourite {number}"));
    let state = format!("{state}{}", number.unwrap_or_default());
    Ok(output
        .result(format!("{:<16}  {:<20}  {state}", person.name.as_str(), person.display_name.as_str()).trim_end())?)
}

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
use crate::domain::call::Direction;
use crate::domain::organisation::Organisation;
use crate::domain::person::{Favourite, Friend, FriendRequest, NotAFavourite, Person};
use crate::domain::presence::PresenceState;
use crate::phone::command::Command;
use crate::phone::event::Event;
use crate::phone::whom::{Meant, meant};
use crate::texts::{contacts, favourites, organisation, state};

/// The friend list.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  switchboard friends                  the list, with who is there
  switchboard friends search smi       look for people
  switchboard friends add bob
  switchboard friends requests         who asks to be a friend, and whom you asked
  switchboard friends accept carol
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
    /// Put somebody on it; where the service says so, they are asked first
    Add {
        /// A user name or an identity
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Print the open friend requests: who asks, and whom you asked
    Requests,
    /// Accept a friend request
    Accept {
        /// Who asks: a name, a user name, or an identity
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Decline a friend request; who asked is not told
    Decline {
        /// Who asks: a name, a user name, or an identity
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Withdraw a friend request of yours
    Withdraw {
        /// Whom you asked: a name, a user name, or an identity
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
    /// The organisation of somebody external.
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<&'a str>,
}

/// A friend request, as a line.
#[derive(Serialize)]
struct RequestLine<'a> {
    v: u8,
    name: &'a str,
    display_name: &'a str,
    identity: &'a str,
    direction: Direction,
    since: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<&'a str>,
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
    let me = session.me().cloned();
    match command {
        FriendsCommand::List if friends.is_empty() => {
            session.output().progress("the friend list is empty: `switchboard friends add NAME` puts somebody on it");
            Ok(())
        }
        FriendsCommand::List => {
            friends.iter().try_for_each(|friend| print_friend(friend, me.as_ref(), session.output()))
        }
        FriendsCommand::Add { who } => {
            session.have_done(Command::AddFriend(who.clone()), "add friend").await?;
            let asked = session.requests().iter().filter(|request| request.direction == Direction::Outgoing);
            let told = match meant(who, asked.map(|request| &request.person)) {
                Meant::One(person) => contacts::was_asked(person.display_name.as_str()),
                Meant::Several(_) | Meant::Nobody => contacts::has_now("friend list", session.friends().len()),
            };
            session.output().progress(&told);
            Ok(())
        }
        FriendsCommand::Requests => {
            let requests = session.requests().to_vec();
            if requests.is_empty() {
                session.output().progress(contacts::NOBODY_ASKS);
            }
            requests.iter().try_for_each(|request| print_request(request, me.as_ref(), session.output()))
        }
        FriendsCommand::Accept { who } => {
            session.have_done(Command::AcceptFriend(who.clone()), "accept friend").await?;
            session.output().progress(&format!("{who} and you are friends now"));
            Ok(())
        }
        FriendsCommand::Decline { who } => {
            session.have_done(Command::DeclineFriend(who.clone()), "decline friend").await?;
            session.output().progress("declined; who asked is not told");
            Ok(())
        }
        FriendsCommand::Withdraw { who } => {
            session.have_done(Command::WithdrawFriend(who.clone()), "withdraw friend").await?;
            session.output().progress("withdrawn");
            Ok(())
        }
        FriendsCommand::Remove { who } => remove(who, &friends, session).await,
        FriendsCommand::Favourite { who, number } => favour(who, *number, &friends, session).await,
        FriendsCommand::Search { text } => {
            session.tell(Command::SearchPeople(text.clone())).await;
            let people = session.answer("search", people_found).await?;
            people.iter().try_for_each(|person| print_person(person, None, me.as_ref(), session.output()))
        }
    }
}

/// The friend of a name.
fn friend_called<'a>(who: &str, friends: &'a [Friend]) -> Result<&'a Friend, Failure> {
    let nobody = || {
        let why = format!("{who} is not on the friend list; `switchboard friends` shows it");
        Failure::new(Exit::NobodyThere, why)
    };
    let person = match meant(who, friends.iter().map(|friend| &friend.person)) {
        Meant::One(person) => person,
        Meant::Several(_) => {
            return Err(Failure::usage(format!("several friends are called {who}: use a user name")));
        }
        Meant::Nobody => return Err(nobody()),
    };
    friends.iter().find(|friend| friend.person.identity == person.identity).ok_or_else(nobody)
}

async fn favour(
    who: &str,
    number: Option<Number>,
    friends: &[Friend],
    session: &mut Session<'_>,
) -> Result<(), Failure> {
    let friend = friend_called(who, friends)?;
    let favourite = match number {
        Some(Number::Of(number)) => Some(number),
        Some(Number::Off) => None,
        None if friend.favourite.is_some() => friend.favourite,
        None => Some(free_number(friends).ok_or_else(|| Failure::new(Exit::Failed, favourites::ALL_GIVEN))?),
    };
    let name = friend.person.display_name.as_str();
    if friend.favourite != favourite {
        let identity = friend.person.identity.clone();
        session.have_done(Command::Favour { identity, favourite }, "favour").await?;
    }
    session.output().progress(&favourites::became(name, favourite));
    Ok(())
}

/// The first number nobody has.
fn free_number(friends: &[Friend]) -> Option<Favourite> {
    Favourite::all().find(|number| friends.iter().all(|friend| friend.favourite != Some(*number)))
}

async fn remove(who: &str, friends: &[Friend], session: &mut Session<'_>) -> Result<(), Failure> {
    let friend = friend_called(who, friends)?;
    session.have_done(Command::RemoveFriend(friend.person.identity.clone()), "remove friend").await?;
    let count = session.friends().len();
    session.output().progress(&contacts::has_now("friend list", count));
    Ok(())
}

pub(super) fn people_found(event: &Event) -> Option<Vec<Person>> {
    match event {
        Event::People { people, .. } => Some(people.clone()),
        _ => None,
    }
}

pub(super) fn print_request(request: &FriendRequest, me: Option<&Person>, output: &mut Output) -> Result<(), Failure> {
    let FriendRequest { person, direction, at } = request;
    if output.json() {
        let line = RequestLine {
            v: 1,
            name: person.name.as_str(),
            display_name: person.display_name.as_str(),
            identity: person.identity.as_str(),
            direction: *direction,
            since: rfc3339(*at),
            organisation: person.external_to(me).map(Organisation::as_str),
        };
        return Ok(output.json_line(&line)?);
    }
    let what = contacts::ROWS[usize::from(*direction == Direction::Outgoing)];
    let external = person.external_to(me).map(|of| format!("  {}", organisation::external(of))).unwrap_or_default();
    let (name, shown) = (person.name.as_str(), person.display_name.as_str());
    Ok(output.result(&format!("{name:<16}  {shown:<20}  {what}{external}"))?)
}

fn print_friend(friend: &Friend, me: Option<&Person>, output: &mut Output) -> Result<(), Failure> {
    print_person(&friend.person, Some(friend), me, output)
}

pub(super) fn print_person(
    person: &Person,
    friend: Option<&Friend>,
    me: Option<&Person>,
    output: &mut Output,
) -> Result<(), Failure> {
    let (presence, external) = (friend.map(|friend| friend.presence), person.external_to(me));
    if output.json() {
        let line = PersonLine {
            v: 1,
            name: person.name.as_str(),
            display_name: person.display_name.as_str(),
            identity: person.identity.as_str(),
            presence: presence.map(|presence| presence.state),
            last_seen: presence.and_then(|presence| presence.last_seen).map(rfc3339),
            favourite: friend.and_then(|friend| friend.favourite),
            organisation: external.map(Organisation::as_str),
        };
        return Ok(output.json_line(&line)?);
    }
    let state = presence.map_or("", |presence| state::presence(presence.state));
    let number = friend.and_then(|friend| friend.favourite).map(|number| format!("  favourite {number}"));
    let external = external.map(|of| format!("  {}", organisation::external(of)));
    let state = format!("{state}{}{}", number.unwrap_or_default(), external.unwrap_or_default());
    Ok(output
        .result(format!("{:<16}  {:<20}  {state}", person.name.as_str(), person.display_name.as_str()).trim_end())?)
}

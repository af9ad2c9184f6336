//! `switchboard groups`.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::account;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::headless::{self, Session};
use super::output::Output;
use super::plain;
use super::settings::Settings;
use crate::domain::group::{GroupCode, GroupKey, GroupName, GroupRow, MAX_HERE};
use crate::domain::id::{GroupId, Identity, UserName};
use crate::domain::person::Person;
use crate::domain::place::{LINK_PATH, Place};
use crate::phone::command::Command;
use crate::phone::event::{Event, GroupCard};

/// Groups: make, share and list them.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
PLACE is a group's ID, its code, its link, or the name of a group of your list.

Examples:
  switchboard groups                           your groups, and who is in them
  switchboard groups create \"Ops bridge\"       prints the ID; code and link on standard error
  switchboard groups share \"Ops bridge\" bob carol
  switchboard groups show k7mq-3tzf --json
  switchboard groups remove \"Ops bridge\"")]
pub struct GroupsArgs {
    /// What to do; the list when absent.
    #[command(subcommand)]
    pub command: Option<GroupsCommand>,
}

/// What can be done with groups.
#[derive(Debug, Clone, Subcommand)]
pub enum GroupsCommand {
    /// Print your list: the groups you made, joined, or had shared with you
    List,
    /// Make a group that the service keeps, and print its ID
    Create {
        /// How it is called, 1 to 64 characters
        #[arg(value_name = "NAME")]
        name: GroupName,
    },
    /// Share a group with friends: they are told at once
    Share {
        /// A group's ID, code, link or name
        #[arg(value_name = "PLACE")]
        place: Place,
        /// Friends' names, user names, or identities
        #[arg(value_name = "FRIEND", required = true)]
        with: Vec<String>,
    },
    /// Print a group: its ID, code and link, and who is in it
    Show {
        /// A group's ID, code, link or name
        #[arg(value_name = "PLACE")]
        place: Place,
    },
    /// Take a group off your list; one that you made is given up, with its code
    Remove {
        /// A group's ID, code, link or name
        #[arg(value_name = "PLACE")]
        place: Place,
    },
}

/// A group, as a line.
#[derive(Serialize)]
struct GroupLine<'a> {
    v: u8,
    id: GroupId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a GroupName>,
    code: &'a GroupCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    owner: &'a UserName,
    here: Vec<PersonHere<'a>>,
}

/// Somebody who is in a group, or whom it was shared with.
#[derive(Serialize)]
struct PersonHere<'a> {
    name: &'a UserName,
    display_name: &'a str,
    identity: &'a Identity,
}

/// With whom a group was shared, as a line.
#[derive(Serialize)]
struct SharedLine<'a> {
    v: u8,
    id: GroupId,
    with: Vec<PersonHere<'a>>,
}

impl<'a> From<&'a Person> for PersonHere<'a> {
    fn from(person: &'a Person) -> Self {
        Self { name: &person.name, display_name: person.display_name.as_str(), identity: &person.identity }
    }
}

/// Does it.
///
/// # Errors
/// When nobody is signed in, the service can't be reached, or it refuses.
pub async fn run(
    arguments: &GroupsArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let command = arguments.command.as_ref().unwrap_or(&GroupsCommand::List);
    let acting = match command.place() {
        Some(Place::Link { origin, fingerprint, .. }) => {
            account::acting_at(globals, settings, origin, *fingerprint, false).await?
        }
        Some(Place::Key(_) | Place::Name(_)) | None => account::acting(globals, settings, false, false).await?,
    };
    headless::without_sound(acting, settings, output, async |session| carry_out(command, session).await).await
}

impl GroupsCommand {
    fn place(&self) -> Option<&Place> {
        match self {
            Self::List | Self::Create { .. } => None,
            Self::Share { place, .. } | Self::Show { place } | Self::Remove { place } => Some(place),
        }
    }
}

async fn carry_out(command: &GroupsCommand, session: &mut Session<'_>) -> Result<(), Failure> {
    session.ready().await?;
    match command {
        GroupsCommand::List => list(session).await,
        GroupsCommand::Create { name } => create(name, session).await,
        GroupsCommand::Share { place, with } => share(place, with, session).await,
        GroupsCommand::Show { place } => {
            let (card, row) = find(place, session).await?;
            print_group(&card, &row, session.output())
        }
        GroupsCommand::Remove { place } => remove(place, session).await,
    }
}

async fn list(session: &mut Session<'_>) -> Result<(), Failure> {
    session.tell(Command::LoadGroups).await;
    let rows = session.answer("groups", listed).await?;
    if rows.is_empty() {
        session.output().progress("no groups yet: `switchboard groups create NAME` makes one");
    }
    rows.iter().try_for_each(|row| print_row(row, session.output()))
}

async fn create(name: &GroupName, session: &mut Session<'_>) -> Result<(), Failure> {
    session.tell(Command::CreateGroup(name.clone())).await;
    let (card, row) = session.answer("create group", told).await?;
    let output = session.output();
    if output.json() {
        return print_line(&row, Some(&card.link), output);
    }
    output.progress(&format!("{name}: join by the code {} or the link {}", card.group.code, card.link));
    plain::tell_reach(&card, output);
    Ok(output.result(&card.group.id.to_string())?)
}

async fn share(place: &Place, with: &[String], session: &mut Session<'_>) -> Result<(), Failure> {
    let (card, _) = find(place, session).await?;
    let group = GroupKey::Id(card.group.id);
    session.tell(Command::ShareGroup { group, with: with.to_vec() }).await;
    let with = session.answer("share", shared).await?;
    let output = session.output();
    if output.json() {
        let with = with.iter().map(PersonHere::from).collect();
        return Ok(output.json_line(&SharedLine { v: 1, id: card.group.id, with })?);
    }
    plain::tell_reach(&card, output);
    Ok(output.result(&format!("shared with {}", names(&with)))?)
}

async fn remove(place: &Place, session: &mut Session<'_>) -> Result<(), Failure> {
    let (card, _) = find(place, session).await?;
    session.have_done(Command::RemoveGroup(card.group.id), "remove group").await?;
    let name = card.group.name.map_or_else(|| card.group.code.to_string(), |name| name.to_string());
    session.output().progress(&format!("{name} is off your list"));
    Ok(())
}

/// The group at `place`.
async fn find(place: &Place, session: &mut Session<'_>) -> Result<(GroupCard, GroupRow), Failure> {
    session.tell(Command::ShowGroup(typed(place))).await;
    session.answer("show group", told).await
}

/// A place as the phone reads it.
fn typed(place: &Place) -> String {
    match place {
        Place::Key(key) => key.to_string(),
        Place::Link { origin, key, fingerprint } => {
            let fragment = fingerprint.map(|fingerprint| format!("#{fingerprint}"));
            format!("{origin}{LINK_PATH}{key}{}", fragment.unwrap_or_default())
        }
        Place::Name(name) => name.clone(),
    }
}

fn listed(event: &Event) -> Option<Vec<GroupRow>> {
    match event {
        Event::Groups(rows) => Some(rows.clone()),
        _ => None,
    }
}

fn told(event: &Event) -> Option<(GroupCard, GroupRow)> {
    match event {
        Event::Group { card, row } => Some((card.clone(), row.clone())),
        _ => None,
    }
}

fn shared(event: &Event) -> Option<Vec<Person>> {
    match event {
        Event::Shared { with, .. } => Some(with.clone()),
        _ => None,
    }
}

fn print_row(row: &GroupRow, output: &mut Output) -> Result<(), Failure> {
    if output.json() {
        return print_line(row, None, output);
    }
    let name = row.group.name.as_ref().map_or("-", |name| name.as_str());
    let here = match row.here.len() {
        0 => "nobody".to_owned(),
        MAX_HERE.. => format!("{MAX_HERE} or more"),
        here => format!("{here} here"),
    };
    Ok(output.result(&format!("{name:<24}  {}  {here:<10}  {}", row.group.code, row.owner.name))?)
}

fn print_group(card: &GroupCard, row: &GroupRow, output: &mut Output) -> Result<(), Failure> {
    if output.json() {
        return print_line(row, Some(&card.link), output);
    }
    let group = &card.group;
    let name = group.name.as_ref().map_or("-", |name| name.as_str());
    let more = if row.here.len() >= MAX_HERE { ", and perhaps more" } else { "" };
    let (owner, here) = (&row.owner, names(&row.here));
    plain::tell_reach(card, output);
    Ok(output.result(&format!(
        "name   {name}\nid     {}\ncode   {}\nlink   {}\nowner  {} ({})\nhere   {here}{more}",
        group.id, group.code, card.link, owner.display_name, owner.name
    ))?)
}

fn print_line(row: &GroupRow, link: Option<&str>, output: &mut Output) -> Result<(), Failure> {
    let group = &row.group;
    let (id, name, code) = (group.id, group.name.as_ref(), &group.code);
    let here = row.here.iter().map(PersonHere::from).collect();
    Ok(output.json_line(&GroupLine { v: 1, id, name, code, link, owner: &row.owner.name, here })?)
}

fn names(people: &[Person]) -> String {
    match people {
        [] => "nobody".to_owned(),
        people => people.iter().map(|person| person.display_name.as_str()).collect::<Vec<_>>().join(", "),
    }
}

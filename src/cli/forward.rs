//! `switchboard forward`: where the user's calls go, who rings nevertheless, who may pick up.

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::account;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::headless::{self, Session};
use super::json::RulesLine;
use super::settings::Settings;
use crate::cli::output::Output;
use crate::domain::forwarding::{AccountRules, ForwardAfter, ForwardWhen, PickUpBy};
use crate::domain::id::Identity;
use crate::phone::command::Command;
use crate::phone::event::Event;
use crate::texts::rules as texts;

/// Where calls go that are not taken, and who may pick them up.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The service keeps these rules; they hold while no phone is open, too.

Examples:
  switchboard forward                              the rules
  switchboard forward always carol                 nothing rings here
  switchboard forward no-answer carol --after 15s
  switchboard forward off                          forward nothing any more
  switchboard forward except bob                   bob rings in spite of do not disturb
  switchboard forward pick-up everybody            who may pick up what rings here")]
pub struct ForwardArgs {
    /// What to do; show the rules when absent.
    #[command(subcommand)]
    pub command: Option<ForwardCommand>,
}

/// What can be done with the rules.
#[derive(Debug, Clone, Subcommand)]
pub enum ForwardCommand {
    /// Print the rules
    Show,
    /// Forward every call, without ringing here
    Always(Target),
    /// Forward calls while you are in as many as you can be, and those you decline
    Busy(Target),
    /// Forward calls that nobody answers, or that find no phone of yours open
    NoAnswer {
        /// To whom.
        #[command(flatten)]
        to: Target,
        /// How long they ring before: 5s to 120s
        #[arg(long, value_name = "SECONDS")]
        after: Option<ForwardAfter>,
    },
    /// Forward calls while you are not to be disturbed
    Dnd(Target),
    /// Forward calls nowhere any more
    Off {
        /// Only those of this case
        #[arg(value_name = "WHEN")]
        when: Option<When>,
    },
    /// Let somebody ring in spite of do not disturb
    Except {
        /// Who.
        #[command(flatten)]
        who: Target,
        /// Not any more
        #[arg(long)]
        remove: bool,
    },
    /// Say who may pick up calls that ring here
    PickUp {
        /// Who
        #[arg(value_name = "WHO")]
        who: Pickers,
    },
}

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Target {
    /// A friend's name, a user name, or an identity
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// When calls are forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Every call.
    Always,
    /// While busy.
    Busy,
    /// When nobody answers.
    NoAnswer,
    /// While not to be disturbed.
    Dnd,
}

/// Who may pick up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pickers {
    /// Nobody.
    Nobody,
    /// Those on the friend list.
    Friends,
    /// Everybody who is signed in.
    Everybody,
}

impl From<When> for ForwardWhen {
    fn from(when: When) -> Self {
        match when {
            When::Always => Self::Always,
            When::Busy => Self::Busy,
            When::NoAnswer => Self::NoAnswer,
            When::Dnd => Self::DoNotDisturb,
        }
    }
}

impl From<Pickers> for PickUpBy {
    fn from(who: Pickers) -> Self {
        match who {
            Pickers::Nobody => Self::Nobody,
            Pickers::Friends => Self::Friends,
            Pickers::Everybody => Self::Everybody,
        }
    }
}

impl ForwardCommand {
    /// What the phone is told.
    fn told(&self, rules: &AccountRules) -> Vec<Command> {
        let forward = |when, to: &Target, after| vec![Command::Forward { when, to: Some(to.name.clone()), after }];
        match self {
            Self::Show => Vec::new(),
            Self::Always(to) => forward(ForwardWhen::Always, to, None),
            Self::Busy(to) => forward(ForwardWhen::Busy, to, None),
            Self::NoAnswer { to, after } => forward(ForwardWhen::NoAnswer, to, *after),
            Self::Dnd(to) => forward(ForwardWhen::DoNotDisturb, to, None),
            Self::Off { when } => ForwardWhen::ALL
                .into_iter()
                .filter(|case| when.is_none_or(|when| *case == when.into()) && rules.rules.to(*case).is_some())
                .map(|when| Command::Forward { when, to: None, after: None })
                .collect(),
            Self::Except { who, remove } => vec![Command::Except { who: who.name.clone(), on: !remove }],
            Self::PickUp { who } => vec![Command::LetPickUp((*who).into())],
        }
    }
}

/// Does it, and prints the rules.
///
/// # Errors
/// When nobody is signed in, the service can't be reached, or it refuses.
pub async fn run(
    arguments: &ForwardArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let command = arguments.command.as_ref().unwrap_or(&ForwardCommand::Show);
    let acting = account::acting(globals, settings, false, false).await?;
    headless::without_sound(acting, settings, output, async |session| carry_out(command, session).await).await
}

async fn carry_out(command: &ForwardCommand, session: &mut Session<'_>) -> Result<(), Failure> {
    session.ready().await?;
    let mut rules = session.rules().clone();
    // One after another: each is told back once the service has it.
    for command in command.told(&rules) {
        session.tell(command.clone()).await;
        rules = session.answer(what(&command), |event| told(event).filter(|told| is_so(&command, told))).await?;
    }
    print(&rules, session.output())
}

/// What a refusal of it is called.
fn what(command: &Command) -> &'static str {
    match command {
        Command::Except { .. } => "except",
        Command::LetPickUp(_) => "let pick up",
        _ => "forward",
    }
}

/// Whether what was told back is what the command asks for.
fn is_so(command: &Command, told: &AccountRules) -> bool {
    match command {
        Command::Forward { when, to, .. } => told.rules.to(*when).is_some() == to.is_some(),
        Command::LetPickUp(by) => told.rules.pick_up == *by,
        _ => true,
    }
}

fn told(event: &Event) -> Option<AccountRules> {
    match event {
        Event::Rules(rules) => Some(rules.clone()),
        _ => None,
    }
}

/// Prints the rules: a line for each, or one of JSON.
fn print(rules: &AccountRules, output: &mut Output) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Line<'a> {
        v: u8,
        #[serde(flatten)]
        rules: RulesLine<'a>,
    }
    if output.json() {
        return Ok(output.json_line(&Line { v: 1, rules: rules.into() })?);
    }
    for when in ForwardWhen::ALL {
        let to = rules.rules.to(when).map_or_else(|| texts::NOBODY.to_owned(), |who| name(rules, who));
        let to = match when {
            ForwardWhen::NoAnswer => texts::to_after(&to, rules.rules.after_seconds),
            ForwardWhen::Always | ForwardWhen::Busy | ForwardWhen::DoNotDisturb => to,
        };
        output.result(&format!("{:<16}{to}", texts::case(when)))?;
    }
    for who in &rules.rules.except {
        output.result(&format!("{:<16}{}", texts::EXCEPT, name(rules, who)))?;
    }
    Ok(output.result(&format!("{:<16}{}", texts::PICKS_UP, texts::pick_up_by(rules.rules.pick_up)))?)
}

/// Somebody the rules name: as shown and by user name, or, where that person is gone, by identity.
fn name(rules: &AccountRules, who: &Identity) -> String {
    let known = rules.person(who).map(|person| format!("{} ({})", person.display_name, person.name));
    known.unwrap_or_else(|| who.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::taped;
    use crate::domain::forwarding::CallRules;
    use crate::domain::person::Person;

    fn carol() -> Person {
        Person::new("8:carol".parse().unwrap(), "carol".parse().unwrap(), "Carol".into())
    }

    fn rules() -> AccountRules {
        let no_answer = Some(carol().identity);
        let except = vec!["8:gone".parse().unwrap()];
        AccountRules { rules: CallRules { no_answer, except, ..CallRules::default() }, people: vec![carol()] }
    }

    #[test]
    fn the_rules_are_printed_for_people_and_programs() {
        let (mut output, results, _) = taped(&Globals::default());
        print(&rules(), &mut output).unwrap();
        let lines = "always          nobody\nbusy            nobody\nno answer       Carol (carol) after 20 s\n\
                     do not disturb  nobody\nbut rings       8:gone\npicks up        friends\n";
        assert_eq!(results.text(), lines);
        let (mut output, results, _) = taped(&Globals { json: true, ..Globals::default() });
        print(&rules(), &mut output).unwrap();
        let line = r#"{"v":1,"always":null,"busy":null,"no_answer":{"id":"8:carol","name":"carol"},"after_seconds":20,"do_not_disturb":null,"except":[{"id":"8:gone","name":null}],"pick_up":"friends"}"#;
        assert_eq!(results.text(), format!("{line}\n"));
    }

    #[test]
    fn off_is_told_of_what_is_on() {
        let off = |when| ForwardCommand::Off { when }.told(&rules());
        let told = Command::Forward { when: ForwardWhen::NoAnswer, to: None, after: None };
        assert_eq!(off(None), std::slice::from_ref(&told));
        assert_eq!(off(Some(When::NoAnswer)), [told]);
        assert_eq!(off(Some(When::Busy)), []);
    }
}

//! `switchboard open`: a link that was opened elsewhere reaches the phone that runs, or opens one.

use clap::Args;

use super::ctl::{self, choice};
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::output::Output;
use super::settings::Settings;
use super::softphone::{self, SoftphoneArgs};
use crate::config::ServerUrl;
use crate::domain::link::OpenedLink;
use crate::outside::line::Asked;
use crate::outside::order::Order;
use crate::outside::status::Status;

/// The entry for the desktop's menus, by which it knows which links this program opens.
const DESKTOP_ENTRY: &str = include_str!("../../assets/switchboard.desktop");

/// Show a link in the phone: tel:, switchboard: and links to groups.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The phone that runs asks whether to call, or to join: nothing is done before a key is pressed there. Where none runs, the \
softphone is opened with it.

Examples:
  switchboard open tel:+33170189900
  switchboard open switchboard:call/bob
  switchboard open http://127.0.0.1:8790/j/k7mq-3tzf
  switchboard open --install-hint > ~/.local/share/applications/switchboard.desktop
  xdg-mime default switchboard.desktop x-scheme-handler/tel    have the desktop open numbers with it")]
pub struct OpenArgs {
    /// The link
    #[arg(value_name = "URL", required_unless_present = "install_hint")]
    pub url: Option<String>,

    /// Print a .desktop file, by which a desktop opens links with this program
    #[arg(long, conflicts_with = "url")]
    pub install_hint: bool,
}

/// Hands the link to the phone that runs, or opens one with it.
///
/// # Errors
/// When it is no link, several phones could be meant, or there is no terminal to open one in.
pub async fn run(
    arguments: &OpenArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let Some(url) = arguments.url.as_deref().filter(|_| !arguments.install_hint) else {
        output.result(DESKTOP_ENTRY)?;
        return Ok(Exit::Done);
    };
    let link: OpenedLink = url.parse().map_err(|why: crate::domain::link::NotALink| Failure::usage(why.to_string()))?;
    let running = choice::running(settings).await.unwrap_or_default();
    let with_screen = running.into_iter().filter(|phone| phone.status.screen).collect::<Vec<_>>();
    let states: Vec<Status> = with_screen.iter().map(|phone| phone.status.clone()).collect();
    let Some(chosen) = choice_of(&states, globals, &link)? else {
        output.progress("no phone runs here that has a screen: opening one");
        return softphone::open(&SoftphoneArgs::default(), globals, settings, Some(link)).await;
    };
    let mut phone = with_screen.into_iter().nth(chosen).expect("what was chosen is one of them");
    ctl::answer(&mut phone, &Asked::new(Order::Open { url: url.to_owned() }, None)).await?;
    output.progress(&format!("shown by the phone of {}", ctl::whose(&phone.status)));
    Ok(Exit::Done)
}

/// The phone a link is for; a link to a group is for one that is signed in there, if there is one.
fn choice_of(phones: &[Status], globals: &Globals, link: &OpenedLink) -> Result<Option<usize>, Failure> {
    let origin = softphone::origin(link).and_then(|(origin, _)| ServerUrl::of_origin(&origin).ok());
    let there = |status: &Status| {
        let at = status.server.parse::<ServerUrl>().ok();
        origin.as_ref().zip(at).is_some_and(|(origin, at)| at.same_service(origin))
    };
    let known = phones.iter().any(&there);
    let told = globals.user.is_some() || globals.server.is_some();
    let fits: Vec<usize> = (0..phones.len()).filter(|at| told || !known || there(&phones[*at])).collect();
    let meant: Vec<Status> = fits.iter().map(|at| phones[*at].clone()).collect();
    if meant.is_empty() {
        return Ok(None);
    }
    match choice::choose(&meant, globals) {
        Ok(at) => Ok(Some(fits[at])),
        // The phone of somebody else is not shown what this user opens: one is opened for it.
        Err(why) if why.exit == Exit::Unreachable => Ok(None),
        Err(why) => Err(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(account: &str, port: u16) -> Status {
        Status { account: account.to_owned(), ..Status::new(format!("http://127.0.0.1:{port}"), true, 7) }
    }

    #[test]
    fn a_link_to_a_group_is_for_the_phone_that_is_signed_in_there() {
        let phones = [phone("alice", 1), phone("bob", 2)];
        let chosen =
            |link: &str| choice_of(&phones, &Globals::default(), &link.parse().unwrap()).map_err(|why| why.exit);
        assert_eq!(chosen("http://localhost:2/j/k7mq-3tzf"), Ok(Some(1)));
        assert_eq!(chosen("http://elsewhere:2/j/k7mq-3tzf"), Err(Exit::Usage));
        assert_eq!(chosen("tel:204"), Err(Exit::Usage));
        let bob = Globals { user: Some("bob".parse().unwrap()), ..Globals::default() };
        assert_eq!(choice_of(&phones, &bob, &"tel:204".parse().unwrap()).unwrap(), Some(1));
        let carol = Globals { user: Some("carol".parse().unwrap()), ..Globals::default() };
        assert_eq!(choice_of(&phones, &carol, &"tel:204".parse().unwrap()).unwrap(), None);
        assert_eq!(choice_of(&[], &Globals::default(), &"tel:204".parse().unwrap()).unwrap(), None);
    }

    #[test]
    fn the_desktop_entry_opens_what_this_program_opens() {
        for line in
            ["Exec=switchboard open %u", "Terminal=true", "x-scheme-handler/tel;", "x-scheme-handler/switchboard;"]
        {
            assert!(DESKTOP_ENTRY.contains(line), "{line}");
        }
    }
}

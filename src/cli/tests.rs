//! The command line as it is typed.

use super::*;
use crate::cli::exit::{Exit, Failure};
use crate::cli::history::{HistoryCommand, Which};
use crate::cli::output::tests::taped;
use crate::phone::audio::device::{SinkChoice, SourceChoice};

fn read(line: &str) -> Result<Cli, clap::Error> {
    Cli::read(["switchboard"].into_iter().chain(line.split_whitespace()).map(OsString::from))
}

#[track_caller]
fn command(line: &str) -> Command {
    read(line).unwrap_or_else(|why| panic!("{line}: {why}")).command.expect("there is a command")
}

#[track_caller]
fn refused(line: &str) -> String {
    let why = read(line).expect_err(line);
    assert_eq!(why.exit_code(), i32::from(Exit::Usage.code()), "{line}");
    why.to_string()
}

#[test]
fn the_definition_holds_together() {
    Cli::command().debug_assert();
}

#[test]
fn without_a_command_it_is_the_softphone() {
    let cli = read("--demo --as bob").unwrap();
    assert!(cli.command.is_none() && cli.softphone.demo);
    assert_eq!(cli.globals.user.unwrap().to_string(), "bob");
    assert!(refused("--demo serve").contains("belong to the softphone"));
}

#[test]
fn global_flags_may_stand_before_and_after_the_command() {
    for line in ["--json call bob", "call bob --json", "call --json bob"] {
        assert!(read(line).unwrap().globals.json, "{line}");
    }
    refused("call bob -q -v");
    refused("call bob --server ftp://bob");
}

#[test]
fn a_call_takes_its_flags() {
    let Command::Call(call) = command(
        "call bob --mic tone --speaker none --record a.wav --dtmf 1,2# --ring-for 5s --for 500ms --expect heard_ms>1 --expect code==0",
    ) else {
        panic!("not a call")
    };
    assert_eq!(
        (call.to.as_str(), call.media.sound.mic, call.media.sound.speaker),
        ("bob", Some(SourceChoice::Tone(440)), Some(SinkChoice::Nowhere))
    );
    assert_eq!(call.media.expect.len(), 2);
    assert_eq!(call.media.hang_up_after, Some(std::time::Duration::from_millis(500)));
    assert_eq!(call.media.dtmf.unwrap().steps().len(), 4);
}

#[test]
fn what_can_not_be_meant_is_refused_with_what_could() {
    assert!(refused("call").contains("<TO>"));
    assert!(refused("call bob --mic kazoo").contains("is no sound source"));
    assert!(refused("call bob --record a.mp3").contains(".wav"));
    assert!(refused("call bob --ring-for 1h").contains("1s to 5m"));
    assert!(refused("call bob --expect cheese>1").contains("heard_ms"));
    assert!(refused("call bob --profile loud").contains("standard, headset, low-latency, music, low-bandwidth"));
    assert!(refused("join k7mq-3tzf --process echo=maybe").contains("echo=auto|on|off"));
    assert!(refused("wait --answer --decline").contains("cannot be used with"));
    assert!(refused("wait --calls 0").contains("--calls"));
    assert!(refused("history --limit 501").contains("1..=500"));
    assert!(refused("cal bob").contains("call"));
    assert!(refused("ctl status --format {x}").contains("{state} {who} {time}"));
    assert!(refused("ctl status --json --format {who}").contains("cannot be used with"));
    assert!(refused("ctl pick-up 0").contains("slots 1 to 20"));
    assert!(refused("forward no-answer bob --after 4s").contains("5 to 120 seconds"));
    assert!(refused("forward sometimes bob").contains("unrecognized subcommand"));
    assert!(refused("forward pick-up strangers").contains("nobody, friends, everybody"));
    assert!(refused("friends favourite bob 10").contains("1 to 9"));
    assert!(refused("play").contains("<FILE|->"));
    assert!(refused("schema sumary").contains("summary"));
    assert!(refused("--record-script x wait").contains("belong to the softphone"));
    for absent in ["meetings", "call bob --camera x"] {
        refused(absent);
    }
}

#[test]
fn joining_takes_a_place_and_the_flags_of_a_call() {
    let Command::Join(join) = command("join k7mq-3tzf --existing --muted --mic tone:220 --for 2s") else {
        panic!("not a join")
    };
    assert_eq!((join.place.as_deref(), join.existing, join.muted), (Some("k7mq-3tzf"), true, true));
    assert_eq!(join.media.sound.mic, Some(SourceChoice::Tone(220)));
    assert!(refused("join x --muted --unmuted").contains("cannot be used with"));
}

#[test]
fn groups_are_made_shared_shown_and_removed() {
    assert!(matches!(command("group"), Command::Groups(groups) if groups.command.is_none()));
    for line in ["groups list", "groups create Ops", "groups share k7mq-3tzf bob carol", "groups show Ops"] {
        assert!(matches!(command(line), Command::Groups(groups) if groups.command.is_some()), "{line}");
    }
    assert!(refused("groups create").contains("<NAME>"));
    assert!(refused("groups share Ops").contains("<FRIEND>"));
    assert!(refused("groups show http://h/x").contains("https://HOST/j/k7mq-3tzf"));
    assert!(refused("groups show 29228d3e-040e-4656-a70e").contains("32 hexadecimal digits"));
}

#[test]
fn past_calls_are_listed_noted_and_seen() {
    let Command::History(list) = command("history --missed --with bob --search refund --csv --limit 5") else {
        panic!("not the history")
    };
    assert!(list.command.is_none() && list.list.missed && list.list.csv);
    assert_eq!(
        (list.list.with.as_deref(), list.list.search.as_deref(), list.list.limit),
        (Some("bob"), Some("refund"), 5)
    );
    let Command::History(history) = command("history note last wants a refund") else { panic!("not the history") };
    let Some(HistoryCommand::Note { call: Which::Last, text, clear: false }) = history.command else {
        panic!("no note: {:?}", history.command)
    };
    assert_eq!(text, ["wants", "a", "refund"]);
    for line in [
        "history seen",
        "history seen --as bob --json",
        "--as bob history seen",
        "history note 29228d3e-040e-4656-a70e-890ab4e173e5 --clear",
    ] {
        assert!(matches!(command(line), Command::History(history) if history.command.is_some()), "{line}");
    }
    assert!(refused("history note").contains("<CALL>"));
    assert!(refused("history note last").contains("<TEXT>"));
    assert!(refused("history note first x").contains("`last`"));
    assert!(refused("history note last x --clear").contains("cannot be used with"));
    assert!(refused("history --missed seen").contains("cannot be used with"));
}

#[test]
fn friendly_spellings_mean_the_same() {
    assert!(matches!(command("login alice"), Command::SignIn(_)));
    assert!(matches!(command("logout"), Command::SignOut(_)));
    assert!(matches!(command("friend add bob"), Command::Friends(_)));
    assert!(matches!(command("device"), Command::Devices(_)));
    assert!(matches!(command("admin users list"), Command::Admin(_)));
}

#[test]
fn flags_that_have_a_setting_become_it() {
    assert_eq!(read("--ascii").unwrap().softphone.settings()[0].key, "screen.ascii");
    for line in ["call bob", "join k7mq-3tzf", "wait --answer", "doctor --sound"] {
        let cli = read(&format!("{line} --profile music --process noise=off")).unwrap();
        let settings = run::arguments(&cli);
        let named: Vec<_> = settings.iter().map(|setting| (setting.key, setting.flag, setting.text.as_str())).collect();
        let expected = [("sound.profile", "--profile", "music"), ("sound.noise_suppression", "--process", "off")];
        assert_eq!(named, expected, "{line}");
    }
    let Command::Serve(serve) = command("serve --listen 127.0.0.1:0 --until-idle 60s") else { panic!("not serve") };
    let settings = serve.settings();
    assert_eq!(settings.len(), 1);
    assert_eq!(
        (settings[0].key, settings[0].flag, settings[0].text.as_str()),
        ("service.listen", "--listen", "127.0.0.1:0")
    );
}

#[test]
fn every_command_says_what_it_is_and_shows_examples() {
    fn visit(command: &clap::Command, path: &str) {
        let path = format!("{path} {}", command.get_name());
        assert!(command.get_about().is_some(), "{path} says nothing of itself");
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{path}: {} says nothing of itself", argument.get_id());
        }
        command
            .get_subcommands()
            .filter(|command| command.get_name() != "help")
            .for_each(|command| visit(command, &path));
    }
    let root = Cli::command();
    visit(&root, "");
    for command in root.get_subcommands() {
        assert!(command.get_after_help().is_some(), "{} shows no examples", command.get_name());
    }
}

#[test]
fn a_token_can_come_from_standard_input() {
    let token = |line: &str, input: &str| -> Result<_, Failure> {
        Ok(read(line).unwrap().globals.token(&mut input.as_bytes())?.map(|token| token.expose().clone()))
    };
    assert_eq!(token("whoami", "x").unwrap(), None);
    assert_eq!(token("whoami --token abc", "x").unwrap().as_deref(), Some("abc"));
    assert_eq!(token("whoami --token -", "abc\r\nx").unwrap().as_deref(), Some("abc"));
    assert!(token("whoami --token -", "\n").unwrap_err().message.contains("no access token"));
}

#[test]
fn a_token_never_shows() {
    let cli = read("whoami --token hunter2").unwrap();
    assert!(!format!("{cli:?}").contains("hunter2"));
}

#[test]
fn completions_and_manual_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let Command::Completions(arguments) = command(&format!("completions {shell}")) else { panic!("not that") };
        let (mut output, results, _) = taped(&Globals::default());
        completions::run(&arguments, &mut output).unwrap();
        assert!(results.text().contains("sign-in"), "{shell}");
    }
    for (line, expected) in
        [("man", "SUBCOMMANDS"), ("man", "Hang up: the letter twice"), ("man admin user add", "display\\-name")]
    {
        let Command::Man(arguments) = command(line) else { panic!("not that") };
        let (mut output, results, _) = taped(&Globals::default());
        man::run(&arguments, &mut output).unwrap();
        assert!(results.text().contains(expected), "{line}:\n{}", results.text());
    }
    let (mut output, ..) = taped(&Globals::default());
    let nowhere = man::ManArgs { command: vec!["attic".to_owned()], all: None };
    assert_eq!(man::run(&nowhere, &mut output).unwrap_err().exit, Exit::Usage);
}

#[test]
fn every_command_has_a_page_in_the_folder_of_the_manual() {
    let folder = tempfile::tempdir().unwrap();
    let (mut output, _, messages) = taped(&Globals::default());
    man::run(&man::ManArgs { command: vec![], all: Some(folder.path().join("man1")) }, &mut output).unwrap();
    let page = |name: &str| std::fs::read_to_string(folder.path().join("man1").join(name)).unwrap();
    assert!(page("switchboard.1").contains(".SH KEYS"));
    assert!(page("switchboard-admin-user-add.1").contains("display\\-name"));
    assert!(!page("switchboard-call.1").contains(".SH KEYS"));
    assert!(messages.text().contains("pages into"), "{}", messages.text());
}

#[test]
fn forwarding_and_favourites_take_names_and_off() {
    use crate::cli::forward::{ForwardCommand, Target, When};
    use crate::cli::friends::{FriendsCommand, Number};
    let rule = |line: &str| match command(line) {
        Command::Forward(forward) => forward.command,
        other => panic!("{other:?}"),
    };
    let bob = || Target { name: "bob".to_owned() };
    assert!(rule("forward").is_none());
    assert!(matches!(rule("forward always bob"), Some(ForwardCommand::Always(to)) if to == bob()));
    let Some(ForwardCommand::NoAnswer { to, after }) = rule("forward no-answer bob --after 15s") else { panic!() };
    assert_eq!((to, after.map(|after| after.seconds())), (bob(), Some(15)));
    assert!(matches!(rule("forward off dnd"), Some(ForwardCommand::Off { when: Some(When::Dnd) })));
    assert!(matches!(rule("forward except bob --remove"), Some(ForwardCommand::Except { remove: true, .. })));
    let number = |line: &str| match command(line) {
        Command::Friends(friends) => match friends.command {
            Some(FriendsCommand::Favourite { number, .. }) => number,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    assert_eq!(number("friends favourite bob"), None);
    assert_eq!(number("friends favourite bob off"), Some(Number::Off));
    assert_eq!(number("friends favourite bob 3"), Some(Number::Of(3.try_into().unwrap())));
}

//! What the program says about itself, and about words it does not know.

use crate::kit::Home;

#[test]
fn every_command_explains_itself() {
    let home = Home::new();
    let help = home.run("--help").exited(0);
    assert!(help.out.iter().any(|line| line.contains("Exit codes")));
    for command in [
        "serve",
        "call",
        "join",
        "wait",
        "play",
        "schema",
        "ctl",
        "ctl transfer",
        "ctl status",
        "open",
        "sign-in",
        "sign-out",
        "accounts",
        "use",
        "whoami",
        "friends",
        "friends accept",
        "block",
        "unblock",
        "blocked",
        "profile",
        "groups",
        "groups share",
        "history",
        "history note",
        "history seen",
        "devices",
        "doctor",
        "evidence",
        "config",
        "completions",
        "man",
        "admin",
        "admin user add",
    ] {
        let help = home.run(&format!("{command} --help")).exited(0);
        assert!(help.err.is_empty() && help.out.len() > 5, "{command}: {help:?}");
        let last = command.rsplit(' ').next().unwrap();
        assert!(help.out.iter().any(|line| line.starts_with("Usage: switchboard") && line.contains(last)), "{help:?}");
    }
    for command in
        ["completions bash", "completions zsh", "completions fish", "man", "devices", "config show", "config check"]
    {
        home.run(command).exited(0);
    }
}

#[test]
fn wrong_words_are_refused_with_a_hint() {
    let home = Home::new();
    for (words, hint) in [
        ("cal bob", "call"),
        ("call", "<TO>"),
        ("call bob --for soon", "--for"),
        ("call bob --dtmf x", "--dtmf"),
        ("wait --answer --decline", "--decline"),
        ("history note 7 text", "`last`"),
        ("call bob --profile loud", "low-bandwidth"),
        ("join k7mq-3tzf --process echo=maybe", "echo=auto|on|off"),
        ("serve --listen nowhere", "--listen"),
        ("ctl teleport", "teleport"),
        ("ctl transfer", "<TO>"),
        ("ctl park 21", "slots 1 to 20"),
        ("ctl status --format {status}", "{state} {who}"),
        ("open", "<URL>"),
        ("--server ftp://here whoami", "http://HOST:PORT"),
        ("--demo whoami", "--demo"),
        ("--config /none.toml whoami", "/none.toml"),
    ] {
        let refused = home.run(words).exited(2).saying(hint);
        assert!(refused.out.is_empty(), "{words}: {:?}", refused.out);
    }
    home.run("").exited(2).saying("needs a terminal");
    std::fs::write(home.file("config.toml"), "[phone]\nring_second = 5\n").unwrap();
    home.run("config check").exited(2).saying("ring_second");
    home.run("whoami").exited(2).saying("config.toml");
}

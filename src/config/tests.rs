//! The layers and the example file, from the outside.

use std::path::{Path, PathBuf};

use super::*;

fn file(text: &str) -> (tempfile::TempDir, Inputs) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    (folder, Inputs { file: Some(path), file_required: true, ..Inputs::default() })
}

fn variable(name: &str, text: &str) -> (String, String) {
    (name.to_owned(), text.to_owned())
}

#[track_caller]
fn complaint(inputs: &Inputs) -> String {
    load(inputs).unwrap_err().to_string()
}

#[test]
fn with_nothing_given_the_defaults_hold() {
    let loaded = load(&Inputs::default()).unwrap();
    assert_eq!(loaded.config, Config::default());
    assert!(loaded.merged.iter().all(|merged| merged.source == Source::Default));
    assert!(loaded.warnings.is_empty());
}

#[test]
fn later_layers_replace_earlier_ones_and_each_value_keeps_its_source() {
    let (_folder, mut inputs) =
        file("[service]\nlisten = \"127.0.0.1:1\"\nmedia = \"127.0.0.1:2\"\ntoken_minutes = 90\n");
    inputs.environment = vec![
        variable("SWITCHBOARD_SERVICE_MEDIA", "127.0.0.1:3"),
        variable("SWITCHBOARD_SERVICE_TOKEN_MINUTES", "120"),
    ];
    inputs.arguments = vec![Argument { key: "service.token_minutes", flag: "--token-minutes", text: "240".to_owned() }];
    let loaded = load(&inputs).unwrap();
    assert_eq!(loaded.config.service.listen.port(), 1);
    assert_eq!(loaded.config.service.media.port(), 3);
    assert_eq!(loaded.config.service.token_minutes.get(), 240);
    assert_eq!(loaded.source("service.listen"), Source::File(inputs.file.unwrap()));
    assert_eq!(loaded.source("service.media").to_string(), "SWITCHBOARD_SERVICE_MEDIA");
    assert_eq!(loaded.source("service.token_minutes").to_string(), "--token-minutes");
    assert_eq!(loaded.source("log.level"), Source::Default);
}

#[test]
fn named_texts_are_merged_entry_by_entry() {
    let (_folder, mut inputs) = file("[screen.theme]\nlive = \"red\"\nheld = \"blue\"\n");
    inputs.environment = vec![variable("SWITCHBOARD_SCREEN_THEME", "held = \"bold\", ring_blink = \"dim\"")];
    let loaded = load(&inputs).unwrap();
    let theme: Vec<_> = loaded.config.screen.theme.iter().collect();
    let expected = [("held", "bold"), ("live", "red"), ("ring_blink", "dim")];
    assert_eq!(theme, expected.map(|(name, text)| (name.to_owned(), text.to_owned())).each_ref().map(|(n, t)| (n, t)));
    assert_eq!(loaded.source("screen.theme.held").to_string(), "SWITCHBOARD_SCREEN_THEME");
    assert!(matches!(loaded.source("screen.theme.live"), Source::File(_)));

    let environment = vec![variable("SWITCHBOARD_SCREEN_KEYS", "mute")];
    let told = complaint(&Inputs { environment, ..Inputs::default() });
    assert!(told.contains("NAME = \"TEXT\""), "{told}");
}

#[test]
fn a_value_that_does_not_fit_names_its_source() {
    let environment = vec![variable("SWITCHBOARD_SERVICE_LISTEN", "nowhere")];
    let told = complaint(&Inputs { environment, ..Inputs::default() });
    assert!(told.starts_with("`service.listen` (from SWITCHBOARD_SERVICE_LISTEN): use an address"), "{told}");

    let (_folder, inputs) = file("[screen]\nbell = \"loud\"\n[screen.theme]\nlive = 3\n[log]\nlevel = 5\n");
    let told = complaint(&inputs);
    assert_eq!(told.lines().count(), 3, "{told}");
    assert!(told.contains("`screen.bell` (from ") && told.contains("config.toml): use true or false"), "{told}");
    assert!(told.contains("`live`: use a text"), "{told}");
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest_one() {
    let (_folder, inputs) = file("[service]\nlistn = \"x\"\n[scren]\nbell = true\n[attic]\n");
    let told = complaint(&inputs);
    assert!(told.contains("did you mean `service.listen`?"), "{told}");
    assert!(told.contains("did you mean `screen`?"), "{told}");
    assert!(told.contains("there are: service, tls, media, oidc, people, phone, sound, screen, hooks, log"), "{told}");

    let (_folder, inputs) = file("service = 3\n");
    assert!(complaint(&inputs).contains("write [service]"));
}

#[test]
fn an_unknown_variable_warns_and_flags_of_the_command_line_do_not() {
    let environment = vec![
        variable("SWITCHBOARD_SERVICE_LISTN", "x"),
        variable("SWITCHBOARD_SERVER", "http://x"),
        variable("SWITCHBOARD_PASSWORD", "hunter2"),
        variable("HOME", "/"),
    ];
    let loaded = load(&Inputs { environment, ..Inputs::default() }).unwrap();
    assert_eq!(loaded.warnings.len(), 1, "{:?}", loaded.warnings);
    assert!(loaded.warnings[0].contains("did you mean SWITCHBOARD_SERVICE_LISTEN?"), "{:?}", loaded.warnings);
}

#[test]
fn where_links_begin_is_nothing_or_a_whole_address() {
    let with = |text: &str| Inputs {
        arguments: vec![Argument { key: "service.public_url", flag: "--public-url", text: text.to_owned() }],
        ..Inputs::default()
    };
    assert_eq!(load(&with("")).unwrap().config.service.public_url, None);
    let loaded = load(&with("https://calls.example/")).unwrap();
    assert_eq!(loaded.config.service.public_url.map(|url| url.to_string()).as_deref(), Some("https://calls.example"));
    let told = complaint(&with("calls.example"));
    assert!(
        told.starts_with("`service.public_url` (from --public-url): `calls.example` is no address links"),
        "{told}"
    );
}

#[test]
fn a_missing_file_is_a_fault_only_when_it_was_asked_for() {
    let mut inputs = Inputs { file: Some(PathBuf::from("/nonexistent/config.toml")), ..Inputs::default() };
    assert!(load(&inputs).is_ok());
    inputs.file_required = true;
    assert!(complaint(&inputs).contains("/nonexistent/config.toml"));
}

#[test]
fn a_file_that_is_not_toml_says_where() {
    let (_folder, inputs) = file("[service]\nlisten = = 3\n");
    let told = complaint(&inputs);
    assert!(told.contains("is not TOML") && told.contains("line 2"), "{told}");
}

#[test]
fn other_parts_complain_with_the_source() {
    let environment = vec![variable("SWITCHBOARD_PHONE_MICROPHONE", "kazoo")];
    let loaded = load(&Inputs { environment, ..Inputs::default() }).unwrap();
    let problem = loaded.parse::<u8>("phone.microphone", &loaded.config.phone.microphone).unwrap_err();
    assert!(problem.to_string().starts_with("`phone.microphone` (from SWITCHBOARD_PHONE_MICROPHONE): "), "{problem}");
}

#[test]
fn the_example_file_is_in_step() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.toml");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, example()).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, example(), "config.example.toml is behind src/config: UPDATE_SNAPSHOTS=1 rewrites it");
}

#[test]
fn the_example_file_holds_every_setting_with_its_default() {
    let unmarked = |line: &str| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') && !setting.is_empty() => setting.to_owned(),
        _ => line.to_owned(),
    };
    let text: String = example().lines().map(|line| unmarked(line) + "\n").collect();
    let (_folder, inputs) = file(&text);
    let loaded = load(&inputs).unwrap();
    assert_eq!(loaded.config, Config::default());
    let from_file = |merged: &&Merged| merged.source != Source::Default;
    assert_eq!(loaded.merged.iter().filter(from_file).count(), loaded.merged.len(), "{text}");

    let (_folder, inputs) = file(&example());
    assert_eq!(load(&inputs).unwrap().config, Config::default());
}

//! The one table of what a person can do by key: it makes the hint bar, the `?` menu, the `:` palette, and takes
//! remapping from the configuration. What an action does is `update`'s matter.

mod key;
mod table;

use std::collections::HashSet;

pub use key::{Key, NotAKey};
pub use table::{Action, Row, TABLE};

/// Where on the screen keys act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// The panels: letters act.
    Panel,
    /// The panels, while somebody is asked for a call that waits: a few keys are about that.
    Consult,
    /// A text is being typed: letters go to the text, function keys act.
    Text,
    /// A list to choose from is open.
    List,
    /// A list to mark rows in is open: the space bar marks.
    Marks,
    /// The keypad is open: digits become tones.
    Keypad,
    /// A question is asked that takes `y`.
    Confirm,
    /// The ladder is open: the space bar marks.
    Ladder,
}

impl Context {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Panel, Self::Consult, Self::Text, Self::List, Self::Marks, Self::Keypad, Self::Confirm, Self::Ladder];
}

/// Why keys of the configuration can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No action has this name.
    #[error("no action is called `{0}`; the help (F1) lists them")]
    UnknownAction(String),
    /// The text names no key.
    #[error("keys of `{action}`: {source}")]
    NotAKey {
        /// The action's name.
        action: &'static str,
        /// What could not be read.
        source: NotAKey,
    },
    /// Two actions would share a key in one place.
    #[error("the key {key} is given to both `{first}` and `{second}`")]
    Conflict {
        /// The key.
        key: String,
        /// One action's name.
        first: &'static str,
        /// The other's.
        second: &'static str,
    },
    /// Enter may not answer, decline or hang up: it is pressed too easily.
    #[error("`{0}` can't be put on Enter or Space: they are pressed too easily")]
    TooEasy(&'static str),
}

/// Which key does what: the table's defaults, with the configuration's changes.
#[derive(Debug, Clone)]
pub struct KeyMap {
    bound: Vec<(Key, Action)>,
}

impl KeyMap {
    /// The defaults, with `overrides` of (action name, keys separated by blanks or commas). The keys given replace all
    /// of that action's keys; an empty text leaves it without a key (the palette still has it).
    ///
    /// # Errors
    /// When an action or a key is unknown, two actions collide, or a dangerous action is put on Enter.
    pub fn new(overrides: &[(String, String)]) -> Result<Self, KeyError> {
        let mut bound = Vec::new();
        for (name, _) in overrides {
            if !TABLE.iter().any(|row| row.name == name) {
                return Err(KeyError::UnknownAction(name.clone()));
            }
        }
        for row in TABLE {
            let given: Vec<&str> =
                overrides.iter().filter(|(name, _)| name == row.name).map(|(_, k)| k.as_str()).collect();
            let keys = if given.is_empty() { row.keys.to_owned() } else { given.join(" ") };
            for text in keys.split([' ', ',']).filter(|text| !text.is_empty()) {
                let key = text.parse().map_err(|source| KeyError::NotAKey { action: row.name, source })?;
                bound.push((key, row.action));
            }
        }
        let map = Self { bound };
        map.check()?;
        Ok(map)
    }

    fn check(&self) -> Result<(), KeyError> {
        for (i, (key, action)) in self.bound.iter().enumerate() {
            let row = action.row();
            let careful = matches!(
                action,
                Action::Answer
                    | Action::Decline
                    | Action::HangUp
                    | Action::JoinShared
                    | Action::EndForAll
                    | Action::Yes
            );
            if careful && key.is_easy() {
                return Err(KeyError::TooEasy(row.name));
            }
            let clash = self.bound[..i].iter().find(|(other, second)| {
                other == key
                    && second != action
                    && Context::ALL.iter().any(|c| reaches(*key, row, *c) && reaches(*key, second.row(), *c))
            });
            if let Some((_, other)) = clash {
                return Err(KeyError::Conflict { key: key.to_string(), first: other.row().name, second: row.name });
            }
        }
        Ok(())
    }

    /// What `key` does in `context`.
    pub fn action(&self, key: Key, context: Context) -> Option<Action> {
        self.bound
            .iter()
            .find(|(k, action)| *k == key && reaches(key, action.row(), context))
            .map(|(_, action)| *action)
    }

    /// The first key of `action` that acts in `context`.
    pub fn key(&self, action: Action, context: Context) -> Option<Key> {
        self.bound.iter().find(|(key, a)| *a == action && reaches(*key, action.row(), context)).map(|(key, _)| *key)
    }

    /// Every key of `action`, as text: `a F3`.
    pub fn keys(&self, action: Action) -> String {
        let mut seen = HashSet::new();
        let keys = self.bound.iter().filter(|(key, a)| *a == action && seen.insert(*key));
        let keys = keys.map(|(key, _)| key.to_string()).collect::<Vec<_>>().join(" ");
        let nine = |before: &str| (1..=9).map(|n| format!("{before}{n}")).collect::<Vec<_>>().join(" ");
        keys.replace(&nine("Alt-"), "Alt-1..9").replace(&nine(""), "1-9")
    }

    /// Which of the keys of `action` this one is, from 1 on.
    pub fn place(&self, action: Action, key: Key) -> Option<usize> {
        let at = self.bound.iter().filter(|(_, a)| *a == action).position(|(k, _)| *k == key)?;
        Some(at + 1)
    }
}

/// Whether `key`, bound to `row`, acts in `context`: a key that types a character never does where text is typed,
/// one that stands for a tone never does on the keypad, and the space bar only marks where rows are marked.
fn reaches(key: Key, row: &Row, context: Context) -> bool {
    let taken = match context {
        Context::Text => key.types(),
        Context::Keypad => key.is_tone(),
        Context::Marks | Context::Ladder => key.typed() == Some(' ') && row.action != Action::Mark,
        Context::Panel | Context::Consult | Context::List | Context::Confirm => false,
    };
    !taken && row.contexts.contains(&context)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, keys: &str) -> Result<KeyMap, KeyError> {
        KeyMap::new(&[(name.to_owned(), keys.to_owned())])
    }

    #[test]
    fn the_default_keys_do_not_collide() {
        KeyMap::new(&[]).unwrap();
    }

    #[test]
    fn every_action_is_in_the_table_once_with_words_and_help() {
        let mut names = HashSet::new();
        let mut words = HashSet::new();
        for row in TABLE {
            assert!(names.insert(row.name), "{} twice", row.name);
            assert!(!row.words.is_empty(), "{} has no palette word", row.name);
            assert!(row.words.iter().all(|w| words.insert(*w)), "a palette word of {} is taken", row.name);
            assert!(row.help.len() > 10 && row.help.is_ascii(), "{} has no help", row.name);
            assert!(!row.contexts.is_empty(), "{} acts nowhere", row.name);
            assert_eq!(row.action.row().name, row.name);
        }
    }

    #[test]
    fn function_keys_act_while_text_is_typed_and_letters_do_not() {
        let map = KeyMap::new(&[]).unwrap();
        for (key, action) in
            [("F3", Action::Answer), ("F4", Action::HangUp), ("F5", Action::Decline), ("F6", Action::Mute)]
        {
            for context in Context::ALL {
                assert_eq!(map.action(key.parse().unwrap(), context), Some(action), "{key} {context:?}");
            }
        }
        for key in ["a", "r", "b", "m", "Space", "q", "?", ":"] {
            assert_eq!(map.action(key.parse().unwrap(), Context::Text), None, "{key}");
        }
    }

    #[test]
    fn enter_neither_answers_nor_declines_nor_hangs_up() {
        let map = KeyMap::new(&[]).unwrap();
        for context in Context::ALL {
            let action = map.action("Enter".parse().unwrap(), context);
            let asked = context == Context::Consult && action == Some(Action::Complete);
            assert!(asked || matches!(action, None | Some(Action::Accept)), "{context:?}: {action:?}");
        }
        for name in ["answer", "decline", "hang-up", "join-shared", "end-for-all", "yes"] {
            assert!(matches!(with(name, "Enter"), Err(KeyError::TooEasy(_))), "{name}");
        }
    }

    #[test]
    fn the_space_bar_marks_where_rows_are_marked_and_mutes_elsewhere() {
        let map = KeyMap::new(&[]).unwrap();
        let space = "Space".parse().unwrap();
        assert_eq!(map.action(space, Context::Marks), Some(Action::Mark));
        assert_eq!(map.action(space, Context::List), Some(Action::Mute));
        assert_eq!(map.key(Action::Mute, Context::Marks), "m".parse().ok());
    }

    #[test]
    fn rows_are_picked_by_the_place_of_a_key_among_those_of_the_action() {
        let map = KeyMap::new(&[]).unwrap();
        assert_eq!((map.keys(Action::Pick), map.keys(Action::Direct)), ("1-9".to_owned(), "Alt-1..9".to_owned()));
        assert_eq!(map.place(Action::Direct, "Alt-7".parse().unwrap()), Some(7));
        assert_eq!(map.place(Action::Pick, "7".parse().unwrap()), Some(7));
        let map = with("pick", "Alt-a Alt-b").unwrap();
        assert_eq!(map.place(Action::Pick, "Alt-b".parse().unwrap()), Some(2));
        assert_eq!(map.place(Action::Pick, "1".parse().unwrap()), None);
    }

    #[test]
    fn keys_are_remapped_by_name() {
        let map = with("mute", "Ctrl-m, M").unwrap();
        assert_eq!(map.keys(Action::Mute), "Ctrl-m M");
        assert_eq!(map.action("m".parse().unwrap(), Context::Panel), None);
        assert_eq!(with("mute", "").unwrap().keys(Action::Mute), "");
    }

    #[test]
    fn bad_key_settings_say_what_is_wrong() {
        assert!(matches!(with("teleport", "x"), Err(KeyError::UnknownAction(_))));
        assert!(matches!(with("mute", "F99"), Err(KeyError::NotAKey { .. })));
        let clash = with("mute", "x").unwrap_err();
        assert!(matches!(clash, KeyError::Conflict { .. }), "{clash}");
    }
}

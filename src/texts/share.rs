//! Sentences about sharing a group: where its link works, and what became of it.

/// The link works on this machine only, and how to open the service up.
pub fn this_machine_only() -> &'static str {
    "This link works on this machine only. To let others in, run the service where they reach it: \
     switchboard serve --listen 0.0.0.0:8790 --media 0.0.0.0:8790 --public-url http://THIS-HOST:8790"
}

/// The link was handed to a clipboard program.
pub fn copied_with(program: &str) -> String {
    format!("copied with {program}")
}

/// The link was handed to the terminal, which does not say whether it took it.
pub const SENT_TO_TERMINAL: &str = "sent to your terminal's clipboard (OSC 52)";

/// A group was shared with these people.
pub fn shared_with(group: &str, names: &[&str]) -> String {
    match names {
        [] => format!("{group} was shared with nobody new"),
        names => format!("{group} is shared with {}", some_of(names)),
    }
}

/// Somebody shares a group.
pub fn shares(who: &str, group: &str, here: u32) -> String {
    match here {
        0 => format!("{who} shares {group}: nobody is in it now"),
        1 => format!("{who} shares {group}: 1 is in it now"),
        here => format!("{who} shares {group}: {here} are in it now"),
    }
}

/// A few names, and how many more there are.
pub fn some_of(names: &[&str]) -> String {
    const FEW: usize = 3;
    match names.len().saturating_sub(FEW) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..FEW].join(", ")),
    }
}

/// How many friends are marked, in the title of the choice.
pub fn marked(count: usize) -> String {
    if count == 0 { "none marked".to_owned() } else { format!("{count} marked") }
}

/// There is nobody to share with.
pub const NO_FRIENDS: &str = "Your friend list is empty: give them the link or the code.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_names_stand_for_many() {
        assert_eq!(some_of(&["Bob"]), "Bob");
        assert_eq!(some_of(&["Bob", "Carol", "Dave", "Erin", "Frank"]), "Bob, Carol, Dave and 2 more");
        assert_eq!(shared_with("Ops", &["Bob", "Carol"]), "Ops is shared with Bob, Carol");
    }

    #[test]
    fn a_link_that_stays_here_says_how_to_open_the_service_up() {
        for word in ["switchboard serve", "--listen", "--media", "--public-url"] {
            assert!(this_machine_only().contains(word), "{word}");
        }
    }
}

//! Sentences about friend requests and blocked people.

/// The title of the list.
pub const TITLE: &str = "FRIEND REQUESTS AND BLOCKED PEOPLE";

/// What the rows are, in the list: who asks, who was asked, who is blocked.
pub const ROWS: [&str; 3] = ["asks to be your friend", "was asked by you", "blocked"];

/// Nobody is in the list.
pub const EMPTY: &str = "nobody asks, nobody was asked, and nobody is blocked";

/// There are no open requests.
pub const NOBODY_ASKS: &str = "nobody asks, and nobody was asked";

/// The block list is empty.
pub const NOBODY_BLOCKED: &str = "you block nobody";

/// Nobody is selected who could be blocked.
pub const SELECT_SOMEBODY: &str = "Select a friend or a past call first, or say who: `block NAME`.";

/// What can be typed after the word for a name of one's own.
pub const SAY_A_NAME: &str = "Say the name others are to see: `display name NAME`.";

/// The badge, while somebody asks.
pub fn badge(count: usize) -> String {
    match count {
        1 => "1 friend request".to_owned(),
        count => format!("{count} friend requests"),
    }
}

/// Somebody asks; `key` opens the list.
pub fn asks(name: &str, key: &str) -> String {
    format!("{name} asks to be your friend: {key} shows who asks.")
}

/// Somebody was asked.
pub fn was_asked(name: &str) -> String {
    format!("{name} was asked, and will be your friend once that is accepted.")
}

/// The same, where the person looks at something else.
pub fn notified(name: &str) -> String {
    format!("{name} asks to be your friend")
}

/// How a row of somebody who does not ask is taken out of the list.
pub fn take_away(key: &str) -> String {
    format!("{key} takes that back.")
}

/// What blocking does, as a question.
pub fn block(name: &str) -> String {
    format!("Block {name}? To them, you are offline from now on, and they are not told.")
}

/// Somebody is blocked now.
pub fn blocked(name: &str) -> String {
    format!("{name} is blocked: nothing of theirs comes here, and they are not told.")
}

/// Somebody is not blocked any more.
pub fn unblocked(name: &str) -> String {
    format!("{name} is not blocked any more.")
}

/// How long a list of people is now.
pub fn has_now(list: &str, count: usize) -> String {
    match count {
        1 => format!("the {list} has 1 entry now"),
        count => format!("the {list} has {count} entries now"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_is_not_many() {
        let lists = [0, 1, 2].map(|count| super::has_now("block list", count));
        assert_eq!(lists[0], "the block list has 0 entries now");
        assert_eq!(lists[1], "the block list has 1 entry now");
        assert_eq!(lists[2], "the block list has 2 entries now");
    }
}

//! Sentences about favourites: the friends with a number, and a key of their own.

use crate::domain::person::Favourite;

/// In the friend list, when all friends stand in the panel of favourites above it.
pub const ALL_ABOVE: &str = "all of them are favourites";

/// No friend is selected who could become one.
pub const SELECT_A_FRIEND: &str = "Select a friend first, who is to be a favourite.";

/// All numbers are given.
pub const ALL_GIVEN: &str = "All nine numbers are given: `favourite NAME N` takes one of them.";

/// Nobody on the list has this name.
pub fn no_friend(name: &str) -> String {
    format!("Nobody on your friend list is called `{name}`.")
}

/// Nobody has this number; `favour` gives one.
pub fn nobody_has(number: usize, favour: &str) -> String {
    format!("No friend is favourite {number}: {favour} makes the selected one a favourite.")
}

/// Somebody became a favourite, or is none any more.
pub fn became(name: &str, favourite: Option<Favourite>) -> String {
    match favourite {
        Some(number) => format!("{name} is favourite {number} now."),
        None => format!("{name} is no favourite any more."),
    }
}

/// Where digits would choose favourites, while there are none; `favour` makes one.
pub fn how_to(favour: &str) -> String {
    format!("no favourites yet: {favour} on a friend of your list gives a digit")
}

//! Who belongs to another organisation than whoever reads it.

use crate::domain::organisation::Organisation;
use crate::domain::person::Person;

/// The least there is to say of it.
pub const MARK: &str = "ext";

/// That somebody belongs to another organisation, and to which.
pub fn external(of: &Organisation) -> String {
    format!("external: {of}")
}

/// The same in at most `room` columns, but for [`MARK`], which is always said.
pub fn external_in(of: &Organisation, room: u16) -> String {
    let ways = [external(of), "external".to_owned()];
    let fits = |text: &String| text.len() <= usize::from(room);
    ways.into_iter().find(fits).unwrap_or_else(|| MARK.to_owned())
}

/// How somebody is called in a sentence for `me`: `Bob`, or `Bob (external: acme)`.
pub fn named(person: &Person, me: Option<&Person>) -> String {
    match person.external_to(me) {
        Some(of) => format!("{} ({})", person.display_name, external(of)),
        None => person.display_name.to_string(),
    }
}

/// The same with the user name: `Bob (bob)`, or `Bob (bob, external: acme)`.
pub fn introduced(person: &Person, me: Option<&Person>) -> String {
    let Person { name, display_name, .. } = person;
    match person.external_to(me) {
        Some(of) => format!("{display_name} ({name}, {})", external(of)),
        None => format!("{display_name} ({name})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_external_is_said_to_be_in_the_room_there_is() {
        let acme: Organisation = "acme".parse().unwrap();
        let said = [40, 14, 13, 8, 7, 0].map(|room| external_in(&acme, room));
        assert_eq!(said, ["external: acme", "external: acme", "external", "external", "ext", "ext"]);
    }

    #[test]
    fn who_is_external_hangs_on_who_looks() {
        let bob = Person::new("8:bob".parse().unwrap(), "bob".parse().unwrap(), "Bob".into());
        let of_acme = Person { organisation: "acme".parse().unwrap(), ..bob.clone() };
        assert_eq!(named(&of_acme, Some(&bob)), "Bob (external: acme)");
        assert_eq!(introduced(&bob, Some(&of_acme)), "Bob (bob, external: main)");
        assert_eq!(named(&of_acme, Some(&of_acme)), "Bob");
        assert_eq!(introduced(&of_acme, None), "Bob (bob)", "nobody is, to nobody");
    }
}

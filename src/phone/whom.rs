//! Whom a typed name means. Pure.

use crate::domain::person::Person;
use crate::domain::text::folded;

/// Whom a name means.
#[derive(Debug, PartialEq)]
pub enum Meant {
    /// This one.
    One(Person),
    /// One of these.
    Several(Vec<Person>),
    /// None of them.
    Nobody,
}

/// Whom `name` means among `people`: a whole identity or user name first, then a whole display name, as it is written or else
/// as anybody can type it.
pub fn meant<'a>(name: &str, people: impl Iterator<Item = &'a Person> + Clone) -> Meant {
    let name = name.trim();
    let exact = |p: &&Person| p.identity.as_str() == name || p.name.as_str().eq_ignore_ascii_case(name);
    if let Some(person) = people.clone().find(exact) {
        return Meant::One(person.clone());
    }
    match shown_as(name, people.clone(), str::to_lowercase) {
        Meant::Nobody => shown_as(name, people, folded),
        known => known,
    }
}

fn shown_as<'a>(name: &str, people: impl Iterator<Item = &'a Person>, alike: fn(&str) -> String) -> Meant {
    let name = alike(name);
    let shown: Vec<Person> = people.filter(|p| alike(p.display_name.as_str()) == name).cloned().collect();
    match <[Person; 1]>::try_from(shown) {
        Ok([person]) => Meant::One(person),
        Err(none) if none.is_empty() => Meant::Nobody,
        Err(several) => Meant::Several(several),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, display_name: &str) -> Person {
        Person::new(format!("8:{name}").parse().unwrap(), name.parse().unwrap(), display_name.into())
    }

    #[test]
    fn a_name_means_a_user_name_before_a_display_name() {
        let people = [person("bob", "Robert"), person("robert", "Bob"), person("b2", "Bob")];
        assert_eq!(meant("BOB", people.iter()), Meant::One(people[0].clone()));
        assert_eq!(meant("8:b2", people.iter()), Meant::One(people[2].clone()));
        assert_eq!(meant("Robert", people.iter()), Meant::One(people[1].clone()));
        assert_eq!(meant("nobody", people.iter()), Meant::Nobody);
    }

    #[test]
    fn a_display_name_is_meant_as_it_is_written_before_it_is_as_it_can_be_typed() {
        let people = [person("j1", "José"), person("j2", "Jose"), person("m", "Müller")];
        assert_eq!(meant("josé", people.iter()), Meant::One(people[0].clone()));
        assert_eq!(meant("JOSE", people.iter()), Meant::One(people[1].clone()));
        assert_eq!(meant("muller", people.iter()), Meant::One(people[2].clone()));
    }

    #[test]
    fn two_people_of_one_display_name_are_ambiguous() {
        let people = [person("b1", "Bob Smith"), person("b2", "bob smith")];
        assert_eq!(meant("Bob Smith", people.iter()), Meant::Several(people.to_vec()));
    }
}

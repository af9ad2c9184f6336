//! Which source a receiver hears in which of its slots. Sticky: who has a slot keeps it. Pure.

/// The source in each slot; the index is the slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assignment<S> {
    slots: Vec<Place<S>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place<S> {
    source: Option<S>,
    /// Who was here last, so that somebody who comes back finds the old place.
    last: Option<S>,
    /// Who was last said to be here.
    told: Option<S>,
    changed: bool,
}

impl<S: Copy + PartialEq> Assignment<S> {
    /// No slots.
    pub(super) fn new() -> Self {
        Self { slots: Vec::new() }
    }

    /// Adds a free slot behind the others.
    pub(super) fn grow(&mut self) {
        self.slots.push(Place { source: None, last: None, told: None, changed: false });
    }

    /// How many slots there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The slot of a source.
    pub(super) fn slot(&self, source: S) -> Option<usize> {
        self.slots.iter().position(|place| place.source == Some(source))
    }

    /// Gives slots to `wanted`, to the first ones when there are too few. Calls `changed` with the slots whose source is another.
    pub(super) fn assign(&mut self, wanted: &[S], mut changed: impl FnMut(usize)) {
        let wanted = &wanted[..wanted.len().min(self.slots.len())];
        for place in &mut self.slots {
            place.changed = place.source.is_some_and(|source| !wanted.contains(&source));
            if place.changed {
                place.last = place.source.take();
            }
        }
        for &source in wanted {
            if self.slot(source).is_none()
                && let Some(free) = self.best_free(source)
            {
                let place = &mut self.slots[free];
                (place.source, place.changed) = (Some(source), true);
            }
        }
        (0..self.slots.len()).filter(|&at| self.slots[at].changed).for_each(&mut changed);
    }

    /// Notes that the sources are told of that are `known`; the others are not. Whether that is news.
    pub(super) fn tell(&mut self, known: impl Fn(S) -> bool) -> bool {
        let mut news = false;
        for place in &mut self.slots {
            let told = place.source.filter(|&source| known(source));
            news |= std::mem::replace(&mut place.told, told) != told;
        }
        news
    }

    /// Who is said to be in each slot.
    pub(super) fn told(&self) -> impl Iterator<Item = Option<S>> {
        self.slots.iter().map(|place| place.told)
    }

    /// The place the source had before, else one nobody had, else any that is free.
    fn best_free(&self, source: S) -> Option<usize> {
        let free = || self.slots.iter().enumerate().filter(|(_, place)| place.source.is_none());
        free()
            .find(|(_, place)| place.last == Some(source))
            .or_else(|| free().find(|(_, place)| place.last.is_none()))
            .or_else(|| free().next())
            .map(|(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::Assignment;

    fn with_slots(count: usize) -> Assignment<char> {
        let mut slots = Assignment::new();
        (0..count).for_each(|_| slots.grow());
        slots
    }

    fn assign(slots: &mut Assignment<char>, wanted: &str) -> Vec<usize> {
        let mut changed = Vec::new();
        slots.assign(&wanted.chars().collect::<Vec<_>>(), |at| changed.push(at));
        changed
    }

    fn sources(slots: &Assignment<char>) -> String {
        slots.slots.iter().map(|place| place.source.unwrap_or('-')).collect()
    }

    #[test]
    fn who_has_a_slot_keeps_it() {
        let mut slots = with_slots(4);
        assert_eq!(assign(&mut slots, "ab"), [0, 1]);
        assert!(assign(&mut slots, "ba").is_empty());
        assert_eq!(assign(&mut slots, "cb"), [0, 2]);
        assert_eq!(sources(&slots), "-bc-");
    }

    #[test]
    fn who_comes_back_finds_the_old_slot() {
        let mut slots = with_slots(4);
        for wanted in ["ab", "m", "b"] {
            assign(&mut slots, wanted);
        }
        assert_eq!(sources(&slots), "-b--");
    }

    #[test]
    fn the_first_wanted_come_first_when_slots_are_few() {
        let mut slots = with_slots(2);
        assign(&mut slots, "abc");
        assert_eq!(sources(&slots), "ab");
        assert_eq!(slots.slot('c'), None);
        assign(&mut slots, "bc");
        assert_eq!(sources(&slots), "cb");
        assert_eq!(assign(&mut slots, "pcb"), [1], "the most important goes before who is there");
        assert_eq!(sources(&slots), "cp");
    }

    #[test]
    fn no_slots_is_no_trouble() {
        assert!(assign(&mut with_slots(0), "a").is_empty());
    }

    #[test]
    fn only_what_is_known_is_told_and_only_once() {
        let mut slots = with_slots(2);
        assign(&mut slots, "pa");
        assert!(slots.tell(|source| source == 'p'));
        assert_eq!(slots.told().collect::<Vec<_>>(), [Some('p'), None]);
        assign(&mut slots, "pb");
        assert!(!slots.tell(|source| source == 'p'));
        assign(&mut slots, "b");
        assert!(slots.tell(|source| source == 'p'));
    }
}

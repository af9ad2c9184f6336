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
}

impl<S: Copy + PartialEq> Assignment<S> {
    /// No slots.
    pub(super) fn new() -> Self {
        Self { slots: Vec::new() }
    }

    /// Adds a free slot behind the others.
    pub(super) fn grow(&mut self) {
        self.slots.push(Place { source: None, last: None });
    }

    /// The source in a slot.
    pub(super) fn source(&self, slot: usize) -> Option<S> {
        self.slots.get(slot).and_then(|place| place.source)
    }

    /// The slot of a source.
    pub(super) fn slot(&self, source: S) -> Option<usize> {
        self.slots.iter().position(|place| place.source == Some(source))
    }

    /// Gives slots to `wanted`, the first ones first when there are too few. Returns the slots whose source changed.
    pub(super) fn assign(&mut self, wanted: &[S]) -> Vec<usize> {
        let before: Vec<_> = self.slots.iter().map(|place| place.source).collect();
        for place in &mut self.slots {
            if place.source.is_some_and(|source| !wanted.contains(&source)) {
                place.last = place.source.take();
            }
        }
        for &source in wanted {
            if self.slot(source).is_none()
                && let Some(free) = self.best_free(source)
            {
                self.slots[free].source = Some(source);
            }
        }
        (0..self.slots.len()).filter(|&at| self.slots[at].source != before[at]).collect()
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

    fn sources(slots: &Assignment<char>) -> String {
        (0..slots.slots.len()).map(|at| slots.source(at).unwrap_or('-')).collect()
    }

    #[test]
    fn who_has_a_slot_keeps_it() {
        let mut slots = with_slots(4);
        assert_eq!(slots.assign(&['a', 'b']), vec![0, 1]);
        assert_eq!(slots.assign(&['b', 'a']), Vec::<usize>::new());
        assert_eq!(slots.assign(&['c', 'b']), vec![0, 2]);
        assert_eq!(sources(&slots), "-bc-");
    }

    #[test]
    fn who_comes_back_finds_the_old_slot() {
        let mut slots = with_slots(4);
        slots.assign(&['a', 'b']);
        slots.assign(&['m']);
        slots.assign(&['b']);
        assert_eq!(sources(&slots), "-b--");
    }

    #[test]
    fn the_first_wanted_come_first_when_slots_are_few() {
        let mut slots = with_slots(2);
        slots.assign(&['a', 'b', 'c']);
        assert_eq!(sources(&slots), "ab");
        assert_eq!(slots.slot('c'), None);
        slots.assign(&['b', 'c']);
        assert_eq!(sources(&slots), "cb");
    }

    #[test]
    fn no_slots_is_no_trouble() {
        let mut slots = with_slots(0);
        assert!(slots.assign(&['a']).is_empty());
    }
}

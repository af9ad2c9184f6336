//! Which rows of a list are seen: a window that holds the selected one.

use std::ops::Range;

/// The rows to show of `count` when `height` fit and `selected` has to be among them, near the middle.
pub(crate) fn window(count: usize, selected: usize, height: u16) -> Range<usize> {
    let height = usize::from(height).min(count);
    let start = selected.saturating_sub(height / 2).min(count - height);
    start..start + height
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn the_selected_row_is_seen() {
        for (count, selected, height, seen) in [
            (3, 0, 9, 0..3),
            (20, 0, 5, 0..5),
            (20, 10, 5, 8..13),
            (20, 19, 5, 15..20),
            (20, 5, 0, 5..5),
            (0, 0, 5, 0..0),
        ] {
            assert_eq!(window(count, selected, height), seen);
        }
    }
}

//! What two texts differ in, line by line: the longest common subsequence, and what is on one side only.

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// On both sides.
    Same,
    /// On the first side only.
    Gone,
    /// On the second side only.
    New,
}

/// The longest texts that are compared, in lines; the rest is left out.
const LONGEST: usize = 1000;

/// The lines of both texts, in order, and on which side they are.
pub fn diff(first: &str, second: &str) -> Vec<(Change, String)> {
    let a: Vec<&str> = first.lines().take(LONGEST).collect();
    let b: Vec<&str> = second.lines().take(LONGEST).collect();
    let common = common(&a, &b);
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::new();
    while i < a.len() || j < b.len() {
        let at = |i: usize, j: usize| common[i * (b.len() + 1) + j];
        let (change, line) = if i < a.len() && j < b.len() && a[i] == b[j] {
            (i, j) = (i + 1, j + 1);
            (Change::Same, a[i - 1])
        } else if i < a.len() && (j == b.len() || at(i + 1, j) >= at(i, j + 1)) {
            i += 1;
            (Change::Gone, a[i - 1])
        } else {
            j += 1;
            (Change::New, b[j - 1])
        };
        out.push((change, super::printed(line)));
    }
    out
}

/// How many lines are common to the rest of both, from each pair of lines on.
fn common(a: &[&str], b: &[&str]) -> Vec<u16> {
    let width = b.len() + 1;
    let mut lengths = vec![0; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            lengths[i * width + j] = if a[i] == b[j] {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(first: &str, second: &str) -> String {
        let sign = |change| match change {
            Change::Same => ' ',
            Change::Gone => '-',
            Change::New => '+',
        };
        diff(first, second).iter().map(|(change, line)| format!("{}{line}\n", sign(*change))).collect()
    }

    #[test]
    fn lines_of_one_side_only_are_told_in_their_place() {
        assert_eq!(told("a\nb\nc", "a\nx\nc\nd"), " a\n-b\n+x\n c\n+d\n");
        assert_eq!(told("", "a"), "+a\n");
        assert_eq!(told("a", ""), "-a\n");
        assert_eq!(told("  a\n  b", "  a\n  b"), "   a\n   b\n");
    }

    #[test]
    fn long_texts_are_cut() {
        let long = "x\n".repeat(5000);
        assert_eq!(diff(&long, &long).len(), LONGEST);
    }
}

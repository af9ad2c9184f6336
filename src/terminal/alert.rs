//! What the terminal itself is told, as bytes: bell, title, notification, clipboard, synchronized output.
//!
//! Texts in these sequences are made printable first, so that none can end its sequence early.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::domain::text::printable;

/// Rings the terminal's bell.
pub const BELL: &[u8] = b"\x07";

/// Begins a synchronized update (CSI ? 2026 h): the terminal shows nothing until it ends.
pub const BEGIN_UPDATE: &[u8] = b"\x1b[?2026h";

/// Ends a synchronized update.
pub const END_UPDATE: &[u8] = b"\x1b[?2026l";

/// Puts the terminal's title on its stack (XTWINOPS 22;0).
pub const SAVE_TITLE: &[u8] = b"\x1b[22;0t";

/// Takes it from there again (XTWINOPS 23;0).
pub const RESTORE_TITLE: &[u8] = b"\x1b[23;0t";

/// Names the terminal (OSC 2).
pub fn title(text: &str) -> Vec<u8> {
    format!("\x1b]2;{}\x07", printable(text, 120)).into_bytes()
}

/// Asks the terminal to notify the person (OSC 9, known to iTerm2, kitty, WezTerm, Windows Terminal and others).
pub fn notification(text: &str) -> Vec<u8> {
    // A leading digit and semicolon would be read as another command (`9;4` is progress).
    let text = printable(text, 120).replace(';', ",");
    format!("\x1b]9;{text}\x07").into_bytes()
}

/// Asks the terminal to put `text` on the clipboard (OSC 52, xterm's "Manipulate Selection Data"); works over ssh too.
pub fn clipboard(text: &str) -> Vec<u8> {
    format!("\x1b]52;c;{}\x07", BASE64_STANDARD.encode(text)).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_text_is_coded() {
        assert_eq!(clipboard("http://h/j/k7mq-3tzf"), b"\x1b]52;c;aHR0cDovL2gvai9rN21xLTN0emY=\x07");
    }

    #[test]
    fn texts_can_not_end_their_sequence() {
        assert_eq!(title("Bob\x07\x1b]52;c;\u{9c} calls"), b"\x1b]2;Bob]52;c; calls\x07");
        assert_eq!(notification("4;1;99\x1b\\ Bob"), b"\x1b]9;4,1,99\\ Bob\x07");
    }
}

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

/// A sequence by which terminals show notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// OSC 9, of iTerm2; known to kitty, WezTerm, Ghostty, Windows Terminal and others.
    Osc9,
    /// OSC 777, of rxvt-unicode; known to foot and the terminals of GNOME.
    Osc777,
}

/// A program between this one and the terminal, which has to be told to let a sequence through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// Nothing.
    Nothing,
    /// tmux, by its own DCS; it lets it through where `allow-passthrough` is on.
    Tmux,
    /// GNU Screen, by any DCS.
    Screen,
}

/// How the terminal is asked to notify the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notifier {
    /// By a sequence.
    Sequence(Way, Through),
    /// By its bell.
    Bell,
    /// Not at all.
    Off,
}

impl Notifier {
    /// What the terminal is told to notify the person of `text`.
    pub fn bytes(self, text: &str) -> Vec<u8> {
        // What separates the parts of these sequences: a leading digit and semicolon would be another command of OSC 9
        // (`9;4` is progress), and OSC 777 would cut the text there.
        let text = printable(text, 120).replace(';', ",");
        match self {
            Self::Sequence(way, through) => through.wrapped(&way.sequence(&text)),
            Self::Bell => BELL.to_vec(),
            Self::Off => Vec::new(),
        }
    }
}

impl Way {
    fn sequence(self, text: &str) -> String {
        match self {
            Self::Osc9 => format!("\x1b]9;{text}\x07"),
            Self::Osc777 => format!("\x1b]777;notify;switchboard;{text}\x07"),
        }
    }
}

impl Through {
    fn wrapped(self, sequence: &str) -> Vec<u8> {
        match self {
            Self::Nothing => sequence.to_owned(),
            // tmux(1), allow-passthrough: every escape within is doubled.
            Self::Tmux => format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b")),
            // screen(1), "DCS: outputs a string directly to the host terminal".
            Self::Screen => format!("\x1bP{sequence}\x1b\\"),
        }
        .into_bytes()
    }
}

/// What the environment says of the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    way: Option<Way>,
    through: Through,
}

impl Surroundings {
    /// Looks at the variables terminals, tmux and GNU Screen set. Over SSH mostly TERM is left of them.
    pub fn found(variable: impl Fn(&str) -> Option<String>) -> Self {
        let term = variable("TERM").unwrap_or_default();
        let begins = |with: &[&str]| with.iter().any(|start| term.starts_with(start));
        let through = match (variable("TMUX").is_some(), variable("STY").is_some()) {
            (true, _) => Through::Tmux,
            (false, true) => Through::Screen,
            (false, false) if begins(&["tmux"]) => Through::Tmux,
            // Either of them, and one that is not meant for it hides this one.
            (false, false) if begins(&["screen"]) => Through::Screen,
            (false, false) => Through::Nothing,
        };
        let of_gnome = variable("VTE_VERSION").is_some();
        let way = match term.as_str() {
            "" | "dumb" | "linux" => None,
            _ if begins(&["foot", "rxvt"]) || of_gnome => Some(Way::Osc777),
            _ => Some(Way::Osc9),
        };
        Self { way, through }
    }

    /// The way this terminal is likely to understand; its bell where it understands none.
    pub fn notifier(&self) -> Notifier {
        self.way.map_or(Notifier::Bell, |way| self.through(way))
    }

    /// This way, whatever the terminal is.
    pub fn through(&self, way: Way) -> Notifier {
        Notifier::Sequence(way, self.through)
    }
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
        let hostile = "4;1;99\x1b\\\u{9c}\x07 Bob";
        let osc9 = Notifier::Sequence(Way::Osc9, Through::Nothing).bytes(hostile);
        assert_eq!(osc9, b"\x1b]9;4,1,99\\ Bob\x07");
        let osc777 = Notifier::Sequence(Way::Osc777, Through::Nothing).bytes(hostile);
        assert_eq!(osc777, b"\x1b]777;notify;switchboard;4,1,99\\ Bob\x07");
    }

    #[test]
    fn tmux_and_screen_let_a_notification_through() {
        let bytes = |through| Notifier::Sequence(Way::Osc9, through).bytes("Bob calls");
        assert_eq!(bytes(Through::Tmux), b"\x1bPtmux;\x1b\x1b]9;Bob calls\x07\x1b\\");
        assert_eq!(bytes(Through::Screen), b"\x1bP\x1b]9;Bob calls\x07\x1b\\");
        assert_eq!(Notifier::Bell.bytes("x"), BELL);
        assert_eq!(Notifier::Off.bytes("x"), b"");
    }

    #[test]
    fn the_way_follows_the_terminal() {
        #[track_caller]
        fn check(variables: &[(&str, &str)], expected: Notifier) {
            let variable = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(Surroundings::found(variable).notifier(), expected, "{variables:?}");
        }
        let plain = |way| Notifier::Sequence(way, Through::Nothing);
        check(&[("TERM", "xterm-kitty")], plain(Way::Osc9));
        check(&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")], plain(Way::Osc9));
        check(&[("TERM", "xterm-256color"), ("VTE_VERSION", "7600")], plain(Way::Osc777));
        check(&[("TERM", "foot-extra")], plain(Way::Osc777));
        check(&[("TERM", "rxvt-unicode-256color")], plain(Way::Osc777));
        let tmux = Notifier::Sequence(Way::Osc9, Through::Tmux);
        check(&[("TERM", "screen-256color"), ("TMUX", "/tmp/tmux-0/default,1,0")], tmux);
        check(&[("TERM", "tmux-256color")], tmux);
        check(&[("TERM", "screen"), ("STY", "1.pts")], Notifier::Sequence(Way::Osc9, Through::Screen));
        check(&[("TERM", "linux")], Notifier::Bell);
        check(&[], Notifier::Bell);
    }
}

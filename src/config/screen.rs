//! `[screen]`: what the terminal shows and which keys do what.

use std::collections::BTreeMap;

use super::section::section;
use super::value::choice;

choice! {
    /// Whether to use colours.
    Colour {
        /// Unless the environment says no (`NO_COLOR`).
        Auto = "auto",
        /// Always.
        Always = "always",
        /// Never.
        Never = "never",
    }
}

choice! {
    /// How the terminal is asked to notify the person, who may look at something else.
    Notify {
        /// As the terminal is likely to understand it.
        Auto = "auto",
        /// By OSC 9.
        Osc9 = "osc9",
        /// By OSC 777.
        Osc777 = "osc777",
        /// By its bell.
        Bell = "bell",
        /// Not at all.
        Off = "off",
    }
}

/// Texts by name.
pub type Names = BTreeMap<String, String>;

section! {
    /// The screen.
    Screen in "screen" {
        /// Draw with plain ASCII characters only.
        ascii: bool = false,
        /// Plain mode: no pictures, one line for each event, and words typed as commands. Also where TERM is dumb.
        plain: bool = false,
        /// Colours: auto (unless NO_COLOR is set), always or never.
        colour: Colour = Colour::Auto,
        /// Ring the terminal's bell when somebody calls or shares a group.
        bell: bool = true,
        /// How the terminal is asked to show a notification of a call that rings or was missed: osc9 (iTerm2, kitty,
        /// WezTerm, Ghostty and others), osc777 (foot, rxvt-unicode, terminals of GNOME), bell, off, or auto, which goes by
        /// TERM and other variables. Inside tmux, `set -g allow-passthrough on` lets them through.
        notify: Notify = Notify::Auto,
        /// Show calls in the terminal's title.
        title: bool = true,
        /// Styles by role, such as: live = "bold green". A style is a colour (of the sixteen by name, of the 256 by
        /// number, or #rrggbb), a background after "on", and bold, dim, italic, underlined or reversed. A role that does
        /// not exist is refused with the list of those that do.
        theme: Names = Names::new(),
        /// Keys by action, such as: mute = "m Space". They replace the action's own keys. The help (F1 on the screen)
        /// names the actions.
        keys: Names = Names::new(),
    }
}

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

/// Texts by name.
pub type Names = BTreeMap<String, String>;

section! {
    /// The screen.
    Screen in "screen" {
        /// Draw with plain ASCII characters only.
        ascii: bool = false,
        /// Colours: auto (unless NO_COLOR is set), always or never.
        colour: Colour = Colour::Auto,
        /// Ring the terminal's bell when somebody calls or shares a group.
        bell: bool = true,
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

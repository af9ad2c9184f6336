//! What things look like: styles by role, and the glyphs. Sixteen colours, so that the terminal's own palette decides;
//! state is never told by colour alone.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

/// What a colour is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the meaning; they are also the names in the configuration")]
pub enum Role {
    Text,
    Dim,
    Border,
    Focus,
    Title,
    Good,
    Warn,
    Bad,
    Live,
    Muted,
    Held,
    Ring,
    RingBlink,
    Selected,
    Key,
    Badge,
    Qr,
}

/// Every role with its name in the configuration and its default.
const ROLES: &[(Role, &str, &str)] = &[
    (Role::Text, "text", ""),
    (Role::Dim, "dim", "darkgray"),
    (Role::Border, "border", "darkgray"),
    (Role::Focus, "focus", "cyan"),
    (Role::Title, "title", "bold"),
    (Role::Good, "good", "green"),
    (Role::Warn, "warn", "yellow"),
    (Role::Bad, "bad", "bold lightred"),
    (Role::Live, "live", "bold green"),
    (Role::Muted, "muted", "bold reversed lightred"),
    (Role::Held, "held", "bold yellow"),
    (Role::Ring, "ring", "bold black on yellow"),
    (Role::RingBlink, "ring_blink", "bold black on lightyellow"),
    (Role::Selected, "selected", "reversed"),
    (Role::Key, "key", "bold cyan"),
    (Role::Badge, "badge", "reversed"),
    // Codes are read by cameras: dark on light, whatever the rest of the screen looks like.
    (Role::Qr, "qr", "black on white"),
];

/// Why a theme of the configuration can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ThemeError {
    /// No role has this name.
    #[error("no colour role is called `{0}`; there are: {roles}", roles = role_names())]
    UnknownRole(String),
    /// The text is no style.
    #[error(
        "`{0}` is no style: use words such as `bold red on black`, `#ff8800`, `208`, `dim`, `underlined`, `reversed`"
    )]
    NotAStyle(String),
}

fn role_names() -> String {
    ROLES.iter().map(|(_, name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// Whether to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourChoice {
    /// Unless the environment says no (`NO_COLOR`, no-color.org).
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never: bold, underline and reversal only.
    Never,
}

impl ColourChoice {
    /// Decides, given the value of `NO_COLOR`: any value but an empty one means no.
    pub fn decide(self, no_color: Option<&str>) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => no_color.is_none_or(str::is_empty),
        }
    }
}

/// A style for every role.
#[derive(Debug, Clone)]
pub struct Theme {
    styles: [Style; ROLES.len()],
}

impl Theme {
    /// The defaults with `overrides` of (role name, style); without colours when `colour` is false.
    ///
    /// # Errors
    /// When a role is unknown or a style can't be read.
    pub fn new(colour: bool, overrides: &[(String, String)]) -> Result<Self, ThemeError> {
        let mut styles = [Style::new(); ROLES.len()];
        for (style, (_, _, default)) in styles.iter_mut().zip(ROLES) {
            *style = parse(default)?;
        }
        for (name, text) in overrides {
            let index = ROLES.iter().position(|(_, n, _)| n == name);
            styles[index.ok_or_else(|| ThemeError::UnknownRole(name.clone()))?] = parse(text)?;
        }
        if !colour {
            styles.iter_mut().for_each(without_colour);
        }
        Ok(Self { styles })
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }
}

/// Takes the colours out; what stood on a background of its own is reversed, so that it still stands out.
fn without_colour(style: &mut Style) {
    let modifier = if style.bg.is_some() { style.add_modifier | Modifier::REVERSED } else { style.add_modifier };
    *style = Style::new().add_modifier(modifier);
}

fn parse(text: &str) -> Result<Style, ThemeError> {
    let bad = || ThemeError::NotAStyle(text.to_owned());
    let mut style = Style::new();
    let mut background = false;
    for word in text.split_whitespace() {
        match word {
            "bold" => style = style.add_modifier(Modifier::BOLD),
            "dim" => style = style.add_modifier(Modifier::DIM),
            "italic" => style = style.add_modifier(Modifier::ITALIC),
            "underlined" => style = style.add_modifier(Modifier::UNDERLINED),
            "reversed" => style = style.add_modifier(Modifier::REVERSED),
            "on" => background = true,
            colour => {
                let colour: Color = colour.parse().map_err(|_| bad())?;
                style = if std::mem::take(&mut background) { style.bg(colour) } else { style.fg(colour) };
            }
        }
    }
    if background { Err(bad()) } else { Ok(style) }
}

/// The characters that are drawn as signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the sign for the state it is named after")]
pub struct Glyphs {
    pub online: &'static str,
    pub away: &'static str,
    pub in_call: &'static str,
    pub do_not_disturb: &'static str,
    pub offline: &'static str,
    pub waiting: &'static str,
    pub live: &'static str,
    pub speaking: &'static str,
    pub muted: &'static str,
    pub held: &'static str,
    pub parked: &'static str,
    pub joined: [&'static str; 3],
    pub ended: &'static str,
    pub meter_on: &'static str,
    pub meter_off: &'static str,
    pub ellipsis: &'static str,
    pub selected: &'static str,
    pub separator: &'static str,
    pub incoming: &'static str,
    pub outgoing: &'static str,
    pub warning: &'static str,
    pub rule: &'static str,
    pub bars: [&'static str; 8],
    pub border: border::Set<'static>,
}

/// The signs for terminals that show Unicode.
pub const UNICODE: Glyphs = Glyphs {
    online: "●",
    away: "◐",
    in_call: "◉",
    do_not_disturb: "⊖",
    offline: "○",
    waiting: "◌",
    live: "●",
    speaking: "▶",
    muted: "✕",
    held: "‖",
    parked: "▣",
    joined: ["╭", "│", "╰"],
    ended: "■",
    meter_on: "▆",
    meter_off: "▁",
    ellipsis: "…",
    selected: "▸",
    separator: "·",
    incoming: "↙",
    outgoing: "↗",
    warning: "▲",
    rule: "─",
    bars: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    border: border::PLAIN,
};

/// The signs for terminals that show ASCII only.
pub const ASCII: Glyphs = Glyphs {
    online: "*",
    away: "~",
    in_call: "@",
    do_not_disturb: "!",
    offline: "o",
    waiting: ".",
    live: "*",
    speaking: ")",
    muted: "x",
    held: "=",
    parked: "%",
    joined: ["/", "|", "\\"],
    ended: "#",
    meter_on: "#",
    meter_off: "-",
    ellipsis: "~",
    selected: ">",
    separator: "|",
    incoming: "<",
    outgoing: ">",
    warning: "!",
    rule: "-",
    bars: ["_", ".", ":", "-", "=", "+", "*", "#"],
    border: border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    fn with(role: &str, style: &str) -> Result<Theme, ThemeError> {
        Theme::new(true, &[(role.to_owned(), style.to_owned())])
    }

    #[test]
    fn roles_are_in_the_order_of_the_table() {
        for (index, (role, name, _)) in ROLES.iter().enumerate() {
            assert_eq!(*role as usize, index, "{name}");
        }
    }

    #[test]
    fn roles_take_styles_from_the_configuration() {
        let theme = with("good", "underlined #102030 on 208").unwrap();
        let wanted = Style::new().fg(Color::Rgb(16, 32, 48)).bg(Color::Indexed(208)).add_modifier(Modifier::UNDERLINED);
        assert_eq!(theme.style(Role::Good), wanted);
        assert_eq!(with("nice", "red"), Err(ThemeError::UnknownRole("nice".to_owned())));
        for bad in ["reddish", "red on", "on", "#12"] {
            assert!(with("good", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn without_colour_only_weight_is_left() {
        let theme = Theme::new(false, &[("good".to_owned(), "red on blue".to_owned())]).unwrap();
        for (role, name, _) in ROLES {
            let style = theme.style(*role);
            assert!(style.fg.is_none() && style.bg.is_none(), "{name}");
        }
        assert!(theme.style(Role::Ring).add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn no_color_is_obeyed_unless_told_otherwise() {
        for (choice, variable, colour) in [
            (ColourChoice::Auto, None, true),
            (ColourChoice::Auto, Some(""), true),
            (ColourChoice::Auto, Some("1"), false),
            (ColourChoice::Always, Some("1"), true),
            (ColourChoice::Never, None, false),
        ] {
            assert_eq!(choice.decide(variable), colour);
        }
    }

    impl PartialEq for Theme {
        fn eq(&self, other: &Self) -> bool {
            self.styles == other.styles
        }
    }
}

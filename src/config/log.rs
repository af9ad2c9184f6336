//! `[log]`: how much is written down.

use super::section::section;
use super::value::choice;

choice! {
    /// How much the log tells.
    Level {
        /// What stopped working.
        Error = "error",
        /// What somebody should look at.
        Warn = "warn",
        /// What a user would notice.
        Info = "info",
        /// What helps to find a fault; holds names of people.
        Debug = "debug",
        /// Everything, packets too.
        Trace = "trace",
    }
}

choice! {
    /// How the log is written.
    Format {
        /// For people.
        Text = "text",
        /// An object of JSON a line, for programs.
        Json = "json",
    }
}

section! {
    /// The log.
    Log in "log" {
        /// How much it tells: error, warn, info, debug (with names of people) or trace (every packet).
        level: Level = Level::Info,
        /// How it is written: text, or json (an object a line).
        format: Format = Format::Text,
    }
}

//! `[hooks]`: programs the phone runs when something happens to a call.

use toml::Value;

use super::section::section;
use super::value::Setting;

/// What a hook is told in environment variables, each with `SWITCHBOARD_` before it; a hook that runs this program in turn
/// hands them on.
pub const HOOK_FACTS: &[&str] = &[
    "EVENT",
    "CALL_ID",
    "FROM_NAME",
    "FROM_IDENTITY",
    "GROUP",
    "DIRECTION",
    "REASON",
    "CODE",
    "SUB_CODE",
    "SECONDS",
    "MISSED",
];

/// A program and its arguments; nothing when there is none. No shell ever reads it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Program(Vec<String>);

impl Program {
    /// The program and its arguments; `None` when there is none.
    pub fn parts(&self) -> Option<(&str, &[String])> {
        self.0.split_first().map(|(program, arguments)| (program.as_str(), arguments))
    }
}

impl Setting for Program {
    fn read(value: &Value) -> Result<Self, String> {
        let expected = "use the path of a program, or a list of it and its arguments: [\"/path/program\", \"…\"]";
        let parts = match value {
            Value::String(path) if path.is_empty() => Vec::new(),
            Value::String(path) => vec![path.clone()],
            Value::Array(parts) => {
                let texts = parts.iter().map(|part| part.as_str().map(str::to_owned));
                texts.collect::<Option<Vec<_>>>().ok_or(expected)?
            }
            _ => return Err(expected.to_owned()),
        };
        let is_usable = parts.first().is_none_or(|program| !program.is_empty());
        let is_whole = parts.iter().all(|part| !part.contains('\0'));
        if is_usable && is_whole { Ok(Self(parts)) } else { Err(expected.to_owned()) }
    }

    fn write(&self) -> Value {
        match self.0.as_slice() {
            [] => Value::String(String::new()),
            [program] => Value::String(program.clone()),
            parts => Value::Array(parts.iter().cloned().map(Value::String).collect()),
        }
    }

    /// A text that begins with a bracket is a list, as in the file; any other is the path of a program.
    fn from_text(text: &str) -> Value {
        let list = || format!("list = {text}").parse::<toml::Table>().ok()?.remove("list");
        let list = if text.trim_start().starts_with('[') { list() } else { None };
        list.unwrap_or_else(|| Value::String(text.to_owned()))
    }
}

section! {
    /// Programs the phone runs when something happens to a call, on the screen and in headless commands. Each is a path,
    /// or a list of a program and its arguments, such as ["notify-send", "a call"]; never a line for a shell. What
    /// happened is in environment variables: docs/scripts.md names them. Four may run at once, each for ten seconds.
    Hooks in "hooks" {
        /// When a call begins to ring here.
        on_ringing: Program = Program::default(),
        /// When a call was missed.
        on_missed: Program = Program::default(),
        /// When a call is connected.
        on_connected: Program = Program::default(),
        /// When a call is over that was made, joined or answered here.
        on_ended: Program = Program::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Program, String> {
        Program::read(&Program::from_text(text))
    }

    #[test]
    fn a_program_is_a_path_or_a_list() {
        assert_eq!(read("").unwrap().parts(), None);
        // Blanks and quotes are part of a path: no shell takes it apart.
        assert_eq!(read("/opt/my hooks/ring.sh --x").unwrap().parts(), Some(("/opt/my hooks/ring.sh --x", &[][..])));
        let arguments = ["-u".to_owned(), "$(reboot)".to_owned()];
        assert_eq!(
            read("[\"notify-send\", \"-u\", '$(reboot)']").unwrap().parts(),
            Some(("notify-send", &arguments[..]))
        );
        assert_eq!(read("[]").unwrap().parts(), None);
    }

    #[test]
    fn what_is_no_program_says_what_one_looks_like() {
        for bad in [Value::Boolean(true), Value::Array(vec![Value::Integer(1)]), Value::String("a\0b".to_owned())] {
            assert!(Program::read(&bad).unwrap_err().contains("path of a program"), "{bad}");
        }
        assert!(read("[\"\", \"x\"]").is_err());
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["", "/bin/true", "[\"a\", \"b c\"]"] {
            let program = read(text).unwrap();
            assert_eq!(Program::read(&program.write()), Ok(program), "{text}");
        }
    }
}

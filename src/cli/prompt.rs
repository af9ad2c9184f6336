//! Asking a person for something that must not be seen on the screen.

use std::io::{self, Write};

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

use crate::base::secret::Secret;

/// Asks on standard error and reads without echo. Ctrl-C is [`io::ErrorKind::Interrupted`].
pub(crate) fn hidden(what: &str) -> io::Result<Secret<String>> {
    let mut screen = io::stderr();
    write!(screen, "{what}: ")?;
    screen.flush()?;
    enable_raw_mode()?;
    let typed = read_line();
    disable_raw_mode()?;
    writeln!(screen)?;
    typed.map(Secret::new)
}

fn read_line() -> io::Result<String> {
    let mut line = String::new();
    loop {
        let Event::Key(key) = read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return Ok(line),
            KeyCode::Char('c' | 'd') if control => return Err(io::Error::new(io::ErrorKind::Interrupted, "cancelled")),
            KeyCode::Char('u') if control => line.clear(),
            KeyCode::Backspace => {
                line.pop();
            }
            KeyCode::Char(c) if !control => line.push(c),
            _ => {}
        }
    }
}

//! The clipboard of the machine this program runs on, through whatever program reaches it. Where there is none, or over
//! ssh, the caller asks the terminal instead ([`super::alert::clipboard`]).

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::message::Copied;
use crate::base::clock;

/// How long a clipboard program may take before it is given up.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How often it is asked whether it is done.
const PAUSE: Duration = Duration::from_millis(10);

/// A clipboard program: its name, and what makes it take its standard input.
type Program = (&'static str, &'static [&'static str]);

const WL_COPY: Program = ("wl-copy", &[]);
const XCLIP: Program = ("xclip", &["-selection", "clipboard"]);
const XSEL: Program = ("xsel", &["--clipboard", "--input"]);
const PBCOPY: Program = ("pbcopy", &[]);
const CLIP: Program = ("clip.exe", &[]);

/// The programs to try, best first. `has` says whether an environment variable is set, and not empty.
fn programs(has: impl Fn(&str) -> bool, macos: bool) -> Vec<Program> {
    let mut programs = Vec::new();
    if macos && !has("SSH_CONNECTION") {
        programs.push(PBCOPY);
    }
    if has("WSL_DISTRO_NAME") {
        programs.push(CLIP);
    }
    if has("WAYLAND_DISPLAY") {
        programs.push(WL_COPY);
    }
    if has("DISPLAY") {
        programs.extend([XCLIP, XSEL]);
    }
    programs
}

/// Hands `text` to the first clipboard program that takes it; [`Copied::Terminal`] when none does. It waits for them: not
/// for the thread that draws.
pub(super) fn copy(text: &str) -> Copied {
    let has = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    first(&programs(has, cfg!(target_os = "macos")), text, PATIENCE)
}

fn first(programs: &[Program], text: &str, patience: Duration) -> Copied {
    let taken = programs.iter().find(|program| hand_over(program, text, patience));
    taken.map_or(Copied::Terminal, |(name, _)| Copied::Program(name))
}

/// Whether the program took the text and said that all is well.
fn hand_over((name, arguments): &Program, text: &str, patience: Duration) -> bool {
    let mut command = Command::new(name);
    command.args(*arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // These programs stay to serve the text: Ctrl-Z here must not stop them.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let Ok(mut child) = command.spawn() else { return false };
    // Texts are far shorter than a pipe: writing never waits.
    let written = child.stdin.take().is_some_and(|mut stdin| stdin.write_all(text.as_bytes()).is_ok());
    ends_well(&mut child, patience) && written
}

fn ends_well(child: &mut Child, patience: Duration) -> bool {
    let until = clock::now() + patience;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if clock::now() < until => std::thread::sleep(PAUSE),
            Ok(None) | Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(set: &[&str], macos: bool) -> Vec<&'static str> {
        programs(|name| set.contains(&name), macos).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn the_environment_decides_which_programs_are_tried() {
        assert_eq!(names(&[], false), Vec::<&str>::new());
        assert_eq!(names(&["DISPLAY"], false), ["xclip", "xsel"]);
        assert_eq!(names(&["WAYLAND_DISPLAY", "DISPLAY"], false), ["wl-copy", "xclip", "xsel"]);
        assert_eq!(names(&["WSL_DISTRO_NAME", "DISPLAY"], false), ["clip.exe", "xclip", "xsel"]);
        assert_eq!(names(&[], true), ["pbcopy"]);
        assert_eq!(names(&["SSH_CONNECTION"], true), Vec::<&str>::new());
    }

    #[test]
    fn the_first_program_that_takes_the_text_is_named() {
        const ABSENT: Program = ("no-such-clipboard-program", &[]);
        const REFUSES: Program = ("sh", &["-c", "cat > /dev/null; exit 1"]);
        const TAKES: Program = ("grep", &["-qx", "http://h/j/k7mq-3tzf"]);
        let patience = Duration::from_secs(60);
        let copied = |programs: &[Program]| first(programs, "http://h/j/k7mq-3tzf", patience);
        assert_eq!(copied(&[ABSENT, REFUSES, TAKES]), Copied::Program("grep"));
        assert_eq!(copied(&[ABSENT, REFUSES]), Copied::Terminal);
    }

    #[test]
    fn a_program_that_never_ends_is_given_up() {
        const HANGS: Program = ("sleep", &["3600"]);
        assert_eq!(first(&[HANGS], "text", Duration::from_millis(50)), Copied::Terminal);
    }
}

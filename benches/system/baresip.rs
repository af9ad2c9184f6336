//! Another softphone on the same two cards, as it comes: baresip (BSD licence), where it is installed. Figures of one
//! machine mean most beside those of a program everybody can get.

use std::fs;
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use switchboard::base::clock;
use tempfile::TempDir;

use crate::cards::Cards;
use crate::usage::{self, Usage};

/// Far longer than a call takes to come about.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often what they print is looked at.
const STEP: Duration = Duration::from_millis(100);
/// What both print once a call is up.
const ESTABLISHED: &str = "Call established";

/// A call between two of them, without any service between.
pub struct Talk {
    caller: Phone,
    callee: Phone,
}

impl Talk {
    /// Calls from card A to card B.
    pub fn begin(cards: &Cards) -> Result<Self> {
        let (here, there) = (free_port()?, free_port()?);
        let mut callee = Phone::start(cards, "B", there, None)?;
        callee.prints("baresip is ready")?;
        let mut caller = Phone::start(cards, "A", here, Some(there))?;
        caller.prints(ESTABLISHED)?;
        callee.prints(ESTABLISHED)?;
        Ok(Self { caller, callee })
    }

    /// What the caller and the callee use while `span` passes.
    pub fn usage(&self, span: Duration) -> (Option<Usage>, Option<Usage>) {
        usage::of_both(self.caller.child.id(), self.callee.child.id(), span)
    }
}

struct Phone {
    child: Child,
    folder: TempDir,
}

impl Phone {
    /// Starts one on a card; it answers by itself, and calls the port `whom`, if any.
    fn start(cards: &Cards, card: &str, port: u16, whom: Option<u16>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        write_settings(folder.path(), port)?;
        let log = fs::File::create(folder.path().join("log"))?;
        let mut command = Command::new("baresip");
        command.args(["-n", "127.0.0.1", "-f"]).arg(folder.path()).envs(cards.variables(card)?);
        if let Some(whom) = whom {
            command.args(["-e", &format!("/dial sip:phone@127.0.0.1:{whom}")]);
        }
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().context("needs baresip (apt-get install baresip-core)")?;
        Ok(Self { child, folder })
    }

    fn prints(&mut self, text: &str) -> Result<()> {
        let deadline = clock::now() + PATIENCE;
        while clock::now() < deadline && self.child.try_wait()?.is_none() {
            let printed = fs::read(self.folder.path().join("log"))?;
            if String::from_utf8_lossy(&printed).contains(text) {
                return Ok(());
            }
            thread::sleep(STEP);
        }
        bail!("baresip did not print `{text}`")
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        // It has nothing to lose: a signal that can't be missed.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// As it comes, but for the codec and for what keeps it from printing and ringing.
fn write_settings(folder: &Path, port: u16) -> Result<()> {
    let account = format!("<sip:phone@127.0.0.1:{port}>;regint=0;answermode=auto;audio_codecs=opus/48000/2\n");
    let config = format!(
        "sip_listen 127.0.0.1:{port}\n\
         audio_player alsa,default\naudio_source alsa,default\naudio_alert alsa,default\n\
         ring_aufile none\nstatmode_default off\nmodule_path {}\n\
         module opus.so\nmodule alsa.so\nmodule_tmp account.so\nmodule_app menu.so\n",
        modules()?
    );
    for (name, text) in [("accounts", account), ("config", config), ("contacts", String::new())] {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

/// Where distributions put its parts.
fn modules() -> Result<&'static str> {
    let known = ["/usr/lib/baresip/modules", "/usr/lib64/baresip/modules", "/usr/local/lib/baresip/modules"];
    let found = known.into_iter().find(|folder| Path::new(folder).join("alsa.so").exists());
    found.context("needs baresip (apt-get install baresip-core)")
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    Ok(UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port())
}

//! Everything the screen shows, as one value. It holds the time it shows, so that drawing it reads no clock.
//!
//! Changed only by `update`; drawn by `view`.

mod accounts;
mod board;
mod call;
mod contacts;
mod friends;
mod groups;
mod history;
mod input;
mod ladder;
mod lists;
mod offers;
mod pending;
mod pick_up;
mod popup;
mod roster;
mod rules;
mod share;
mod sound;
mod ssh;
mod talk;
mod trail;
mod typing;

use ::time::UtcOffset;

use super::alert::Notifier;
use super::keys::{Action, Context, KeyError, KeyMap};
use super::theme::{self, ColourChoice, Glyphs, Theme, ThemeError};
use crate::domain::call::{Direction, Peer};
use crate::domain::forwarding::AccountRules;
use crate::domain::id::CallId;
use crate::domain::link::OpenedLink;
use crate::domain::park::ParkedCall;
use crate::domain::person::Person;
use crate::domain::presence::PresenceState;
use crate::domain::text::printable;
use crate::domain::time::UnixMillis;
use crate::phone::audio::device::Devices;
use crate::phone::event::{AudioState, Link, SoundState};
use crate::phone::evidence::story::Explanation;

pub use accounts::{GoOn, SavedAccount};
pub use board::{Board, Line, Row};
pub use call::SILENCE;
pub use call::{Ended, Handed, LiveCall, has_microphone};
pub use contacts::{ContactRow, Contacts};
pub use friends::{Friends, Removal};
pub use groups::{Groups, SharedGroup, title};
pub(crate) use groups::{offer, settle};
pub use history::{History, NotePrompt};
pub use input::Input;
pub use ladder::{Change, Ladder, Opened, TimeMode};
pub use lists::{About, Entry, Events, Mood};
pub use pending::{Handing, Pending};
pub use pick_up::{Pickable, Picked};
pub use popup::{Dial, Palette, Popup, Purpose};
pub use roster::Roster;
pub(crate) use roster::{Moves, SEARCH_FROM};
pub use rules::{RuleRow, rule_rows};
pub use share::{JoinPrompt, NamePrompt, Naming, Qr, Question, ShareCard, ShareWith};
pub use sound::{
    DeviceChoice, DeviceRow, Lost, Part, SoundPopup, SoundRow, Turn, VOLUMES, WhyOff, device_rows, part, state,
};
pub(crate) use sound::{beside, stepped};
pub use ssh::SshSession;
pub use talk::{Talk, Talking};
pub use trail::{Figure, Trail, percent};
pub use typing::{Choice, Typing};

/// How the screen is set up.
#[derive(Debug, Clone)]
pub struct ScreenOptions {
    /// Draw with ASCII signs only.
    pub ascii: bool,
    /// Whether to use colours.
    pub colour: ColourChoice,
    /// Styles by role, from the configuration.
    pub theme: Vec<(String, String)>,
    /// Keys by action name, from the configuration.
    pub keys: Vec<(String, String)>,
    /// What the header and the terminal's title call this program.
    pub title: String,
    /// A word beside it, such as `demo`; may be empty.
    pub hint: String,
    /// The zone times are shown in.
    pub offset: UtcOffset,
    /// Whether the terminal's bell rings with a call.
    pub bell: bool,
    /// Whether the terminal's title shows calls.
    pub retitle: bool,
    /// How the terminal is asked to notify the person.
    pub notify: Notifier,
    /// The SSH session the phone is used in, if it is.
    pub ssh: Option<SshSession>,
    /// Whether it is plain mode: words are typed line by line, and everything is told in lines.
    pub plain: bool,
    /// Whether calls are muted but while a key is held.
    pub push_to_talk: bool,
    /// The saved sign-ins of this machine.
    pub accounts: Vec<SavedAccount>,
    /// What is said first; nothing, if it is empty.
    pub said: String,
}

impl Default for ScreenOptions {
    fn default() -> Self {
        Self {
            ascii: false,
            colour: ColourChoice::Auto,
            theme: Vec::new(),
            keys: Vec::new(),
            title: "switchboard".to_owned(),
            hint: String::new(),
            offset: UtcOffset::UTC,
            bell: true,
            retitle: true,
            notify: Notifier::Off,
            ssh: None,
            plain: false,
            push_to_talk: false,
            accounts: Vec::new(),
            said: String::new(),
        }
    }
}

/// Why the screen can't be set up as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The theme.
    #[error(transparent)]
    Theme(#[from] ThemeError),
}

/// What the screen looks like, whatever it shows.
#[derive(Debug, Clone)]
pub struct Look {
    /// Styles.
    pub theme: Theme,
    /// Signs.
    pub glyphs: Glyphs,
    /// The zone times are shown in.
    pub offset: UtcOffset,
    /// The program's name in header and title.
    pub title: String,
    /// A word beside it.
    pub hint: String,
    /// The SSH session the phone is used in, if it is.
    pub ssh: Option<SshSession>,
}

impl Look {
    /// Whether only ASCII signs are drawn.
    pub fn is_ascii(&self) -> bool {
        self.glyphs == theme::ASCII
    }
}

/// A panel that can have the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// The friend list.
    Friends,
    /// The groups.
    Groups,
    /// The people of the group call.
    People,
    /// The call records.
    History,
    /// What happened.
    Events,
}

/// A line that is shown for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub text: String,
    /// How it is meant.
    pub mood: Mood,
    /// Until when it is shown.
    pub until: UnixMillis,
}

/// The connection to the service, with the instant of the next try.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkView {
    /// What the phone said.
    pub link: Link,
    /// When it is tried again, while it is down.
    pub retry_at: Option<UnixMillis>,
    /// What is in the events of why there is none; until there is one.
    pub(crate) noted: Option<NoLink>,
}

/// Why there is no connection to the service, as far as that was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoLink {
    /// It was lost. Why the first try after that fails is no news.
    Lost,
    /// Tries fail, with this reason.
    Fails(String),
}

/// The screen's whole state.
#[derive(Debug, Clone)]
pub struct Model {
    /// The time shown.
    pub now: UnixMillis,
    /// How things look.
    pub look: Look,
    /// Which key does what.
    pub keys: KeyMap,
    /// Whether the bell rings with a call.
    pub bell: bool,
    /// The saved sign-ins of this machine, by name and service.
    pub accounts: Vec<SavedAccount>,
    /// Who the user is, once signed in.
    pub me: Option<Person>,
    /// What others see of the user.
    pub presence: Option<PresenceState>,
    /// The connection to the service.
    pub link: LinkView,
    /// The friend list.
    pub friends: Friends,
    /// Friend requests and the block list.
    pub contacts: Contacts,
    /// The groups of the user's list.
    pub groups: Groups,
    /// The groups somebody shares now, oldest first.
    pub shared: Vec<SharedGroup>,
    /// The calls going on, and those that ring here.
    pub board: Board,
    /// The calls that wait in slots, by slot.
    pub parked: Vec<ParkedCall>,
    /// The rules of the account: where calls are forwarded, who may pick up.
    pub rules: AccountRules,
    /// Whether the service told them.
    pub(crate) rules_known: bool,
    /// What is done soon, unless it is taken back.
    pub pending: Option<Pending>,
    /// Push-to-talk.
    pub talk: Talk,
    /// What plain mode keeps; `None` on the screen.
    pub plain: Option<Typing>,
    /// The last call, until its card is put away.
    pub ended: Option<Ended>,
    /// Why a call went wrong, and which: the last of which that is known.
    pub explained: Option<(CallId, Explanation)>,
    /// The call records.
    pub history: History,
    /// What happened.
    pub events: Events,
    /// The sound devices, once listed.
    pub devices: Option<Devices>,
    /// Whether they work.
    pub audio: Option<AudioState>,
    /// What is done to the sound, and how loud it is.
    pub sound: SoundState,
    /// The devices that stopped working.
    pub lost: Lost,
    /// The panel with the focus.
    pub focus: Pane,
    /// What is open above the panels.
    pub popup: Option<Popup>,
    /// A link that was opened elsewhere, and is shown once nothing else is.
    pub opened: Option<OpenedLink>,
    /// A line shown for a while.
    pub notice: Option<Notice>,
    /// Until when a second press of the letter hangs up.
    pub armed_until: Option<UnixMillis>,
    /// When the bell rings next.
    pub bell_at: Option<UnixMillis>,
    /// Whether the picture has to be drawn anew.
    pub changed: bool,
    /// The terminal title last asked for.
    pub(crate) title: String,
}

/// How long what is said first is shown, ms.
const SAID: i64 = 10_000;

fn said(text: &str, now: UnixMillis) -> Option<Notice> {
    let text = printable(text, 400);
    (!text.is_empty()).then(|| Notice { text, mood: Mood::Warn, until: now.plus(SAID) })
}

/// How long half a blink of the banner lasts, ms.
pub(crate) const BLINK: i64 = 500;

impl Model {
    /// A screen before anything happened.
    ///
    /// # Errors
    /// When keys or theme can't be used; the message says which and why.
    pub fn new(options: &ScreenOptions, colour: bool, now: UnixMillis) -> Result<Self, OptionsError> {
        let look = Look {
            theme: Theme::new(colour, &options.theme)?,
            glyphs: if options.ascii { theme::ASCII } else { theme::UNICODE },
            offset: options.offset,
            title: options.title.clone(),
            hint: options.hint.clone(),
            ssh: options.ssh.clone(),
        };
        Ok(Self {
            now,
            look,
            keys: KeyMap::new(&options.keys)?,
            bell: options.bell,
            accounts: options.accounts.clone(),
            me: None,
            presence: None,
            link: LinkView { link: Link::Connecting, retry_at: None, noted: None },
            friends: Friends::default(),
            contacts: Contacts::default(),
            groups: Groups::default(),
            shared: Vec::new(),
            board: Board::default(),
            parked: Vec::new(),
            rules: AccountRules::default(),
            rules_known: false,
            pending: None,
            talk: Talk::new(options.push_to_talk),
            plain: options.plain.then(Typing::default),
            ended: None,
            explained: None,
            history: History::default(),
            events: Events::default(),
            devices: None,
            audio: None,
            sound: SoundState::default(),
            lost: Lost::default(),
            focus: Pane::Friends,
            popup: None,
            opened: None,
            notice: said(&options.said, now),
            armed_until: None,
            bell_at: None,
            changed: true,
            title: String::new(),
        })
    }

    /// Where keys act now.
    pub fn context(&self) -> Context {
        match &self.popup {
            Some(
                Popup::Dial(_)
                | Popup::Palette(_)
                | Popup::Help { .. }
                | Popup::Join(_)
                | Popup::Name(_)
                | Popup::Note(_),
            ) => Context::Text,
            Some(
                Popup::Sound(_)
                | Popup::Quality { .. }
                | Popup::Presence(_)
                | Popup::Share(_)
                | Popup::PickUp(_)
                | Popup::Contacts(_)
                | Popup::Rules(_)
                | Popup::Accounts(_),
            ) => Context::List,
            Some(Popup::ShareWith(_)) => Context::Marks,
            Some(Popup::Keypad) => Context::Keypad,
            Some(Popup::Confirm(_)) => Context::Confirm,
            Some(Popup::Ladder(ladder)) if ladder.typing => Context::Text,
            Some(Popup::Ladder(_)) => Context::Ladder,
            None if self.is_filtering() => Context::Text,
            None if self.board.consult().is_some() => Context::Consult,
            None => Context::Panel,
        }
    }

    /// Whether the text is being typed that narrows the friends, the call records, or the people of the group call.
    pub fn is_filtering(&self) -> bool {
        self.friends.filtering
            || self.is_searching_history()
            || self.group_call().is_some_and(|call| call.roster.searching)
    }

    /// Whether the text is being typed that call records are searched by.
    pub fn is_searching_history(&self) -> bool {
        self.focus == Pane::History && self.history.filtering
    }

    /// The call in the card.
    pub fn call(&self) -> Option<&LiveCall> {
        self.board.shown()
    }

    /// Whether anything rings here.
    pub fn is_ringing(&self) -> bool {
        self.board.ringing().next().is_some()
    }

    /// The call in the card, if it is a group call.
    pub fn group_call(&self) -> Option<&LiveCall> {
        self.call().filter(|call| call.is_group())
    }

    /// The panels that can have the focus now, in order.
    pub fn panes(&self) -> impl DoubleEndedIterator<Item = Pane> {
        let people = self.group_call().map(|_| Pane::People);
        [Some(Pane::Friends), Some(Pane::Groups), people, Some(Pane::History), Some(Pane::Events)].into_iter().flatten()
    }

    /// Whether somebody who opens the phone for the first time looks at it: no friends, no calls yet.
    pub fn is_first_run(&self) -> bool {
        self.friends.list.is_empty() && self.history.records.is_empty() && self.call().is_none() && self.ended.is_none()
    }

    /// The key to name in a sentence about `action`: one that acts where the focus is, or else on the panels, or else the
    /// palette's command. In plain mode it is the word to type.
    pub fn key_of(&self, action: Action) -> String {
        if self.plain.is_some() {
            return format!("`{}`", action.row().words[0]);
        }
        let context = self.context();
        let key = self.keys.key(action, context).or_else(|| self.keys.key(action, Context::Panel));
        key.map_or_else(|| format!(":{}", action.row().words[0]), |key| key.to_string())
    }

    /// Whom the last call was made to, or which group was joined last.
    pub fn last_peer(&self) -> Option<&Peer> {
        let ended = self.ended.as_ref().filter(|ended| ended.summary.direction == Direction::Outgoing);
        let mut records = self.history.records.iter();
        let recorded = || records.find(|record| record.direction == Direction::Outgoing).map(|record| &record.with);
        ended.map(|ended| &ended.summary.with).or_else(recorded)
    }

    /// When it has to be asked what the phone remembers anew; `None` while nobody looks at it.
    pub fn next_look(&self) -> Option<UnixMillis> {
        match &self.popup {
            Some(Popup::Ladder(ladder)) => ladder.look_at,
            _ => None,
        }
    }

    /// When the picture changes next though nothing happens; `None` when it stands still.
    pub fn next_change(&self) -> Option<UnixMillis> {
        let blinks = self.is_ringing() && self.call().is_none();
        let blink = blinks.then(|| UnixMillis(self.now.0 - self.now.0.rem_euclid(BLINK) + BLINK));
        [
            blink,
            self.bell_at,
            self.armed_until,
            self.notice.as_ref().map(|notice| notice.until),
            self.friends.removal.as_ref().map(|removal| next_second(self.now, removal.until)),
            self.pending.as_ref().map(|pending| next_second(self.now, pending.until)),
            self.next_of_timers(),
            self.talk.next(self.now),
            self.link.retry_at.filter(|at| *at > self.now).map(|at| next_second(self.now, at)),
            match &self.popup {
                Some(Popup::Dial(dial)) => dial.search_at,
                _ => None,
            },
            self.history.search_at,
            self.board.live().filter_map(LiveCall::tones_until).min(),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}

impl Model {
    /// When a timer of the calls shows another second: of the board's rows, the card, and the parked calls.
    fn next_of_timers(&self) -> Option<UnixMillis> {
        let second = |from| next_second(self.now, from);
        let rows = self.board.rows().iter().map(|row| second(row.line.counted_from()));
        let card = self.call().map(|call| second(call.counted_from()));
        rows.chain(card).chain(self.parked.iter().map(|parked| second(parked.since))).min()
    }
}

/// The next instant after `now` that is a whole number of seconds from `origin`.
fn next_second(now: UnixMillis, origin: UnixMillis) -> UnixMillis {
    let part = (now.0.saturating_sub(origin.0)).rem_euclid(1000);
    now.plus(1000 - part)
}

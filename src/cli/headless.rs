//! A phone without a screen, for headless commands: it prints what happens, and how it went.

mod print;
mod start;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use self::start::start_for;
pub(crate) use self::start::{Calls, check_files, start};
use super::account::Acting;
use super::exit::{Exit, Failure};
use super::json::{FailedLine, Journal, SummaryLine};
use super::media_flags::MediaFlags;
use super::output::Output;
use super::plain::Plain;
use super::playing::Playing;
use super::settings::Settings;
use crate::base::signals::EndSignals;
use crate::base::{clock, deadline};
use crate::domain::forwarding::AccountRules;
use crate::domain::id::CallId;
use crate::domain::person::{Friend, FriendRequest, Person};
use crate::outside::{Steering, tapped};
use crate::phone::PhoneLink;
use crate::phone::command::Command;
use crate::phone::event::{Event, Link};

/// How long a call may take to end once it was hung up.
const END_WITHIN: Duration = Duration::from_secs(3);

/// Something to wait for.
pub(crate) enum Woken {
    /// The phone told something; its line is printed already.
    Event(Box<Event>),
    /// A signal asks to end.
    Signal(Exit),
    /// The phone has ended.
    Ended,
    /// The time that was waited for has come.
    Time,
    /// The script is over: all its lines are done, or one failed.
    Played(Played),
}

/// How a script was played: or the line that failed, and why.
pub(crate) type Played = Result<(), Box<(FailedLine, Failure)>>;

/// A phone, what is printed of it, and the signals.
pub(crate) struct Session<'a> {
    link: PhoneLink,
    output: &'a mut Output,
    journal: Journal,
    plain: Plain,
    signals: EndSignals,
    was_up: bool,
    me: Option<Person>,
    rules: AccountRules,
    /// The friend list, the open friend requests, and who is blocked.
    friends: Vec<Friend>,
    requests: Vec<FriendRequest>,
    blocked: Vec<Person>,
    /// A call that was refused, to be explained.
    refused: Option<CallId>,
    /// The calls there are: what each was like is told at its end.
    live: BTreeSet<CallId>,
    /// Why the service has this phone no more, and until when the ends of its calls are waited for.
    turned_away: Option<(String, Instant)>,
    steering: Option<Steering>,
    playing: Option<Playing>,
}

impl<'a> Session<'a> {
    /// A phone that runs already.
    ///
    /// # Errors
    /// When signals can't be caught.
    pub(crate) fn new(link: PhoneLink, output: &'a mut Output) -> Result<Self, Failure> {
        let signals =
            EndSignals::take().map_err(|why| Failure::new(Exit::Failed, format!("signals can't be caught: {why}")))?;
        Ok(Self {
            link,
            output,
            journal: Journal::new(clock::now()),
            plain: Plain::default(),
            signals,
            was_up: false,
            me: None,
            rules: AccountRules::default(),
            friends: Vec::new(),
            requests: Vec::new(),
            blocked: Vec::new(),
            refused: None,
            live: BTreeSet::new(),
            turned_away: None,
            steering: None,
            playing: None,
        })
    }

    /// Carries these lines out from now on, while it waits for what happens.
    pub(crate) fn play(&mut self, mut playing: Playing) {
        if self.was_up {
            // That came before somebody listened here.
            playing.hears(&Event::Link(Link::Up), &[], clock::now());
        }
        self.playing = Some(playing);
    }

    /// Begins no further line.
    pub(crate) fn stop_playing(&mut self) {
        self.playing.iter_mut().for_each(Playing::stop);
    }

    /// What is played.
    pub(crate) fn playing(&self) -> Option<&Playing> {
        self.playing.as_ref()
    }

    pub(crate) fn output(&mut self) -> &mut Output {
        self.output
    }

    /// Who the user is, as it was told last: before the friends, at first.
    pub(crate) fn me(&self) -> Option<&Person> {
        self.me.as_ref()
    }

    /// The rules of the account, as they were told last: before the friends, at first.
    pub(crate) fn rules(&self) -> &AccountRules {
        &self.rules
    }

    /// The friend list, as it was told last.
    pub(crate) fn friends(&self) -> &[Friend] {
        &self.friends
    }

    /// The open friend requests, as they were told last: before the friends, at first.
    pub(crate) fn requests(&self) -> &[FriendRequest] {
        &self.requests
    }

    /// The people who are blocked, as they were told last: before the friends, at first.
    pub(crate) fn blocked(&self) -> &[Person] {
        &self.blocked
    }

    /// Why the service has this phone no more, if that is so.
    pub(crate) fn why_turned_away(&self) -> Option<String> {
        self.turned_away.as_ref().map(|(reason, _)| reason.clone())
    }

    pub(crate) async fn tell(&self, command: Command) {
        // A phone that has ended says so by its events.
        self.link.commands.send(command).await.ok();
    }

    /// Waits until the phone has its friends: names can be called from then on.
    ///
    /// # Errors
    /// When the service can't be reached at once, or refuses.
    pub(crate) async fn ready(&mut self) -> Result<Vec<Friend>, Failure> {
        loop {
            match self.next(None).await? {
                Woken::Event(event) => match *event {
                    Event::Friends(friends) => return Ok(friends),
                    Event::Link(Link::Down { reason, .. }) if !self.was_up => {
                        return Err(Failure::new(Exit::Unreachable, reason));
                    }
                    _ => {}
                },
                Woken::Signal(exit) => return Err(Failure::new(exit, "")),
                Woken::Ended => return Err(Failure::new(Exit::Failed, "the phone ended")),
                Woken::Time | Woken::Played(_) => {}
            }
        }
    }

    /// Waits for the answer that `pick` picks; a refusal of `what` was asked, in the words of the palette, becomes a failure
    /// with its exit code.
    pub(crate) async fn answer<T>(&mut self, what: &str, pick: impl Fn(&Event) -> Option<T>) -> Result<T, Failure> {
        loop {
            match self.next(None).await? {
                Woken::Event(event) => match (&*event, pick(&event)) {
                    (_, Some(answer)) => return Ok(answer),
                    (Event::Refused(refused), _) if refused.what == what => {
                        return Err(Failure::new(Exit::of_command(&refused.why), refused.why.to_string()));
                    }
                    _ => {}
                },
                Woken::Signal(exit) => return Err(Failure::new(exit, "")),
                Woken::Ended => return Err(Failure::new(Exit::Failed, "the phone ended")),
                Woken::Time | Woken::Played(_) => {}
            }
        }
    }

    /// Has the phone do something, and waits until the service did it; what that changed is told by then.
    pub(crate) async fn have_done(&mut self, command: Command, what: &str) -> Result<(), Failure> {
        self.tell(command).await;
        self.answer(what, |event| matches!(event, Event::Done { what: done } if *done == what).then_some(())).await
    }

    /// The next thing that happens, at `until` at the latest; prints what scripts and people want to know of it.
    pub(crate) async fn next(&mut self, until: Option<Instant>) -> Result<Woken, Failure> {
        loop {
            if let Some((reason, told_by)) = &self.turned_away
                && (self.live.is_empty() || *told_by <= clock::now())
            {
                return Err(Failure::new(Exit::SignInRefused, reason.clone()));
            }
            if let Some(played) = self.goes_on()? {
                return Ok(Woken::Played(played));
            }
            let due = deadline::earlier(until, self.playing.as_ref().and_then(Playing::due));
            let due = deadline::earlier(due, self.turned_away.as_ref().map(|(_, told_by)| *told_by));
            let came = tokio::select! {
                biased;
                signal = self.signals.next() => return Ok(Woken::Signal(signal.into())),
                event = self.link.events.recv() => match event {
                    Some(event) => return self.hears(event),
                    None => return Ok(Woken::Ended),
                },
                came = Playing::comes(&mut self.playing) => Some(came),
                () = deadline::sleep_until(due) => None,
            };
            match came {
                Some(came) => {
                    let played = self.playing.as_mut().zip(self.steering.as_ref());
                    let report = played.and_then(|(playing, steering)| playing.takes(came, steering, clock::now()));
                    if let Some(played) = report.map(|report| self.report(report)).transpose()?.flatten() {
                        return Ok(Woken::Played(played));
                    }
                }
                None if until.is_some_and(|until| until <= clock::now()) => return Ok(Woken::Time),
                None => {}
            }
        }
    }

    fn hears(&mut self, event: Event) -> Result<Woken, Failure> {
        match &event {
            Event::Link(Link::Up) => self.was_up = true,
            Event::Me(me) => self.me = Some(me.clone()),
            Event::Rules(rules) => self.rules = rules.clone(),
            Event::Friends(friends) => self.friends = friends.clone(),
            Event::FriendRequests(requests) => self.requests = requests.clone(),
            Event::Blocked(people) => self.blocked = people.clone(),
            Event::Call(view) => {
                self.live.insert(view.call);
            }
            Event::Moved { call, .. } => {
                self.live.remove(call);
            }
            Event::Ended(summary) => {
                self.live.remove(&summary.call);
            }
            Event::Link(Link::Refused { reason }) => {
                self.turned_away = Some((reason.clone(), clock::now() + END_WITHIN));
                return Ok(Woken::Event(Box::new(event)));
            }
            _ => {}
        }
        let told = self.print(&event)?;
        if let Some(playing) = &mut self.playing {
            playing.hears(&event, &told, clock::now());
            if let (true, Event::Ended(summary)) = (playing.is_script(), &event) {
                let line = self.print_summary(summary)?;
                self.playing.iter_mut().for_each(|playing| playing.call_ended(line.clone()));
            }
        }
        Ok(Woken::Event(Box::new(event)))
    }

    /// Goes on with what is played as far as that is possible now; says when that is over.
    fn goes_on(&mut self) -> Result<Option<Played>, Failure> {
        loop {
            let Some((playing, steering)) = self.playing.as_mut().zip(self.steering.as_ref()) else { return Ok(None) };
            let Some(report) = playing.goes_on(steering, clock::now()) else { return Ok(None) };
            if let Some(played) = self.report(report)? {
                return Ok(Some(played));
            }
        }
    }

    /// A line that was being carried out when the call ended is answered, too: most likely it ended it.
    pub(crate) async fn answers_the_last_line(&mut self) -> Result<(), Failure> {
        while self.playing.as_ref().is_some_and(Playing::is_asking) {
            let coming = Playing::comes(&mut self.playing);
            let Ok(came) = tokio::time::timeout(END_WITHIN, coming).await else { return Ok(()) };
            let played = self.playing.as_mut().zip(self.steering.as_ref());
            let report = played.and_then(|(playing, steering)| playing.takes(came, steering, clock::now()));
            report.map(|report| self.report(report)).transpose()?;
        }
        self.goes_on().map(|_| ())
    }

    /// Tells the phone to quit and waits until it has.
    pub(crate) async fn quit(mut self) {
        self.tell(Command::Quit).await;
        let ended = async { while self.link.events.recv().await.is_some() {} };
        tokio::time::timeout(END_WITHIN, ended).await.ok();
        self.link.recorder.flush();
    }
}

/// Does `work` with the phone of `acting`, and lets it end: a failure on the way has its summary, too.
///
/// # Errors
/// When there is no phone to do it with, or `work` fails.
pub(crate) async fn with_phone(
    acting: Result<Acting, Failure>,
    media: &MediaFlags,
    calls: Calls,
    settings: &Settings,
    output: &mut Output,
    work: impl AsyncFnOnce(&mut Session<'_>) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let start = |acting: Acting| {
        let tap = settings.tap(&acting.account);
        start_for(acting.account, media, settings, calls, true).map(|link| tapped(link, tap))
    };
    let (link, steering) = match acting.and_then(start) {
        Ok(tapped) => tapped,
        Err(failure) => return no_call(output, failure),
    };
    let mut session = Session { steering: Some(steering), ..Session::new(link, output)? };
    let done = match work(&mut session).await {
        Ok(exit) => Ok(exit),
        Err(failure) => session.failed(failure),
    };
    session.quit().await;
    done
}

/// Does `work` with a phone of `acting` without sound, for commands that make no call, and lets it end.
///
/// # Errors
/// When the service can't be reached, or `work` fails.
pub(crate) async fn without_sound(
    acting: Acting,
    settings: &Settings,
    output: &mut Output,
    work: impl AsyncFnOnce(&mut Session<'_>) -> Result<(), Failure>,
) -> Result<Exit, Failure> {
    let session = Session::new(start(acting.account, &MediaFlags::silent(), settings, false)?, output)?;
    let journal = Journal::new(clock::now()).without_rules();
    let mut session = Session { journal, ..session };
    let done = work(&mut session).await;
    session.quit().await;
    done.map(|()| Exit::Done)
}

/// A command that failed before there was a phone: with `--json` the summary is the last line all the same.
pub(crate) fn no_call(output: &mut Output, failure: Failure) -> Result<Exit, Failure> {
    if output.json() {
        let now = clock::now();
        let line = SummaryLine::without_call(failure.exit.as_end(), failure.message.clone());
        output.result(&Journal::new(now).summary(&line, now, clock::unix_now()))?;
    }
    Err(failure)
}

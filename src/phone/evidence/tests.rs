//! A recorder under everything at once, and what is read from it.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use time::UtcOffset;
use uuid::Uuid;

use super::archive::Archive;
use super::entry::{Ended, Entry, Frame, Kind, LegStep, LinkStep, Quality, Sound, Way, What};
use super::ring::Ring;
use super::{Limits, Recorder, export, newest_sessions, read_session, story};
use crate::control::explanation::{Advice, Progress, Stage};
use crate::domain::call::{CallState, Direction, Peer};
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::ForwardWhen;
use crate::domain::id::CallId;
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::domain::transfer::HandedTo;
use crate::phone::command::Command;
use crate::phone::event::{CallView, Event, Incoming, MediaState, Quality as Figures, Summary};

const CALL: CallId = CallId(Uuid::from_u128(7));

fn bob() -> Person {
    Person::new("8:acs:demo_bob".parse().unwrap(), "bob".parse().unwrap(), "Bob".into())
}

fn frame_of(entry: &Entry) -> &Frame {
    match &entry.what {
        What::Frame(frame) => frame,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_frame_is_named_belongs_to_its_call_and_so_does_its_answer() {
    let recorder = Recorder::default();
    let request =
        json!({"id": 7, "request": {"call_start": {"call_id": CALL, "to": "8:acs:demo_bob", "offer": "v=0\r\n"}}});
    recorder.frame(Way::Out, &request.to_string());
    recorder.frame(Way::In, &json!({"id": 7, "response": {"leg": {"answer": "v=0\r\n"}}}).to_string());
    recorder.frame(
        Way::In,
        &json!({"seq": 3, "notice": {"call_changed": {"call_id": CALL, "state": "ringing"}}}).to_string(),
    );
    recorder.frame(Way::In, &json!({"id": 8, "failure": {"code": "not_found", "message": "no"}}).to_string());
    recorder.frame(Way::Out, &json!({"id": 9, "request": "bye"}).to_string());
    recorder.frame(Way::In, "no JSON");
    let entries = recorder.snapshot();
    let told: Vec<(Kind, &str, Option<u64>, Option<CallId>)> = entries[..5]
        .iter()
        .map(|entry| (frame_of(entry), entry.call))
        .map(|(f, call)| (f.kind, &*f.name, f.id, call))
        .collect();
    assert_eq!(
        told,
        [
            (Kind::Request, "call_start", Some(7), Some(CALL)),
            (Kind::Response, "leg", Some(7), Some(CALL)),
            (Kind::Notice, "call_changed", Some(3), Some(CALL)),
            (Kind::Failure, "not_found", Some(8), None),
            (Kind::Request, "bye", Some(9), None),
        ]
    );
    assert!(matches!(entries[5].what, What::Warning(_)));
    assert_eq!(&*frame_of(&entries[0]).gist, "offer: SDP, to 8:acs:demo_bob");
    assert_eq!(export::label(&entries[3]), "refused: not found");
}

#[test]
fn what_was_typed_about_people_and_tones_is_not_remembered() {
    let recorder = Recorder::default();
    let note = Some("hunter2 is what she said".parse().unwrap());
    recorder.command(&Command::NoteCall { call: CALL, note });
    recorder.command(&Command::Dtmf { call: CALL, tone: '7'.try_into().unwrap() });
    let text = export::json_lines(&recorder.snapshot());
    assert!(!text.contains("hunter2") && !text.contains("Tone") && text.contains("write the note of"), "{text}");
}

#[test]
fn commands_are_told_in_words() {
    use crate::domain::forwarding::ForwardWhen;
    let recorder = Recorder::default();
    let after = Some(40.try_into().unwrap());
    for (command, words) in [
        (Command::Call { to: "bob".into(), ring_for: None }, "command: call bob"),
        (Command::Hold { call: CALL, on: false }, "command: resume 000000"),
        (Command::Park { call: CALL, slot: Some(4.try_into().unwrap()) }, "command: park 000000 in slot 4"),
        (
            Command::Forward { when: ForwardWhen::NoAnswer, to: Some("bob".into()), after },
            "command: forward when nobody answers to bob after 40 s",
        ),
    ] {
        recorder.command(&command);
        assert_eq!(export::label(recorder.snapshot().last().unwrap()), words);
    }
}

#[test]
fn only_changes_of_a_call_are_remembered() {
    let recorder = Recorder::default();
    let view = |state, media| CallView {
        call: CALL,
        direction: Direction::Outgoing,
        with: Peer::Person(bob()),
        group: None,
        may_end: false,
        state,
        started_at: UnixMillis(0),
        connected_at: None,
        muted: false,
        participants: Arc::from([]),
        media,
        consult_of: None,
        via: None,
        held_since: None,
    };
    for (state, media) in [
        (CallState::Ringing, MediaState::Connecting),
        (CallState::Ringing, MediaState::Connecting),
        (CallState::Ringing, MediaState::Flowing),
        (CallState::Connected, MediaState::Flowing),
        (CallState::Connected, MediaState::Flowing),
    ] {
        recorder.heard(&Event::Call(view(state, media)));
    }
    let told: Vec<String> = recorder.snapshot().iter().map(|entry| export::label(entry).into_owned()).collect();
    assert_eq!(told, ["Bob: RINGING", "Bob: RINGING, sound flows", "Bob: CONNECTED, sound flows"]);
}

#[test]
fn a_call_that_is_forwarded_is_told_with_whom_it_goes_to() {
    let recorder = Recorder::default();
    let carol = Person { display_name: "Carol".into(), ..bob() };
    let handed = |forwarded| Event::HandedOn {
        call: CALL,
        by: bob(),
        to: HandedTo::Person { person: carol.clone() },
        forwarded,
    };
    recorder.heard(&handed(Some(ForwardWhen::Busy)));
    recorder.heard(&handed(None));
    let told: Vec<String> = recorder.snapshot().iter().map(|entry| export::label(entry).into_owned()).collect();
    assert_eq!(told, ["forwarded by Bob to Carol", "handed on by Bob"]);
}

#[test]
fn under_a_flood_it_keeps_to_its_bounds_and_remembers_the_newest() {
    let limits = Limits { entries: 1000, bytes: 200_000 };
    let recorder = Recorder::new(limits, None);
    for n in 0..20_000 {
        recorder.frame(Way::In, &json!({"seq": n, "notice": {"flood": {"text": "x".repeat(n % 3000)}}}).to_string());
    }
    let news = recorder.since(19_990);
    assert_eq!((news.entries.len(), news.entries.last().map(|entry| entry.seq)), (10, Some(20_000)));
    assert!(news.first > 19_000, "{}", news.first);
    assert_eq!(recorder.since(20_000).entries, []);
    let mut ring = Ring::new(limits);
    for entry in recorder.snapshot().into_iter().cycle().take(5000) {
        ring.push(entry);
        assert!(ring.bytes() <= limits.bytes && ring.len() <= limits.entries);
    }
}

#[test]
fn a_certificate_that_does_not_count_is_said_to_be_the_matter() {
    let mut past = Past { entries: Vec::new() };
    past.adds(0, None, What::Link(LinkStep::Began));
    for stage in [Stage::Dns, Stage::Tcp] {
        past.adds(2, None, What::Link(LinkStep::Done { stage, took_us: 2000 }));
    }
    past.adds(
        3,
        None,
        What::Link(LinkStep::Failed { stage: Stage::Tls, why: "another".into(), nobody_listens: false }),
    );
    past.adds(3, None, What::Link(LinkStep::Refused { why: "another".into() }));
    let why = story::of_link(&past.entries).unwrap();
    assert_eq!((why.advice, why.failed), (Advice::AskOperator, Some(Stage::Tls)));
}

#[test]
fn one_entry_that_is_longer_than_all_there_may_be_is_not_kept() {
    let mut ring = Ring::new(Limits { entries: 10, bytes: 1000 });
    ring.push(entry(1, 0, None, What::Warning("x".repeat(2000).into())));
    assert_eq!((ring.len(), ring.bytes()), (0, 0));
}

#[test]
fn what_is_kept_on_disk_is_what_was_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::new(Limits::default(), Some(folder.path()));
    recorder.link(LinkStep::Began);
    recorder.linked(Stage::Dns, Duration::from_micros(1500));
    recorder
        .secured("TLSv1_3; certificate by CN=Ours, SHA256:CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg; trusted by x");
    recorder.leg(CALL, 1, LegStep::Failed("no way".into()));
    recorder.heard(&Event::Quality { call: CALL, quality: Figures { jitter_ms: f32::NAN, ..Figures::default() } });
    recorder.heard(&Event::Ended(summary()));
    recorder.frame(Way::In, r#"{"seq":1,"notice":{"call_ended":{"reason":{"code":0,"sub_code":0}}}}"#);
    reaches_the_disk(&recorder);
    let sessions = newest_sessions(folder.path());
    assert_eq!(sessions.len(), 1);
    let read = read_session(&sessions[0]).unwrap();
    assert_eq!(export::json_lines(&read), export::json_lines(&recorder.snapshot()));
    // What TLS agreed on is no secret.
    assert!(export::json_lines(&read).contains("CN=Ours, SHA256:CAgICAgI"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&sessions[0]).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn on_disk_it_is_bounded_too_and_a_broken_line_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..12 {
        let recorder = Recorder::new(Limits::default(), Some(folder.path()));
        reaches_the_disk(&recorder);
    }
    assert!(newest_sessions(folder.path()).len() <= 8, "{:?}", newest_sessions(folder.path()));
    let recorder = Recorder::new(Limits::default(), Some(folder.path()));
    for n in 0..3000 {
        recorder.frame(Way::In, &json!({"seq": n, "notice": {"flood": {"text": "y".repeat(2000)}}}).to_string());
        if n % 1000 == 0 {
            reaches_the_disk(&recorder);
        }
    }
    reaches_the_disk(&recorder);
    let newest = &newest_sessions(folder.path())[0];
    let mut files = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().metadata().unwrap().len());
    assert!(files.all(|length| length <= 2 << 20));
    let mut text = std::fs::read(newest).unwrap();
    text.extend(b"{\"seq\":12,\"wh");
    std::fs::write(newest, text).unwrap();
    assert!(read_session(newest).unwrap().len() > 100);
}

/// Waits until it is on disk, on a machine that is busy with other things.
fn reaches_the_disk(recorder: &Recorder) {
    assert!((0..200).any(|_| recorder.flush()), "the disk hangs");
}

fn summary() -> Summary {
    Summary {
        call: CALL,
        direction: Direction::Outgoing,
        with: Peer::Person(bob()),
        end: EndReason::HUNG_UP,
        handed_over: None,
        connected_for: Some(Duration::from_secs(9)),
        quality: Figures::default(),
        first_audio_ms: None,
        heard_ms: 10,
        level_out_dbfs: None,
        level_in_dbfs: None,
    }
}

fn entry(seq: u64, at_ms: u64, call: Option<CallId>, what: What) -> Arc<Entry> {
    let unix_ms = UnixMillis(1_767_621_731_000 + i64::try_from(at_ms).unwrap());
    Arc::new(Entry { seq, at_us: at_ms * 1000, unix_ms, call, what })
}

/// A call in the making: each thing that happened, and when, ms.
struct Past {
    entries: Vec<Arc<Entry>>,
}

impl Past {
    /// A phone that is connected to the service.
    fn signed_in() -> Self {
        let mut past = Self { entries: Vec::new() };
        past.adds(0, None, What::Link(LinkStep::Began));
        for (stage, ms) in [(Stage::Dns, 2), (Stage::Tcp, 1), (Stage::WebSocket, 3), (Stage::SignIn, 12)] {
            past.adds(20, None, What::Link(LinkStep::Done { stage, took_us: ms * 1000 }));
        }
        past
    }

    /// It calls at second one, and the service answers the offer.
    fn calling() -> Self {
        let mut past = Self::signed_in();
        past.frame(1000, Way::Out, Kind::Request, "call_start");
        past.frame(1008, Way::In, Kind::Response, "leg");
        past.leg(1008, LegStep::Started);
        past
    }

    /// And there is sound.
    fn talking() -> Self {
        let mut past = Self::calling();
        past.leg(1048, LegStep::IceConnected);
        past.leg(1083, LegStep::DtlsConnected);
        past.state(3000, CallState::Connected, Sound::Flowing);
        past.leg(3020, LegStep::FirstIn);
        past
    }

    fn adds(&mut self, at: u64, call: Option<CallId>, what: What) {
        let seq = self.entries.len() as u64 + 1;
        self.entries.push(entry(seq, at, call, what));
    }

    fn frame(&mut self, at: u64, way: Way, kind: Kind, name: &str) {
        self.adds(at, Some(CALL), What::Frame(Frame::new(way, kind, name, Some(7), &json!({}))));
    }

    fn leg(&mut self, at: u64, step: LegStep) {
        self.adds(at, Some(CALL), What::Leg { leg: 1, step });
    }

    fn state(&mut self, at: u64, state: CallState, sound: Sound) {
        self.adds(at, Some(CALL), What::State { state, sound, muted: false, with: "Bob".into() });
    }

    fn down(&mut self, at: u64) {
        self.adds(at, None, What::Link(LinkStep::Down { why: "gone".into(), retry_ms: 300 }));
    }

    /// It ends; what is said of it comes back: the cause, what is advised, and the time line.
    fn ends(mut self, at: u64, end: EndReason) -> Option<(String, Advice, String)> {
        let connected =
            self.entries.iter().find(|entry| matches!(entry.what, What::State { state: CallState::Connected, .. }));
        let connected_ms = connected.map(|entry| at - entry.at_us / 1000);
        let (direction, with) = (Direction::Outgoing, "Bob".into());
        let ended = Ended { direction, with, end, connected_ms, heard_ms: 0, quality: Quality::default() };
        self.adds(at, Some(CALL), What::Ended(Box::new(ended)));
        story::of_call(&self.entries, CALL).map(|why| (why.cause.clone(), why.advice, why.time_line("->")))
    }
}

const SIGNED_IN: &str = "DNS 2.0 ms -> TCP 1.0 ms -> WebSocket 3.0 ms -> sign-in 12 ms -> offer 8.0 ms";

#[test]
fn a_call_without_a_way_for_the_sound_names_the_firewall_and_marks_the_step() {
    let (cause, advice, line) = Past::calling().ends(9000, EndReason::NO_MEDIA_PATH).unwrap();
    assert!(cause.contains("UDP"), "{cause}");
    assert_eq!((advice, line), (Advice::LetUdpThrough, format!("{SIGNED_IN} -> ICE FAILED after 8.0 s")));
}

#[test]
fn a_call_whose_keys_were_not_agreed_on_says_so() {
    let mut past = Past::calling();
    past.leg(1048, LegStep::IceConnected);
    let (cause, _, line) = past.ends(9000, EndReason::SETUP_TIMEOUT).unwrap();
    assert!(cause.contains("keys for the sound"), "{cause}");
    assert_eq!(line, format!("{SIGNED_IN} -> ICE 40 ms -> DTLS FAILED after 8.0 s"));
}

#[test]
fn who_declines_is_not_a_matter_of_the_network() {
    let (cause, advice, line) = Past::calling().ends(1500, EndReason::DECLINED).unwrap();
    assert_eq!((&*cause, advice), ("Bob chose not to answer.", Advice::TryLater));
    assert_eq!(line, SIGNED_IN, "what was not given the time to work did not fail");
}

#[test]
fn a_good_call_needs_no_explanation_and_has_its_time_line() {
    let past = Past::talking();
    let steps = story::steps_of(&past.entries, CALL);
    assert!(steps.iter().all(|step| step.progress == Progress::Done), "{steps:?}");
    let line = crate::texts::explanation::time_line(&steps, "->");
    assert_eq!(line, format!("{SIGNED_IN} -> ICE 40 ms -> DTLS 35 ms -> first packet 20 ms"));
    assert_eq!(past.ends(9000, EndReason::HUNG_UP), None);
}

#[test]
fn sound_that_was_cut_is_told_from_a_network_that_was_gone() {
    let cut = || {
        let mut past = Past::talking();
        past.leg(8000, LegStep::Lost);
        past.state(8000, CallState::Connected, Sound::Lost);
        past
    };
    let (cause, ..) = cut().ends(90_000, EndReason::MEDIA_LOST).unwrap();
    assert!(cause.contains("while the connection to the service held"), "{cause}");
    let mut gone = cut();
    gone.down(9000);
    let (cause, advice, _) = gone.ends(90_000, EndReason::MEDIA_LOST).unwrap();
    assert!(cause.contains("at the same time") && advice == Advice::CheckNetwork, "{cause}");
    let mut stopped = cut();
    let refused = LinkStep::Failed { stage: Stage::Tcp, why: "refused".into(), nobody_listens: true };
    stopped.adds(8500, None, What::Link(refused));
    stopped.down(9000);
    let (cause, advice, _) = stopped.ends(90_000, EndReason::MEDIA_LOST).unwrap();
    assert!(cause.contains("The service stopped") && advice == Advice::StartService, "{cause}");
}

#[test]
fn a_call_in_which_nothing_arrived_was_a_bad_one_however_it_ended() {
    let mut past = Past::calling();
    past.leg(1048, LegStep::IceConnected);
    past.leg(1083, LegStep::DtlsConnected);
    past.state(3000, CallState::Connected, Sound::Flowing);
    let (cause, _, line) = past.ends(20_000, EndReason::HUNG_UP).unwrap();
    assert!(cause.contains("no sound came"), "{cause}");
    assert!(line.ends_with("first packet FAILED after 17 s"), "{line}");
}

#[test]
fn an_offer_that_was_refused_is_where_it_stops() {
    let mut past = Past::signed_in();
    past.frame(1000, Way::Out, Kind::Request, "call_start");
    past.frame(1005, Way::In, Kind::Failure, "media_refused");
    let (cause, advice, line) = past.ends(1006, EndReason::NO_MEDIA_PATH).unwrap();
    assert!(cause.contains("offered") && advice == Advice::AskOperator, "{cause}");
    assert!(line.ends_with("sign-in 12 ms -> offer FAILED after 5.0 ms"), "{line}");
}

#[test]
fn a_service_that_is_not_reached_is_explained_by_the_step_that_failed() {
    let mut past = Past { entries: Vec::new() };
    past.adds(0, None, What::Link(LinkStep::Began));
    past.adds(2, None, What::Link(LinkStep::Done { stage: Stage::Dns, took_us: 2000 }));
    past.adds(3, None, What::Link(LinkStep::Failed { stage: Stage::Tcp, why: "refused".into(), nobody_listens: true }));
    past.down(3);
    let why = story::of_link(&past.entries).unwrap();
    assert_eq!((why.what.as_str(), why.advice, why.failed), ("gone", Advice::StartService, Some(Stage::Tcp)));
    assert_eq!(why.time_line("->"), "DNS 2.0 ms -> TCP FAILED");
    assert_eq!(story::of_link(&Past::signed_in().entries), None);
    // The next try has begun.
    past.adds(310, None, What::Link(LinkStep::Began));
    assert_eq!(story::of_link(&past.entries).unwrap().failed, Some(Stage::Tcp));
    // A step that took too long says nothing itself.
    let mut slow = Past { entries: past.entries[..2].to_vec() };
    slow.down(8000);
    assert_eq!(story::of_link(&slow.entries).unwrap().failed, Some(Stage::Tcp));
}

#[test]
fn nothing_is_said_of_calls_that_are_unknown_or_go_on() {
    assert_eq!(story::of_call(&Past::talking().entries, CALL), None);
    assert_eq!(story::of_call(&[], CALL), None);
    assert_eq!(story::of_link(&[]), None);
}

#[test]
fn the_texts_tell_the_same_in_their_ways() {
    let mut past = Past::talking();
    past.adds(4000, Some(CALL), What::Quality(Box::new(Quality { mos_in: Some(4.2), ..Quality::default() })));
    let ladder = export::ladder(&past.entries, UtcOffset::UTC);
    assert!(ladder.contains("14:02:12.000  000000  |-- call start"), "{ladder}");
    assert!(ladder.contains("|<- leg") && ladder.contains("* first packet in"), "{ladder}");
    let table = export::quality(&past.entries);
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!((rows.len(), rows[0].len()), (2, rows[1].len()));
    let mos = rows[0].iter().position(|name| *name == "mos_in").unwrap();
    assert_eq!(rows[1][mos], "4.2");
    assert_eq!(export::json_lines(&past.entries).lines().count(), past.entries.len());
    assert!(export::calls(&past.entries, UtcOffset::UTC).contains("ICE 40 ms -> DTLS 35 ms"));
}

#[test]
fn of_a_call_that_was_not_answered_here_the_truth_is_told() {
    let incoming = Incoming { call: CALL, from: bob(), at: UnixMillis(1), group: None, via: None };
    let account = |ends: &[(EndReason, Option<&str>)]| {
        let recorder = Recorder::default();
        recorder.heard(&Event::Incoming(incoming.clone()));
        for (reason, record) in ends {
            recorder.heard(&Event::IncomingEnded { call: CALL, from: bob(), reason: *reason });
            if let Some(rest) = record {
                let record = format!(
                    r#"{{"seq":2,"notice":{{"history_added":{{"record":{{"call_id":"{CALL}",
                    "with":{{"identity":"8:acs:demo_bob","name":"bob","display_name":"Bob"}},"direction":"incoming","started_at":1,{rest}}}}}}}}}"#
                );
                recorder.frame(Way::In, &record);
            }
        }
        export::calls(&recorder.snapshot(), UtcOffset::UTC)
    };
    assert!(account(&[]).contains("  it still rings\n"));
    let missed = account(&[(EndReason::CANCELLED, Some(r#""outcome":"missed""#))]);
    assert!(missed.contains("  rang here, from Bob\n  Bob gave up before you answered. (487/0)\n"), "{missed}");
    assert!(missed.contains("  in the history: MISSED, with Bob\n"), "{missed}");
    for (reason, told) in [
        (EndReason::DECLINED, "You declined the call. (603/0)"),
        (EndReason::ANSWERED_ELSEWHERE, "You answered on another of your phones."),
        (EndReason::FORWARDED, "It was forwarded, as your rules say."),
    ] {
        assert!(account(&[(reason, None)]).contains(told), "{}", account(&[(reason, None)]));
    }
    let carol = r#""outcome":"answered","answered_by":{"identity":"8:c","name":"carol","display_name":"Carol"}"#;
    let taken = account(&[(EndReason::PICKED_UP, Some(carol))]);
    assert!(taken.contains("Somebody else picked it up. (487/1)"), "{taken}");
    assert!(taken.contains("  in the history: answered, with Bob, answered by Carol\n"), "{taken}");
}

#[test]
fn an_archive_holds_what_was_put_in_and_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tar.gz");
    let mut archive = Archive::create(&path, UnixMillis(1_767_621_731_000)).unwrap();
    archive.text("x/one.txt", "hello").unwrap();
    archive.text("x/two.txt", &"y".repeat(1024)).unwrap();
    assert!(archive.file("x/short.wav", 10, &b"short"[..]).is_err());
    archive.finish().unwrap();
    let mut raw = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(&path).unwrap()).read_to_end(&mut raw).unwrap();
    assert_eq!(&raw[..9], b"x/one.txt");
    assert_eq!(&raw[512..517], b"hello");
    assert_eq!(&raw[1024..1033], b"x/two.txt");
    assert_eq!(raw[1536..2560], [b'y'; 1024]);
    assert!(Archive::create(&path, UnixMillis(0)).is_err(), "nothing is written over");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

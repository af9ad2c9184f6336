//! The socket in the hands of programs that mean no good, or know no better.

use std::os::unix::fs::MetadataExt;

use tempfile::TempDir;
use tokio::io::AsyncReadExt;

use super::*;
use crate::phone::event::Event;

/// How long a step may take on a machine that is busy with other things.
const GENEROUS: Duration = Duration::from_secs(60);

struct Bench {
    _folder: TempDir,
    socket: Socket,
    questions: mpsc::Receiver<Question>,
    status: watch::Sender<Arc<Status>>,
}

fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let (to, questions) = mpsc::channel(4);
    let (now, status) = watch::channel(Arc::new(Status::new("http://h:1".to_owned(), true, 7)));
    let socket =
        Socket::open(&folder.path().join("alice"), Reach { questions: to, status, recorder: Recorder::default() })
            .unwrap();
    Bench { _folder: folder, socket, questions, status: now }
}

impl Bench {
    async fn connects(&self) -> Program {
        let stream = UnixStream::connect(self.socket.path()).await.unwrap();
        Program(BufReader::new(stream))
    }
}

struct Program(BufReader<UnixStream>);

impl Program {
    async fn says(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).await.unwrap();
    }

    /// The next line; empty once the other end is closed.
    async fn hears(&mut self) -> String {
        let mut line = String::new();
        let read = timeout(GENEROUS, self.0.read_line(&mut line)).await.expect("an answer");
        // A connection that is cut with something unread in it ends with an error.
        read.map(|_| line).unwrap_or_default()
    }
}

#[test]
fn only_the_same_user_and_root_may_steer() {
    assert!(may_steer(1000, 1000) && may_steer(0, 1000) && may_steer(0, 0));
    assert!(!may_steer(1001, 1000) && !may_steer(1000, 0));
}

#[tokio::test]
async fn nobody_else_can_open_it() {
    let bench = bench();
    assert_eq!(fs::metadata(bench.socket.path()).unwrap().mode() & 0o777, 0o600);
    let folder = bench.socket.path().parent().unwrap();
    assert_eq!(fs::metadata(folder).unwrap().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn what_is_not_understood_is_refused_and_the_next_line_is_read() {
    let bench = bench();
    let mut program = bench.connects().await;
    assert!(program.hears().await.starts_with(r#"{"v":1,"event":"status""#));
    for (line, why) in [
        (&b"\n"[..], "usage"),
        (b"hello\n", "usage"),
        (b"{\"do\":\"explode\"}\n", "explode"),
        (b"\xff\xfe\n", "usage"),
        (b"{\"v\":2,\"id\":9,\"do\":\"answer\"}\n", "version 1"),
        (b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n", "usage"),
    ] {
        program.says(line).await;
        let told = program.hears().await;
        assert!(told.contains(r#""event":"refused""#) && told.contains(why), "{told}");
        assert!(!told.trim_end().chars().any(char::is_control), "{told}");
    }
    program.says(b"{\"do\":\"status\"}\n").await;
    assert!(program.hears().await.contains(r#""event":"status""#));
}

#[tokio::test]
async fn a_line_without_end_is_cut() {
    let bench = bench();
    let mut program = bench.connects().await;
    program.hears().await;
    program.says(&[b'x'; LONGEST_ASKED]).await;
    let told = program.hears().await;
    assert!(told.contains("too long"), "{told}");
    assert_eq!(program.hears().await, "");
}

#[tokio::test]
async fn more_programs_than_there_are_places_are_sent_away() {
    let bench = bench();
    let mut programs = Vec::new();
    for _ in 0..PROGRAMS {
        let mut program = bench.connects().await;
        program.hears().await;
        programs.push(program);
    }
    let mut one_more = bench.connects().await;
    assert!(one_more.hears().await.contains("Too many programs"));
    assert_eq!(one_more.hears().await, "");
    drop(programs.pop());
    let mut again = bench.connects().await;
    while !again.hears().await.contains(r#""event":"status""#) {
        again = bench.connects().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_program_that_says_nothing_is_dropped() {
    let bench = bench();
    let mut program = bench.connects().await;
    let mut all = String::new();
    // Time goes on by itself while nothing else is to be done.
    program.0.read_to_string(&mut all).await.unwrap();
    assert_eq!(all.lines().count(), 1, "the status, and nothing after it: {all}");
}

#[tokio::test]
async fn a_phone_that_ends_meanwhile_is_said() {
    let mut bench = bench();
    let mut program = bench.connects().await;
    program.hears().await;
    program.says(b"{\"id\":3,\"do\":\"answer\"}\n").await;
    let (asked, answer) = bench.questions.recv().await.unwrap();
    assert_eq!((asked.id, asked.order), (3, Order::Answer));
    drop(answer);
    let told = program.hears().await;
    assert!(told.contains(r#""id":3"#) && told.contains("ended"), "{told}");
}

#[tokio::test]
async fn long_lists_of_people_come_in_pieces_and_not_before_they_are_known() {
    let bench = bench();
    let mut program = bench.connects().await;
    program.hears().await;
    for order in ["blocked", "friend-requests"] {
        program.says(format!("{{\"id\":3,\"do\":\"{order}\"}}\n").as_bytes()).await;
        assert!(program.hears().await.contains(r#""id":3,"why":"not_connected""#));
    }
    let people = vec![super::super::kit::bob(); PEOPLE_AT_ONCE + 1];
    bench.status.send_modify(|status| {
        let status = Arc::make_mut(status);
        status.take(&Event::Blocked(people.clone()));
        status.take(&Event::FriendRequests(Vec::new()));
    });
    program.says(b"{\"id\":4,\"do\":\"blocked\"}\n{\"id\":5,\"do\":\"friend-requests\"}\n").await;
    let mut told = 0;
    while told < people.len() {
        let line = program.hears().await;
        let Ok(Told::Blocked { id: 4, people, .. }) = serde_json::from_str(&line) else { panic!("{line}") };
        told += people.len();
    }
    for id in [4, 5] {
        let line = program.hears().await;
        assert!(line.contains(&format!("\"event\":\"done\",\"id\":{id}")), "{line}");
    }
}

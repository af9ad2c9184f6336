//! What it costs to remember: the recorder under a busy day's messages, and the ladder of a hundred thousand of them.

use std::time::Duration;

use anyhow::Result;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use switchboard::base::clock;
use switchboard::domain::time::UnixMillis;
use switchboard::phone::evidence::entry::Way;
use switchboard::phone::evidence::{Limits, Recorder};
use switchboard::terminal::message::{Effect, Message};
use switchboard::terminal::model::{Model, ScreenOptions};
use switchboard::terminal::update::update;
use switchboard::terminal::view::view;

use crate::table::{Row, Times, ms, us};
use crate::usage;

const MESSAGES: u64 = 100_000;
const NOW: UnixMillis = UnixMillis(1_767_621_731_000);

/// Measures the recorder, then the ladder.
pub fn measure() -> Result<Vec<Row>> {
    let mut rows = recorder();
    rows.extend(ladder()?);
    Ok(rows)
}

/// A frame as the service sends it: a state, and every tenth time the answer to an offer.
fn frame(n: u64) -> String {
    let call = format!("{n:08x}-0000-4000-8000-000000000000", n = n / 40);
    if n.is_multiple_of(10) {
        let answer = format!("v=0\\r\\na=ice-pwd:x\\r\\n{}", "a=rtpmap:111 opus/48000/2\\r\\n".repeat(60));
        return format!(r#"{{"id":{n},"response":{{"leg":{{"answer":"{answer}"}}}}}}"#);
    }
    let identity = format!("8:acs:resource_{:04}", n % 1000);
    format!(
        r#"{{"seq":{n},"notice":{{"call_participant":{{"call_id":"{call}","participant":{{"person":{{"identity":"{identity}","name":"friend{n}"}},"state":"connected"}}}}}}}}"#
    )
}

fn recorder() -> Vec<Row> {
    let frames: Vec<String> = (0..MESSAGES).map(frame).collect();
    let before = usage::pss(std::process::id());
    let recorder = Recorder::default();
    let mut times = Vec::with_capacity(frames.len());
    for frame in &frames {
        let began = clock::now();
        recorder.frame(Way::In, frame);
        times.push(began.elapsed());
    }
    let grown = usage::pss(std::process::id()).zip(before).map(|(after, before)| after.saturating_sub(before));
    let total: Duration = times.iter().sum();
    let mean = total / u32::try_from(frames.len()).unwrap_or(1);
    let kept = recorder.snapshot().len();
    // At ten messages a second, which is a busy phone.
    let share = mean.as_secs_f64() * 10.0 * 100.0;
    let times = Times::new(times);
    vec![
        Row::new(
            "evidence: memory of the recorder",
            usage::megabytes(grown),
            "≤ 20 MB",
            format!("after {MESSAGES} messages, of which it keeps {kept}; with the times measured, 1.6 MB"),
        ),
        Row::new(
            "evidence: a message taken in, mean / p99",
            format!("{} / {}", us(mean), us(times.at(0.99))),
            "",
            "parsed, cleaned of secrets, kept",
        ),
        Row::new(
            "evidence: processor at ten messages a second",
            format!("{share:.3} % of a core"),
            "≤ 1 %",
            "a busy phone; figures of a second cost less",
        ),
    ]
}

fn ladder() -> Result<Vec<Row>> {
    let recorder = Recorder::new(Limits { entries: 200_000, bytes: 1 << 30 }, None);
    (0..MESSAGES).for_each(|n| recorder.frame(Way::In, &frame(n)));
    let mut model = Model::new(&ScreenOptions::default(), true, NOW)?;
    let viewport = Viewport::Fixed(Rect::new(0, 0, 132, 38));
    let backend = CrosstermBackend::new(std::io::sink());
    let mut terminal = Terminal::with_options(backend, TerminalOptions { viewport })?;
    let mut press = |code: KeyCode| -> Result<Duration> {
        let began = clock::now();
        for effect in update(&mut model, Message::Key(KeyEvent::new(code, KeyModifiers::NONE))) {
            if let Effect::Look(after) = effect {
                update(&mut model, Message::Recorded(recorder.since(after)));
            }
        }
        terminal.draw(|frame| view(&model, frame))?;
        Ok(began.elapsed())
    };
    let open = press(KeyCode::Char('g'))?;
    press(KeyCode::Char('/'))?;
    let mut keys = Vec::new();
    for word in ["connected", "friend77", "nothing", "CALL:000007", "kind:notice 8:acs"] {
        for letter in word.chars() {
            keys.push(press(KeyCode::Char(letter))?);
        }
        for _ in word.chars() {
            keys.push(press(KeyCode::Backspace)?);
        }
    }
    let keys = Times::new(keys);
    let conditions = format!("{MESSAGES} messages, drawn at 132×38");
    Ok(vec![
        Row::new("ladder: open", format!("{} ms", ms(open)), "≤ 50 ms", conditions.clone()),
        Row::new(
            "ladder: a key of the filter, p50 / worst",
            format!("{} / {} ms", ms(keys.at(0.5)), ms(keys.at(1.0))),
            "≤ 20 ms",
            format!("{conditions}; {} keys, typed and taken back", keys.count()),
        ),
    ])
}

//! The quality of the call in full: everybody who is heard, what the service receives, the devices, the processing.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paper::Paper;
use super::quality;
use crate::phone::event::{Heard, Quality, Transport};
use crate::terminal::model::{LiveCall, Model, SoundRow, WhyOff, part};
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::{columns, wrapped};
use crate::texts::{diagnosis, quality as words, sound};

/// How many rows there are beside those of the people heard, at most.
pub(crate) const ROWS: usize = 16;

/// A row of the popup: its pieces, each with a width (none: as wide as it is).
type Row = Vec<(String, Option<u16>, Style)>;

/// The columns of the people heard: what it is, how wide, and the value of one.
type Column = (&'static str, u16, fn(&Heard) -> String);

const COLUMNS: &[Column] = &[
    ("mos", 6, |heard| heard.mos.map_or_else(|| "-".to_owned(), |mos| format!("{mos:.1}"))),
    ("jitter", 8, |heard| format!("{:.0} ms", heard.jitter_ms)),
    ("loss", 8, |heard| {
        format!("{:.1} %", crate::terminal::model::percent(heard.lost_packets, heard.received_packets))
    }),
    ("late", 6, |heard| heard.late_packets.to_string()),
    ("made up", 10, |heard| format!("{} ms", heard.concealed_ms)),
    ("buffer", 8, |heard| format!("{:.0} ms", heard.buffer_ms)),
    ("kbit/s", 8, |heard| format!("{:.0}", heard.kbps)),
];

/// The least width of a name.
const NAME: u16 = 12;

/// The quality of the call.
pub(super) fn popup(paper: &mut Paper<'_>, place: Rect, scroll: usize) {
    let model = paper.model;
    let rows = match model.call() {
        Some(LiveCall { quality: Some(quality), .. }) => {
            let width = place.width.min(84).saturating_sub(2);
            all(paper, width, quality)
        }
        Some(_) | None => vec![vec![(" no figures yet".to_owned(), None, paper.style(Role::Dim))]],
    };
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(2);
    let place = area::middle(place, 84, height.max(6));
    let room = usize::from(place.height.saturating_sub(2));
    let start = scroll.min(rows.len().saturating_sub(room));
    let title = if rows.len() > room {
        format!("QUALITY  {}-{} of {}", start + 1, (start + room).min(rows.len()), rows.len())
    } else {
        "QUALITY".to_owned()
    };
    let inside = paper.popup(place, &title);
    for (line, row) in (0..inside.height).zip(rows.iter().skip(start)) {
        let mut pen = paper.pen(area::row(inside, line));
        for (text, width, style) in row {
            match width {
                Some(width) => pen.column_of(text, *width, *style),
                None => pen.text(text, *style),
            };
        }
    }
}

fn all(paper: &Paper<'_>, width: u16, quality: &Quality) -> Vec<Row> {
    let model = paper.model;
    let Some(call) = model.call() else { return Vec::new() };
    let mut rows = overall(paper, width, call, quality);
    rows.push(Row::new());
    rows.extend(heard(paper, width, call, quality));
    rows.push(Row::new());
    rows.extend(sent(paper, quality));
    rows.push(Row::new());
    rows.extend(devices(paper, quality));
    rows.push(Row::new());
    rows.extend(processing(paper, quality));
    rows
}

fn overall(paper: &Paper<'_>, width: u16, call: &LiveCall, quality: &Quality) -> Vec<Row> {
    let (word, role) = quality::judged(paper.model, call, quality);
    let dim = paper.style(Role::Dim);
    let separator = paper.glyphs().separator;
    let (mos_in, mos_out) = call.scores();
    let scores = [mos_in.map(words::we_hear), mos_out.map(words::they_hear)];
    let rtt = quality.rtt_ms.map(|rtt| format!("round trip {rtt:.0} ms"));
    let mut first = vec![(" quality ".to_owned(), None, dim), (word.to_owned(), None, paper.style(role))];
    let mut room = width.saturating_sub(columns(word) + 10);
    for text in scores.into_iter().flatten().chain(rtt) {
        let text = format!(" {separator} {text}");
        // What does not fit is left out.
        if let Some(left) = room.checked_sub(columns(&text)) {
            room = left;
            first.push((text, None, dim));
        }
    }
    let mut rows = vec![first];
    if quality.transport == Some(Transport::Tcp) {
        rows.push(vec![(format!(" {}", words::OVER_TCP), None, dim)]);
    }
    let troubles: Vec<&str> = call.troubles().map(diagnosis::short).collect();
    if !troubles.is_empty() {
        let warn = paper.style(Role::Warn);
        let text = troubles.join(", ");
        rows.extend(wrapped(&text, width.saturating_sub(4)).take(2).enumerate().map(|(index, line)| {
            let sign = if index == 0 { paper.glyphs().warning } else { " " };
            vec![(format!(" {sign} {line}"), None, warn)]
        }));
    }
    rows
}

fn heard(paper: &Paper<'_>, width: u16, call: &LiveCall, quality: &Quality) -> Vec<Row> {
    let (title, dim, text) = (paper.style(Role::Title), paper.style(Role::Dim), paper.style(Role::Text));
    let mut shown = COLUMNS.len();
    let wide = |shown: usize| COLUMNS[..shown].iter().map(|column| column.1).sum::<u16>();
    while shown > 0 && wide(shown) + NAME + 2 > width {
        shown -= 1;
    }
    let name_width = width.saturating_sub(wide(shown) + 2);
    let mut head = vec![(" HEARD".to_owned(), Some(name_width + 1), title)];
    head.extend(COLUMNS[..shown].iter().map(|(label, width, _)| (right(label, *width), Some(*width), dim)));
    let mut rows = vec![head];
    if quality.heard.is_empty() {
        rows.push(vec![(" nobody yet".to_owned(), None, dim)]);
    }
    for heard in quality.heard.iter() {
        let mut row = vec![(format!(" {}", name(call, heard.number)), Some(name_width + 1), text)];
        row.extend(COLUMNS[..shown].iter().map(|(_, width, value)| (right(&value(heard), *width), Some(*width), text)));
        rows.push(row);
    }
    rows
}

fn right(text: &str, width: u16) -> String {
    format!("{text:>width$}", width = usize::from(width))
}

/// Who has this number.
fn name(call: &LiveCall, number: u16) -> &str {
    if !call.is_group() {
        return call.name();
    }
    let row = call.view.participants.iter().find(|row| row.number == number);
    row.map_or("?", |row| row.participant.person.display_name.as_str())
}

fn sent(paper: &Paper<'_>, quality: &Quality) -> Vec<Row> {
    let (title, dim, text) = (paper.style(Role::Title), paper.style(Role::Dim), paper.style(Role::Text));
    let value = match &quality.outbound {
        Some(there) => format!(
            "arrives: {} lost ({:.1} % now), jitter {:.0} ms",
            there.lost_packets, there.loss_percent, there.jitter_ms
        ),
        None => "the service has not told yet what arrives".to_owned(),
    };
    let packets = format!("{} packets, {:.0} kbit/s", quality.sent_packets, quality.kbps_out);
    vec![
        vec![(" SENT".to_owned(), Some(14), title), (packets, None, text)],
        vec![(String::new(), Some(14), dim), (value, None, text)],
    ]
}

fn devices(paper: &Paper<'_>, quality: &Quality) -> Vec<Row> {
    let (title, dim, text) = (paper.style(Role::Title), paper.style(Role::Dim), paper.style(Role::Text));
    let figures = &quality.device;
    let line =
        |label: &str, style: Style, value: String| vec![(label.to_owned(), Some(14), style), (value, None, text)];
    vec![
        line(" DEVICES", title, format!("{} overruns, {} underruns", figures.overruns, figures.underruns)),
        line("", dim, format!("{} late ticks, {} packets dropped", figures.late_ticks, figures.dropped_packets)),
    ]
}

fn processing(paper: &Paper<'_>, quality: &Quality) -> Vec<Row> {
    let (title, text) = (paper.style(Role::Title), paper.style(Role::Text));
    let model = paper.model;
    let echo = match quality.device.erle_db {
        Some(db) => format!("{}, {db:.0} dB taken", done(model, SoundRow::Echo)),
        None => done(model, SoundRow::Echo),
    };
    let line = |label: &str, value: String| vec![(label.to_owned(), Some(14), title), (value, None, text)];
    vec![
        line(" SOUND", format!("profile {}", model.sound.profile.as_str())),
        line("", format!("echo {echo}")),
        line("", format!("noise {}, gain {}", done(model, SoundRow::Noise), done(model, SoundRow::Gain))),
    ]
}

/// What is done of a part of the processing, and why nothing is.
fn done(model: &Model, row: SoundRow) -> String {
    match part(row, &model.sound) {
        Some(part) => why_off(model, part.why_off).unwrap_or_else(|| part.done.to_owned()),
        None => String::new(),
    }
}

/// Why a part of the processing is off, if nobody turned it off.
pub(super) fn why_off(model: &Model, why: Option<WhyOff>) -> Option<String> {
    why.map(|why| match why {
        WhyOff::Profile => sound::off_by_profile(model.sound.profile),
        WhyOff::NoDevice => sound::OFF_NO_DEVICE.to_owned(),
    })
}

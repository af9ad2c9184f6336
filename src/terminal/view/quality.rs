//! Quality figures, the word for them, and their curves over the last minute.

use ratatui::layout::Rect;

use super::paper::Paper;
use crate::phone::event::{Link, Quality, Summary, Transport};
use crate::terminal::keys::Action;
use crate::terminal::model::{Figure, LiveCall, Model, percent};
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::columns;
use crate::terminal::widgets::spark::spark;
use crate::texts::quality::{Grade, they_hear, we_hear};

/// How wide the curve beside a figure in the card is, columns.
const CURVE: u16 = 8;

/// The word for the quality, with its role: from the scores where there are some, else from the figures.
pub(super) fn word(quality: &Quality) -> (&'static str, Role) {
    let scores = [quality.mos_in, quality.mos_out].into_iter().flatten();
    let grade = scores.map(Grade::of_mos).max().unwrap_or_else(|| by_figures(quality));
    (grade.as_str(), role(grade))
}

/// Whether the sound of a call is cut. Without a connection to the service, one second in which nothing arrived is enough to
/// say so; the leg waits for longer.
fn is_cut(model: &Model, call: &LiveCall, quality: &Quality) -> bool {
    let unlinked = model.link.link != Link::Up;
    call.is_reconnecting() || (call.is_connected() && unlinked && quality.kbps_in <= 0.0)
}

/// The word for the quality of a call, with its role: a judgement only while sound flows, or has flowed.
pub(super) fn judged(model: &Model, call: &LiveCall, quality: &Quality) -> (&'static str, Role) {
    if is_cut(model, call, quality) {
        (CUT, Role::Warn)
    } else if call.is_connected() {
        word(quality)
    } else {
        (UNKNOWN, Role::Dim)
    }
}

/// The role of a grade.
pub(super) fn role(grade: Grade) -> Role {
    match grade {
        Grade::Good => Role::Good,
        Grade::Fair => Role::Warn,
        Grade::Poor => Role::Bad,
    }
}

/// The grade by figures alone. The bounds are those at which people begin to notice: 200 ms round trip (ITU-T G.114 calls up
/// to 150 ms one way fine), 1.5 % loss, 40 ms jitter; twice that and more is poor.
fn by_figures(quality: &Quality) -> Grade {
    let (rtt, loss) = (quality.rtt_ms.unwrap_or(0.0), loss(quality));
    if rtt > 400.0 || loss > 5.0 || quality.jitter_ms > 80.0 {
        Grade::Poor
    } else if rtt > 200.0 || loss > 1.5 || quality.jitter_ms > 40.0 {
        Grade::Fair
    } else {
        Grade::Good
    }
}

/// Packets lost of those due, per cent.
pub(super) fn loss(quality: &Quality) -> f32 {
    percent(quality.lost_packets, quality.received_packets)
}

/// What is said of a figure nobody knows yet.
const UNKNOWN: &str = "not yet";

/// What is said of a call whose sound is cut.
const CUT: &str = "no sound";

/// What is said behind the word for the quality, where UDP does not get through.
const OVER_TCP: &str = " over TCP";

/// A figure of the strip, with its curve where there is one.
type Item = (String, Option<Figure>);

/// The quality in two rows: how both sides hear, and the figures.
pub(super) fn strip(paper: &mut Paper<'_>, place: Rect, call: &LiveCall) {
    let Some(quality) = &call.quality else { return };
    heard(paper, area::row(place, 0), call, quality);
    let rtt = quality.rtt_ms.map_or_else(|| "?".to_owned(), |rtt| format!("{rtt:.0}"));
    let figures = [
        (format!("rtt {rtt} ms"), Some(Figure::RoundTrip)),
        (format!("loss {:.1} %", loss(quality)), Some(Figure::Loss)),
        (format!("jitter {:.0} ms", quality.jitter_ms), None),
        (format!("buffer {:.0} ms", quality.buffer_ms), None),
    ];
    items(paper, area::row(place, 1), call, 1, &figures);
}

/// The quality in one row: how both sides hear, or, while nobody knows, the figures.
pub(super) fn line(paper: &mut Paper<'_>, place: Rect, call: &LiveCall) {
    if let Some(quality) = &call.quality {
        heard(paper, place, call, quality);
    }
}

fn heard(paper: &mut Paper<'_>, place: Rect, call: &LiveCall, quality: &Quality) {
    let (word, role) = judged(paper.model, call, quality);
    let (style, dim) = (paper.style(role), paper.style(Role::Dim));
    let mut pen = paper.pen(place);
    pen.text(" quality ", dim).text(word, style);
    if quality.transport == Some(Transport::Tcp) {
        pen.text(OVER_TCP, dim);
    }
    let used = pen.column() - place.x;
    let scores =
        [(quality.mos_in.map(we_hear), Some(Figure::MosIn)), (quality.mos_out.map(they_hear), Some(Figure::MosOut))];
    let scores: Vec<Item> = scores.into_iter().filter_map(|(text, figure)| Some((text?, figure))).collect();
    if used > 0 && !scores.is_empty() && call.is_connected() && !is_cut(paper.model, call, quality) {
        items(paper, place, call, used, &scores);
    }
}

/// Writes items behind the first `used` columns of a row: with their curves if all fit, else as many texts as fit.
fn items(paper: &mut Paper<'_>, place: Rect, call: &LiveCall, used: u16, items: &[Item]) {
    let (dim, glyphs) = (paper.style(Role::Dim), paper.glyphs());
    let curve_width = |item: &Item| if item.1.is_some() { CURVE + 1 } else { 0 };
    let all: u16 = items.iter().map(|item| columns(&item.0) + 3 + curve_width(item)).sum();
    let with_curves = used + all <= place.width;
    let mut pen = paper.pen(place);
    pen.skip(used);
    // A row that begins with an item has no separator before it; curves stand apart by themselves.
    let mut first = used <= 1;
    for (text, figure) in items {
        if columns(text) + 3 > pen.room() {
            continue;
        }
        if !std::mem::take(&mut first) {
            pen.text(" ", dim).text(if with_curves { " " } else { glyphs.separator }, dim).text(" ", dim);
        }
        pen.text(text, dim);
        if let Some(figure) = figure.filter(|_| with_curves) {
            pen.text(" ", dim);
            spark(&mut pen, glyphs, &call.trail.curve(figure, CURVE), dim);
        }
    }
}

/// The figures in a panel of their own.
pub(super) fn panel(paper: &mut Paper<'_>, place: Rect) {
    let Some(call) = paper.model.call() else { return };
    let inside = paper.panel(place, "QUALITY", false);
    let dim = paper.style(Role::Dim);
    let Some(quality) = &call.quality else {
        paper.pen(area::row(inside, 0)).text(" no figures yet", dim);
        return;
    };
    let (word, role) = judged(paper.model, call, quality);
    let (style, key) = (paper.style(role), paper.style(Role::Key));
    let details = paper.model.key_of(Action::Quality);
    let mut pen = paper.pen(area::row(inside, 0));
    pen.right(" all of it ", dim).right(&details, key);
    pen.text(" overall     ", dim).text(word, style);
    if quality.transport == Some(Transport::Tcp) {
        pen.text(OVER_TCP, dim);
    }
    let cut = is_cut(paper.model, call, quality);
    let score = |mos: Option<f32>| match mos {
        Some(_) if cut => "-".to_owned(),
        Some(mos) => format!("{mos:.1}"),
        None => UNKNOWN.to_owned(),
    };
    let (mos_in, mos_out) = call.scores();
    let rows = [
        ("we hear", score(mos_in), mos_in.map(|_| Figure::MosIn)),
        ("they hear", score(mos_out), mos_out.map(|_| Figure::MosOut)),
        (
            "round trip",
            quality.rtt_ms.map_or_else(|| UNKNOWN.to_owned(), |rtt| format!("{rtt:.0} ms")),
            Some(Figure::RoundTrip),
        ),
        ("loss", format!("{:.1} %", loss(quality)), Some(Figure::Loss)),
        ("jitter", format!("{:.0} ms", quality.jitter_ms), Some(Figure::Jitter)),
        ("buffer", format!("{:.0} ms", quality.buffer_ms), Some(Figure::Buffer)),
        ("made up", format!("{} ms of sound", quality.concealed_ms), None),
    ];
    for (index, (label, value, figure)) in (1..).zip(&rows) {
        row(paper, area::row(inside, index), call, (label, value), *figure);
    }
}

/// A row of the panel: what it is, its value, its curve.
fn row(paper: &mut Paper<'_>, place: Rect, call: &LiveCall, (label, value): (&str, &str), figure: Option<Figure>) {
    let (dim, text, glyphs) = (paper.style(Role::Dim), paper.style(Role::Text), paper.glyphs());
    let mut pen = paper.pen(place);
    pen.text(" ", dim).column_of(label, 12, dim);
    match figure {
        Some(figure) => {
            pen.column_of(value, 8, text);
            let width = pen.room().saturating_sub(1);
            spark(&mut pen, glyphs, &call.trail.curve(figure, width), dim);
        }
        None => drop(pen.text(value, text)),
    }
}

/// What an ended call was like, in one row; nothing of one in which nobody talked.
pub(super) fn totals(summary: &Summary, separator: &str) -> String {
    let quality = &summary.quality;
    if summary.connected_for.is_none() || (quality.received_packets == 0 && quality.sent_packets == 0) {
        return String::new();
    }
    let (word, _) = word(quality);
    format!(
        "quality {word} {separator} loss {:.1} % {separator} jitter {:.0} ms {separator} {} ms made up",
        loss(quality),
        quality.jitter_ms,
        quality.concealed_ms
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_scores_the_figures_decide() {
        let of = |rtt, received_packets, lost_packets, jitter_ms| {
            word(&Quality { rtt_ms: Some(rtt), received_packets, lost_packets, jitter_ms, ..Quality::default() }).0
        };
        assert_eq!(of(30.0, 1000, 0, 5.0), "good");
        assert_eq!(of(250.0, 1000, 0, 5.0), "fair");
        assert_eq!(of(30.0, 980, 20, 5.0), "fair");
        assert_eq!(of(30.0, 900, 100, 5.0), "poor");
        assert_eq!(word(&Quality::default()).0, "good");
    }

    #[test]
    fn the_worse_score_decides() {
        let of = |mos_in, mos_out| word(&Quality { mos_in, mos_out, jitter_ms: 999.0, ..Quality::default() }).0;
        assert_eq!(of(Some(4.3), Some(4.1)), "good");
        assert_eq!(of(Some(4.3), Some(2.0)), "poor");
        assert_eq!(of(Some(3.5), None), "fair");
    }
}

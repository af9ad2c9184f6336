//! Quality figures, and the word for them.

use ratatui::layout::Rect;

use super::paper::Paper;
use crate::phone::event::Quality;
use crate::terminal::model::{LiveCall, Model};
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::pen::columns;

/// How many rows the panel takes: none without a call.
pub(super) fn rows(model: &Model) -> u16 {
    if model.call.is_some() { 9 } else { 0 }
}

/// A word for the quality, with its role. The bounds are those at which people begin to notice: 200 ms round trip
/// (ITU-T G.114 calls up to 150 ms one way fine), 1.5 % loss, 40 ms jitter; twice that and more is poor.
pub(super) fn word(quality: &Quality) -> (&'static str, Role) {
    let (rtt, loss) = (quality.rtt_ms.unwrap_or(0.0), loss(quality));
    if rtt > 400.0 || loss > 5.0 || quality.jitter_ms > 80.0 {
        ("poor", Role::Bad)
    } else if rtt > 200.0 || loss > 1.5 || quality.jitter_ms > 40.0 {
        ("fair", Role::Warn)
    } else {
        ("good", Role::Good)
    }
}

/// Packets lost of those due, per cent.
fn loss(quality: &Quality) -> f64 {
    let due = quality.received_packets.saturating_add(quality.lost_packets);
    if due == 0 { 0.0 } else { quality.lost_packets as f64 * 100.0 / due as f64 }
}

/// The figures in one row.
pub(super) fn line(paper: &mut Paper<'_>, place: Rect, call: &LiveCall) {
    let Some(quality) = &call.quality else { return };
    let (word, role) = word(quality);
    let (style, dim) = (paper.style(role), paper.style(Role::Dim));
    let separator = paper.glyphs().separator;
    let rtt = quality.rtt_ms.map_or_else(|| "?".to_owned(), |rtt| format!("{rtt:.0}"));
    let figures = [
        format!("rtt {rtt} ms"),
        format!("loss {:.1} %", loss(quality)),
        format!("jitter {:.0} ms", quality.jitter_ms),
        format!("buffer {:.0} ms", quality.buffer_ms),
    ];
    let mut pen = paper.pen(place);
    pen.text(" quality ", dim).text(word, style);
    for figure in &figures {
        if columns(figure) + 3 <= pen.room() {
            pen.text(" ", dim).text(separator, dim).text(" ", dim).text(figure, dim);
        }
    }
}

/// The figures in a panel of their own.
pub(super) fn panel(paper: &mut Paper<'_>, place: Rect) {
    let Some(call) = &paper.model.call else { return };
    let inside = paper.panel(place, "QUALITY", false);
    let Some(quality) = &call.quality else {
        let dim = paper.style(Role::Dim);
        paper.pen(area::row(inside, 0)).text(" no figures yet", dim);
        return;
    };
    let (word, role) = word(quality);
    let (style, dim, text) = (paper.style(role), paper.style(Role::Dim), paper.style(Role::Text));
    paper.pen(area::row(inside, 0)).text(" overall     ", dim).text(word, style);
    let rtt = quality.rtt_ms.map_or_else(|| "not known".to_owned(), |rtt| format!("{rtt:.0} ms"));
    let rows = [
        ("round trip", rtt),
        ("loss", format!("{:.1} % ({} packets)", loss(quality), quality.lost_packets)),
        ("jitter", format!("{:.0} ms", quality.jitter_ms)),
        ("buffer", format!("{:.0} ms", quality.buffer_ms)),
        ("made up", format!("{} ms of sound", quality.concealed_ms)),
        ("packets", format!("{} out, {} in", quality.sent_packets, quality.received_packets)),
    ];
    for (index, (label, value)) in (1..).zip(&rows) {
        paper.pen(area::row(inside, index)).text(" ", dim).column_of(label, 12, dim).text(value, text);
    }
}

/// What an ended call was like, in one row.
pub(super) fn totals(quality: &Quality, separator: &str) -> String {
    if quality.received_packets == 0 && quality.sent_packets == 0 {
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
    fn quality_is_told_in_a_word() {
        let of = |rtt, received_packets, lost_packets, jitter_ms| {
            word(&Quality { rtt_ms: Some(rtt), received_packets, lost_packets, jitter_ms, ..Quality::default() }).0
        };
        assert_eq!(of(30.0, 1000, 0, 5.0), "good");
        assert_eq!(of(250.0, 1000, 0, 5.0), "fair");
        assert_eq!(of(30.0, 980, 20, 5.0), "fair");
        assert_eq!(of(30.0, 900, 100, 5.0), "poor");
        assert_eq!(word(&Quality::default()).0, "good");
    }
}

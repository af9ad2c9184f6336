//! The table that is printed at the end: one figure a row, in the form the performance page has.

use std::time::Duration;

/// One figure.
pub struct Row {
    /// What was measured.
    pub figure: String,
    /// What came out, with its unit.
    pub measured: String,
    /// What is aimed at; empty for a figure that only explains another.
    pub aim: String,
    /// Under which conditions.
    pub conditions: String,
}

impl Row {
    /// A figure that is compared with its aim.
    pub fn new(
        figure: impl Into<String>,
        measured: impl Into<String>,
        aim: impl Into<String>,
        conditions: impl Into<String>,
    ) -> Self {
        Self { figure: figure.into(), measured: measured.into(), aim: aim.into(), conditions: conditions.into() }
    }

    /// A figure that could not be measured here, and why.
    pub fn skipped(figure: &str, why: impl Into<String>) -> Self {
        Self::new(figure, "not measured", "", why)
    }
}

/// The rows as a Markdown table with even columns.
pub fn printed(rows: &[Row]) -> String {
    let head = ["figure", "measured", "aim", "conditions"].map(str::to_owned);
    let cells: Vec<[String; 4]> =
        rows.iter().map(|row| [&row.figure, &row.measured, &row.aim, &row.conditions].map(Clone::clone)).collect();
    let mut widths = head.each_ref().map(|cell| cell.chars().count());
    for row in &cells {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    // The last column is text of any length: even edges would only make long lines longer.
    widths[3] = 0;
    let rule = widths.map(|width| "-".repeat(width.max(3)));
    [head, rule].iter().chain(&cells).map(|row| line(row, widths)).collect()
}

fn line(cells: &[String; 4], widths: [usize; 4]) -> String {
    let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
    format!("| {} |\n", padded.join(" | "))
}

/// Durations, and where in their order one stands.
pub struct Times(Vec<Duration>);

impl Times {
    /// Takes them in any order.
    pub fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The duration that `share` of all (0 to 1) do not exceed; zero when there is none.
    pub fn at(&self, share: f64) -> Duration {
        let last = self.0.len().saturating_sub(1);
        self.0.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
    }

    /// Median and 99th percentile in milliseconds.
    pub fn p50_p99_ms(&self) -> String {
        format!("{} / {} ms", ms(self.at(0.5)), ms(self.at(0.99)))
    }
}

/// Milliseconds with as many digits as mean something.
pub fn ms(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    match ms {
        10.0.. => format!("{ms:.0}"),
        1.0.. => format!("{ms:.1}"),
        _ => format!("{ms:.3}"),
    }
}

/// Microseconds.
pub fn us(time: Duration) -> String {
    format!("{:.2} µs", time.as_secs_f64() * 1e6)
}

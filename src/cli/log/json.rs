//! The log as lines of JSON, for programs that gather logs.

use std::fmt::{self, Debug};

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use crate::base::clock;
use crate::cli::json::rfc3339;

/// Writes each event as an object in a line: `ts`, `level`, `target`, `message`, what it was part of in `within`, and its
/// fields in `fields`.
pub(super) struct Json;

impl<S, N> FormatEvent<S, N> for Json
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut to: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let within: Vec<String> = context
            .event_scope()
            .into_iter()
            .flat_map(|scope| scope.from_root())
            .map(|span| {
                let extensions = span.extensions();
                let fields = extensions.get::<FormattedFields<N>>().map_or("", |fields| fields.fields.as_str());
                format!("{}{{{fields}}}", span.name())
            })
            .collect();
        let about = event.metadata();
        let mut line = json!({
            "ts": rfc3339(clock::unix_now()),
            "level": about.level().as_str().to_ascii_lowercase(),
            "target": about.target(),
            "message": fields.message,
        });
        if !within.is_empty() {
            line["within"] = within.into();
        }
        if !fields.others.is_empty() {
            line["fields"] = fields.others.into();
        }
        writeln!(to, "{line}")
    }
}

/// What an event says.
#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        self.others.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            _ => self.put(field, format!("{value:?}").into()),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            _ => self.put(field, value.into()),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_event_is_an_object_in_a_line() {
        let paper = Paper::default();
        let writer = paper.clone();
        let log = tracing_subscriber::fmt().event_format(Json).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(log, || {
            let _request = tracing::info_span!("request", id = 7).entered();
            tracing::warn!(calls = 3, ended = true, why = "\"quoted\"\n", "some calls {}", "ended");
        });
        let text = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&line["level"], &line["message"]), (&"warn".into(), &"some calls ended".into()));
        assert_eq!(line["fields"], json!({"calls": 3, "ended": true, "why": "\"quoted\"\n"}));
        assert_eq!(line["within"], json!(["request{id=7}"]));
        assert!(line["ts"].as_str().unwrap().ends_with('Z'), "{text}");
    }
}

//! What is told of a service that does little; the rest is in the tests of the routes and of the real service.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::mpsc;

use super::{Observer, Watched};
use crate::service::calls::kit::House;
use crate::service::identity::{Identities, Settings};
use crate::service::sfu::{Sfu, SfuConfig};
use crate::service::signalling::registry::Registry;
use crate::service::store::{self, Db};

/// An observer of a service without calls and clients.
pub(crate) fn observer(folder: &Path, db: &Db, identities: &Identities) -> Observer {
    let (events, _) = mpsc::channel(1);
    let (sfu, _) = Sfu::start(&SfuConfig::default(), &events).unwrap();
    let (db, identities) = (db.clone(), identities.clone());
    let folder = folder.to_owned();
    Observer::new(Watched { folder, db, identities, calls: House::new().calls, sfu, sessions: Registry::default() })
}

struct Kit {
    _folder: TempDir,
    db: Db,
    observer: Observer,
}

impl Kit {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let db = store::open(folder.path()).await.unwrap();
        let identities = Identities::start(db.clone(), Settings::default(), Vec::new()).await.unwrap();
        let observer = observer(folder.path(), &db, &identities);
        Self { _folder: folder, db, observer }
    }

    /// Why it is not ready.
    async fn problems(&self) -> Vec<String> {
        let readiness = self.observer.readiness().await;
        let problems: Vec<_> = readiness.checks.into_iter().filter(|check| !check.ok).map(|check| check.name).collect();
        assert_eq!(readiness.ready, problems.is_empty());
        problems
    }
}

#[tokio::test]
async fn a_service_that_stops_or_cant_write_is_not_ready() {
    let kit = Kit::new().await;
    assert!(kit.problems().await.is_empty());
    kit.observer.stopping();
    assert_eq!(kit.problems().await, ["running"]);
    let kit = Kit::new().await;
    kit.db.close().await;
    assert_eq!(kit.problems().await, ["database"]);
}

#[tokio::test]
async fn figures_are_open_metrics_with_a_help_for_each() {
    let kit = Kit::new().await;
    kit.observer.answered("GET", "/healthz", 200, Duration::from_millis(7));
    let text = kit.observer.metrics().await;
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert!(text.contains("switchboard_sessions 0\n"), "{text}");
    assert!(text.contains(r#"switchboard_calls{kind="direct",state="ringing"} 0"#), "{text}");
    let counted = r#"switchboard_http_requests_total{method="GET",route="/healthz",status="200"} 1"#;
    assert!(text.contains(counted), "{text}");
    assert!(text.contains(r#"switchboard_http_request_seconds_bucket{le="0.01",route="/healthz"} 1"#), "{text}");
    let kept: u64 = text
        .lines()
        .filter_map(|l| l.strip_prefix("switchboard_store_statement_seconds_count "))
        .map(|n| n.parse::<u64>().unwrap())
        .sum();
    assert!(kept > 0, "{text}");
}

/// `UPDATE_SNAPSHOTS=1` writes the table into the page.
#[tokio::test]
async fn the_table_in_docs_names_every_figure() {
    const MARK: &str = "<!-- metrics -->";
    let text = Kit::new().await.observer.metrics().await;
    let of = |kind: &str| -> BTreeMap<String, String> {
        let lines = text.lines().filter_map(|line| line.strip_prefix("# ")?.strip_prefix(kind));
        lines.filter_map(|line| line.trim().split_once(' ')).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
    };
    let (kinds, helps) = (of("TYPE"), of("HELP"));
    assert!(kinds.keys().eq(helps.keys()), "{text}");
    let mut table = String::from("\n| figure | kind | what it tells |\n|---|---|---|\n");
    for (name, kind) in &kinds {
        let name = if kind == "counter" { format!("{name}_total") } else { name.clone() };
        table.push_str(&format!("| `{name}` | {kind} | {} |\n", helps[name.trim_end_matches("_total")]));
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operating.md");
    let written = std::fs::read_to_string(&page).unwrap();
    let parts: Vec<&str> = written.split(MARK).collect();
    let [before, there, after] = parts[..] else { panic!("docs/operating.md has no place for the table") };
    if there != table && std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&page, format!("{before}{MARK}{table}{MARK}{after}")).unwrap();
        return;
    }
    assert_eq!(there, table, "UPDATE_SNAPSHOTS=1 writes it");
}

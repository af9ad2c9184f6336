//! The figures, in the text format of OpenMetrics (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).

use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::{Registry, Unit};

use super::{Observer, process};
use crate::base::clock;
use crate::service::calls;

/// How long the calls may take to be counted; a scrape waits no longer than this.
const COUNTED_WITHIN: Duration = Duration::from_secs(2);

impl Observer {
    /// All figures at this moment.
    pub(crate) async fn metrics(&self) -> String {
        let counted = tokio::time::timeout(COUNTED_WITHIN, self.inner.watched.calls.counts()).await;
        let registry = self.registry(counted.ok().flatten());
        let mut text = String::new();
        encode(&mut text, &registry).expect("writing into a String does not fail");
        text
    }

    /// The figures with the calls as they were counted; without, where they could not be.
    fn registry(&self, calls: Option<calls::Counts>) -> Registry {
        let mut registry = Registry::default();
        self.people(&mut registry, calls);
        self.media(&mut registry);
        self.tokens(&mut registry);
        self.requests(&mut registry);
        self.store(&mut registry);
        self.program(&mut registry);
        registry
    }

    fn people(&self, registry: &mut Registry, counted: Option<calls::Counts>) {
        let sessions = self.inner.watched.sessions.count() as u64;
        registry.register("switchboard_sessions", "Clients that are connected", ConstGauge::new(sessions));
        let Some(counted) = counted else { return };
        let family = Family::<[(&str, &str); 2], Gauge>::default();
        for (kind, state, count) in [
            ("direct", "ringing", counted.ringing),
            ("direct", "parked", counted.parked),
            ("direct", "connected", counted.connected),
            ("group", "connected", counted.groups),
        ] {
            let gauge = family.get_or_create_owned(&[("kind", kind), ("state", state)]);
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        registry.register("switchboard_calls", "Calls that go on, by kind and state", family);
        let people = ConstGauge::new(counted.in_groups);
        registry.register("switchboard_group_people", "People in group calls", people);
    }

    fn media(&self, registry: &mut Registry) {
        let counts = self.inner.watched.sfu.counts();
        registry.register("switchboard_legs", "Legs that carry sound", ConstGauge::new(counts.legs));
        let help = "TCP connections for sound: of clients whom no UDP reaches, and of strangers for a moment";
        registry.register("switchboard_media_tcp_connections", help, ConstGauge::new(counts.tcp_connections));
        for (name, help, count) in [
            ("received_datagrams", "Datagrams that arrived", counts.received),
            ("received_bytes", "Bytes in the datagrams that arrived", counts.bytes_in),
            ("sent_datagrams", "Datagrams that were sent", counts.sent),
            ("sent_bytes", "Bytes in the datagrams that were to be sent", counts.bytes_out),
            ("packets", "Packets of sound that legs sent", counts.media),
            ("forwarded_packets", "Packets of sound handed to a receiver, once for each", counts.forwarded),
            ("dropped", "Datagrams and packets thrown away: garbage, strangers, full queues", counts.dropped),
            ("flooded_packets", "Packets of sound beyond what one leg may send", counts.flooded),
            ("stage_changes", "Changes of who is heard in group calls", counts.stage_changes),
            (
                "tcp_refused",
                "TCP connections for sound that were closed because there were too many",
                counts.tcp_refused,
            ),
        ] {
            registry.register(format!("switchboard_media_{name}"), help, ConstCounter::new(count));
        }
    }

    fn tokens(&self, registry: &mut Registry) {
        let tally = self.inner.watched.identities.tally();
        for (name, help, counter) in [
            ("sign_ins", "Sign-ins that succeeded, with a password or with an account elsewhere", &tally.signed_in),
            (
                "sign_ins_refused",
                "Sign-ins that failed: wrong name or password, account disabled, nobody here",
                &tally.refused,
            ),
            ("sign_ins_throttled", "Sign-ins not looked at, after too many wrong ones", &tally.throttled),
            ("tokens_issued", "Access tokens issued", &tally.issued),
            ("tokens_revoked", "Times all tokens of an identity were revoked", &tally.revoked),
        ] {
            registry.register(format!("switchboard_{name}"), help, counter.clone());
        }
    }

    fn requests(&self, registry: &mut Registry) {
        let requests = self.inner.requests.clone();
        registry.register("switchboard_http_requests", "Requests answered, by method, route and status", requests);
        let times = self.inner.times.clone();
        let help = "How long requests took to be answered, by route";
        registry.register_with_unit("switchboard_http_request", help, Unit::Seconds, times);
    }

    fn store(&self, registry: &mut Registry) {
        let db = &self.inner.watched.db;
        let help = "How long statements outside of transactions took";
        registry.register_with_unit("switchboard_store_statement", help, Unit::Seconds, db.statements());
        let help = "How long transactions that write waited for their turn";
        registry.register_with_unit("switchboard_store_write_wait", help, Unit::Seconds, db.waits());
        let help = "Things done that the audit trail could not take";
        registry.register("switchboard_audit_failures", help, self.inner.unrecorded.clone());
    }

    fn program(&self, registry: &mut Registry) {
        let build = Family::<[(&str, &str); 1], Gauge>::default();
        build.get_or_create_owned(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
        registry.register("switchboard_build_info", "The version that runs", build);
        let up = clock::now().saturating_duration_since(self.inner.began).as_secs_f64();
        registry.register_with_unit("switchboard_uptime", "Since the start", Unit::Seconds, ConstGauge::new(up));
        let began = self.inner.began_at.seconds();
        let help = "When the service started, since 1970";
        registry.register_with_unit("process_start_time", help, Unit::Seconds, ConstGauge::new(began));
        let Some(process) = process::read() else { return };
        let memory = ConstGauge::new(process.resident);
        registry.register_with_unit("process_resident_memory", "Memory in use", Unit::Bytes, memory);
        registry.register("process_open_fds", "Files and sockets that are open", ConstGauge::new(process.files));
        let help = "Processor time used";
        registry.register_with_unit("process_cpu", help, Unit::Seconds, ConstCounter::new(process.cpu));
    }
}

//! One group call, from two participants to as many as may be in: what it costs the service, whether a packet is lost, how
//! soon somebody who joins hears the others, and what everybody is told when many join.
//!
//! The service is in this process, its clients are in another one: they share the machine, but not the figures.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use futures_util::future::try_join_all;
use switchboard::base::clock;
use switchboard::base::secret::Secret;
use switchboard::domain::group::MAX_PARTICIPANTS;
use switchboard::protocol::rest::{NewAccount, SignIn};
use switchboard::service::identity::{Identities, Settings};
use switchboard::service::sfu::Counts;
use switchboard::service::{Running, Service, store};

use crate::calling::options;
use crate::crowd::{Ask, Crowd, Joined, TALKERS, Told};
use crate::table::{Row, Times, ms, us};
use crate::usage;

/// How many are in the call, one measurement after the other.
const CURVE: [usize; 7] = [2, 10, 25, 50, 100, 200, MAX_PARTICIPANTS];
/// Up to here one joins after the other, and each is timed; further ones within `JOINING`.
const ONE_BY_ONE: usize = 50;
const JOINING: Duration = Duration::from_secs(5);
/// How long is measured, after a second of warming up.
const SPAN: Duration = Duration::from_secs(5);
const WARM_UP: Duration = Duration::from_secs(1);
/// Within which all join at last.
const RUSH: Duration = Duration::from_secs(10);
/// Accounts made at once: the service hashes few passwords at a time.
const AT_ONCE: usize = 16;
/// The name of the thread that forwards.
const SFU: &str = "sfu";
/// Packets of a client per second.
const PER_SECOND: f64 = 50.0;

/// Measures one call as it grows; then everybody leaves, and comes back at once.
pub fn measure() -> Result<Vec<Row>> {
    const FIGURE: &str = "group: processor of the SFU";
    if usage::own_threads(SFU).is_none() {
        return Ok(vec![Row::skipped(FIGURE, "/proc has no schedstat here")]);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let tokens = runtime.block_on(accounts(folder.path()))?;
    let service = runtime.block_on(Service::start(options(folder.path(), false)))?;
    let mut crowd = Crowd::start()?;
    crowd.ask(&Ask::Open { service: service.http, tokens })?;
    let (mut steps, mut joins) = (Vec::new(), Vec::new());
    for participants in CURVE {
        let within = (participants > ONE_BY_ONE).then_some(JOINING);
        let joined = crowd.ask(&Ask::Join { until: participants, within })?.joins;
        if within.is_none() {
            joins.extend(joined);
        }
        crowd.ask(&Ask::Talk { span: WARM_UP })?;
        steps.push(Step::measure(participants, &service, &mut crowd)?);
    }
    crowd.ask(&Ask::Leave)?;
    let rush = Rush::measure(&mut crowd)?;
    drop(crowd);
    runtime.block_on(service.stop());
    runtime.shutdown_background();
    let mut rows = curve(&steps);
    rows.extend(joining(&joins));
    rows.extend(rush.rows());
    Ok(rows)
}

/// Makes an account for everybody and signs it in: the access tokens.
async fn accounts(folder: &Path) -> Result<Vec<String>> {
    let db = store::open(folder).await?;
    let identities = Identities::start(db.clone(), Settings::default(), Vec::new()).await?;
    let mut tokens = Vec::new();
    for n in (0..MAX_PARTICIPANTS).step_by(AT_ONCE) {
        let next = (n..MAX_PARTICIPANTS.min(n + AT_ONCE)).map(|n| account(&identities, n));
        tokens.extend(try_join_all(next).await?);
    }
    drop(identities);
    db.close().await;
    Ok(tokens)
}

async fn account(identities: &Identities, n: usize) -> Result<String> {
    let user: String = format!("participant-{n:03}");
    let password = || Secret::new("as long as it has to be".to_owned());
    let display_name = Some(format!("Participant {n:03}").into());
    identities.add_account(NewAccount { display_name, ..NewAccount::new(user.parse()?, password()) }).await?;
    let request = SignIn { user: user.parse()?, password: password() };
    let signed_in = identities.sign_in(request, IpAddr::V4(Ipv4Addr::LOCALHOST), clock::unix_now()).await?;
    Ok(signed_in.access_token.expose().clone())
}

/// The processor time of this process so far: of the thread that forwards, and of all.
struct Spent {
    sfu: Duration,
    all: Duration,
}

impl Spent {
    fn now() -> Result<Self> {
        let sfu = usage::own_threads(SFU).context("it was told before")?;
        Ok(Self { sfu, all: usage::own_process().context("it was told before")? })
    }

    fn since(self, before: &Self) -> Self {
        Self { sfu: self.sfu.saturating_sub(before.sfu), all: self.all.saturating_sub(before.all) }
    }
}

/// The call with so many in it.
struct Step {
    participants: usize,
    spent: Spent,
    /// What the SFU counted.
    before: Counts,
    after: Counts,
    told: Told,
}

impl Step {
    fn measure(participants: usize, service: &Running, crowd: &mut Crowd) -> Result<Self> {
        let (before, spent) = (service.media_counts(), Spent::now()?);
        let told = crowd.ask(&Ask::Talk { span: SPAN })?;
        Ok(Self { participants, spent: Spent::now()?.since(&spent), before, after: service.media_counts(), told })
    }

    /// Of the thread that forwards, for a second of the call.
    fn per_second(&self) -> Duration {
        self.spent.sfu.div_f64(SPAN.as_secs_f64())
    }

    fn expected(&self) -> u64 {
        self.told.spoken * (self.participants as u64 - 1)
    }

    fn row(&self, largest: Duration) -> Row {
        let Self { participants, told, before, after, .. } = self;
        let talk = (*participants).min(TALKERS);
        let here = self.per_second();
        let bar = "█".repeat((here.div_duration_f64(largest) * 40.0).round() as usize);
        let lost = format!("{} of {} lost", self.expected().saturating_sub(told.heard), self.expected());
        let all = self.spent.all.div_f64(SPAN.as_secs_f64());
        let conditions = format!(
            "{talk} talk; forwarded packets: {lost}; packets in: {} of {} lost; {} too many, {} thrown away; \
             whole service: {} ms; the crowd: {} ms, {:.0} % of its pace",
            told.sent.saturating_sub(after.media - before.media),
            told.sent,
            after.flooded - before.flooded,
            after.dropped - before.dropped,
            ms(all),
            ms(told.spent.div_f64(SPAN.as_secs_f64())),
            told.sent as f64 / (*participants as f64 * PER_SECOND * SPAN.as_secs_f64()) * 100.0,
        );
        let aim = if *participants == MAX_PARTICIPANTS { "≤ 1000 ms, 0 lost" } else { "" };
        Row::new(
            format!("group of {participants}: processor of the SFU for 1 s"),
            format!("{:>4.0} ms {bar}", here.as_secs_f64() * 1e3),
            aim,
            conditions,
        )
    }
}

fn curve(steps: &[Step]) -> Vec<Row> {
    let largest = steps.iter().map(Step::per_second).max().unwrap_or_default().max(Duration::from_micros(1));
    let mut rows: Vec<Row> = steps.iter().map(|step| step.row(largest)).collect();
    let Some(last) = steps.last() else { return rows };
    let each = |step: &Step| {
        let one = step.per_second().div_f64(step.participants as f64);
        format!("{}: {:.1}", step.participants, one.as_secs_f64() * 1e3)
    };
    let each: Vec<String> = steps.iter().map(each).collect();
    let each = format!("{} ms", each.join(", "));
    let straight = "for 1 s; it would not change if the curve were a straight line, and grow if it bent upwards";
    rows.push(Row::new("group: processor of the SFU per participant", each, "", straight));
    let media = last.after.media - last.before.media + last.told.heard;
    let per_packet = format!("{} in and out", us(last.spent.sfu.div_f64(media.max(1) as f64)));
    rows.push(Row::new(format!("group of {}: per packet", last.participants), per_packet, "≤ 7 µs", ""));
    for step in steps.iter().filter(|step| [10, 50, MAX_PARTICIPANTS].contains(&step.participants)) {
        let latency = Times::new(step.told.latency.clone());
        let conditions = format!("{} packets of the talkers to one in the middle of the room", latency.count());
        let figure = format!("group of {}: latency p50 / p99", step.participants);
        let aim = if step.participants <= ONE_BY_ONE { "≤ 0.4 / 2 ms" } else { "" };
        rows.push(Row::new(figure, latency.p50_p99_ms(), aim, conditions));
    }
    rows
}

fn joining(joins: &[Joined]) -> [Row; 1] {
    let times = |of: fn(&Joined) -> Duration| Times::new(joins.iter().map(of).collect());
    let waiting = times(|joined| joined.answer + joined.sound);
    let conditions = format!(
        "{} join one after the other; request → answer {}, ICE and DTLS {}, connected → first packet {}",
        waiting.count(),
        times(|joined| joined.answer).p50_p99_ms(),
        times(|joined| joined.handshake).p50_p99_ms(),
        times(|joined| joined.sound).p50_p99_ms(),
    );
    let figure = "group: join → first sound beyond the handshake, p50 / p99";
    [Row::new(figure, waiting.p50_p99_ms(), "≤ 10 ms", conditions)]
}

/// All but one join within a short time.
struct Rush {
    spent: Spent,
    took: Duration,
    told: Told,
}

impl Rush {
    fn measure(crowd: &mut Crowd) -> Result<Self> {
        let (spent, began) = (Spent::now()?, clock::now());
        let told = crowd.ask(&Ask::Join { until: MAX_PARTICIPANTS, within: Some(RUSH) })?;
        Ok(Self { spent: Spent::now()?.since(&spent), took: began.elapsed(), told })
    }

    fn rows(&self) -> [Row; 3] {
        let joined = self.told.joins.len().max(1) as u64;
        let notices = self.told.notices;
        let conditions = format!(
            "{joined} join in {} s; to the one who was there before: {} kB; to all: changes {} kB, whole rosters {} kB, all else {} kB",
            RUSH.as_secs(),
            notices.changes_to_first / 1000,
            notices.changes / 1000,
            notices.wholes / 1000,
            notices.others / 1000,
        );
        let per_change = format!("{} bytes", notices.changes_to_first / joined);
        let others = self.spent.all.saturating_sub(self.spent.sfu);
        let cpu = format!("{} ms and {} ms", ms(others), ms(self.spent.sfu));
        let beyond = self.told.joins.iter().map(|joined| joined.answer + joined.sound).collect();
        let took = format!("in {:.1} s, sound included", self.took.as_secs_f64());
        [
            Row::new("group, all join: roster notices per change and client", per_change, "≤ 1 kB", conditions),
            Row::new("group, all join: processor of the service without and of the SFU", cpu, "", took),
            Row::new(
                "group, all join: beyond the handshake, p50 / p99",
                Times::new(beyond).p50_p99_ms(),
                "",
                "the clients' 350 handshakes on the same two cores",
            ),
        ]
    }
}

//! What threads and processes use, from `/proc`: processor time, wake-ups, memory. Linux only; elsewhere nothing is told.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use switchboard::base::clock;

/// What a process used in a span of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// Share of one core, percent.
    pub core: f64,
    /// How often its threads gave the processor away and were woken again, per second.
    pub wakes: f64,
}

impl Usage {
    /// `0.31 % (12 wake-ups/s)`.
    pub fn printed(self) -> String {
        format!("{:.2} % ({:.0} wake-ups/s)", self.core, self.wakes)
    }
}

/// What process `pid` uses while `span` passes.
pub fn over(pid: u32, span: Duration) -> Option<Usage> {
    let (before, since) = (threads(pid)?, clock::now());
    std::thread::sleep(span);
    let (after, passed) = (threads(pid)?, clock::now().duration_since(since).as_secs_f64());
    // A thread that ended in between is not counted; those that matter last longer than the span.
    let mut cpu = Duration::ZERO;
    let mut wakes = 0;
    for (id, now) in &after {
        let then = before.get(id).copied().unwrap_or_default();
        cpu += now.cpu.saturating_sub(then.cpu);
        wakes += now.wakes.saturating_sub(then.wakes);
    }
    Some(Usage { core: cpu.as_secs_f64() / passed * 100.0, wakes: wakes as f64 / passed })
}

/// What two processes use while the same `span` passes.
pub fn of_both(one: u32, other: u32, span: Duration) -> (Option<Usage>, Option<Usage>) {
    std::thread::scope(|scope| {
        let other = scope.spawn(move || over(other, span));
        (over(one, span), other.join().ok().flatten())
    })
}

/// As [`Usage::printed`], also of what could not be measured.
pub fn told(usage: Option<Usage>) -> String {
    usage.map_or_else(|| "not measured".to_owned(), Usage::printed)
}

/// The processor time so far of this process' threads called `name`.
pub fn own_threads(name: &str) -> Option<Duration> {
    let named = |id: &u32| {
        let comm = fs::read_to_string(format!("/proc/self/task/{id}/comm")).unwrap_or_default();
        comm.trim_end() == name
    };
    let all = threads(std::process::id())?;
    Some(all.iter().filter(|(id, _)| named(id)).map(|(_, thread)| thread.cpu).sum())
}

/// The processor time so far of all threads of this process.
pub fn own_process() -> Option<Duration> {
    Some(threads(std::process::id())?.values().map(|thread| thread.cpu).sum())
}

/// Proportional set size: its own memory, and its share of what it has in common with other processes. Bytes.
pub fn pss(pid: u32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Resident set size: all of its memory that is not swapped out. Bytes.
pub fn rss(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// `18.4 MB`.
pub fn megabytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "not measured".to_owned(), |bytes| format!("{:.1} MB", bytes as f64 / 1e6))
}

/// How many things wanted a processor in the last minute.
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

#[derive(Clone, Copy, Default)]
struct Thread {
    cpu: Duration,
    wakes: u64,
}

fn threads(pid: u32) -> Option<BTreeMap<u32, Thread>> {
    let folder = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let ids = folder.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Some(ids.filter_map(|id| Some((id, thread(pid, id)?))).collect())
}

fn thread(pid: u32, id: u32) -> Option<Thread> {
    let schedule = fs::read_to_string(format!("/proc/{pid}/task/{id}/schedstat")).ok()?;
    let nanoseconds = schedule.split(' ').next()?.parse().ok()?;
    let status = fs::read_to_string(format!("/proc/{pid}/task/{id}/status")).ok()?;
    let switches = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
    Some(Thread { cpu: Duration::from_nanos(nanoseconds), wakes: switches.trim().parse().ok()? })
}

//! What the system says of this process. Only Linux is asked; elsewhere the system's own tools know.

/// What this process takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Process {
    /// Memory that is in use, in bytes.
    pub(super) resident: u64,
    /// How many files and sockets are open.
    pub(super) files: u64,
    /// Processor time so far, in seconds.
    pub(super) cpu: f64,
}

/// What it takes now; `None` where the system does not say.
#[cfg(target_os = "linux")]
pub(super) fn read() -> Option<Process> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let files = std::fs::read_dir("/proc/self/fd").ok()?.count() as u64;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    let page = rustix::param::page_size() as u64;
    let ticks = ticks(&stat)? as f64 / rustix::param::clock_ticks_per_second() as f64;
    Some(Process { resident: pages * page, files, cpu: ticks })
}

/// Elsewhere nothing is read.
#[cfg(not(target_os = "linux"))]
pub(super) fn read() -> Option<Process> {
    None
}

/// Processor time in `/proc/self/stat` (proc(5)): utime and stime, fields 14 and 15; the name in field 2 may hold anything.
#[cfg(target_os = "linux")]
fn ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_system_says_what_this_process_takes() {
        let process = read().unwrap();
        assert!(process.resident > 1024 * 1024 && process.files >= 3 && process.cpu >= 0.0, "{process:?}");
    }

    #[test]
    fn a_name_with_blanks_and_brackets_is_passed_over() {
        assert_eq!(ticks("7 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 11 12 13"), Some(23));
        assert_eq!(ticks("7 (a"), None);
    }
}

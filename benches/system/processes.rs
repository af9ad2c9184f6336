//! What the program costs as it is used: until the service is ready, while nothing happens, and in a call.

use std::time::Duration;

use anyhow::Result;
use switchboard::base::clock;
use tempfile::TempDir;

use crate::program::{Program, Screen};
use crate::table::{Row, Times, ms};
use crate::usage::{self, megabytes};

/// Starts that are measured, after one that makes the data folder.
const STARTS: usize = 10;
/// How long usage is watched.
const SPAN: Duration = Duration::from_secs(20);
/// How long everything gets to come to rest first.
const SETTLE: Duration = Duration::from_secs(3);

/// From the start of the process to the line that says it is ready, with an existing data folder.
pub fn start() -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (what, arguments) in [("serve", &[][..]), ("serve --demo", &["--demo"][..])] {
        let folder = tempfile::tempdir()?;
        let began = clock::now();
        drop(Program::serve(folder.path(), arguments)?);
        let first = began.elapsed();
        let mut times = Vec::new();
        for _ in 0..STARTS {
            let began = clock::now();
            let service = Program::serve(folder.path(), arguments)?;
            times.push(began.elapsed());
            drop(service);
        }
        let times = Times::new(times);
        let measured = format!("{} / {} ms", ms(times.at(0.5)), ms(times.at(1.0)));
        let conditions = format!("{STARTS} starts; the first, which makes the folder and the key: {} ms", ms(first));
        rows.push(Row::new(format!("{what}: start to ready, p50 / max"), measured, "≤ 150 ms", conditions));
    }
    Ok(rows)
}

/// A service with one screen, both doing nothing.
pub fn idle() -> Result<Vec<Row>> {
    let (folder, service) = demo()?;
    let mut screen = Screen::open(folder.path(), "alice")?;
    screen.shows("Carol")?;
    std::thread::sleep(SETTLE);
    let pid = screen.pid()?;
    let (phone, server) = usage::of_both(pid, service.pid(), SPAN);
    let conditions = format!("screen at 132×38, signed in, nothing happens for {} s", SPAN.as_secs());
    let beside = "both run, and share the pages of their program";
    Ok(vec![
        Row::new("idle phone: share of a core", usage::told(phone), "≤ 0.5 %", conditions.clone()),
        Row::new("idle service: share of a core", usage::told(server), "", conditions),
        Row::new("idle phone: PSS", megabytes(usage::pss(pid)), "≤ 25 MB", beside),
        Row::new("idle service: PSS", megabytes(usage::pss(service.pid())), "≤ 25 MB", beside),
    ])
}

/// A call with the echo: without a screen, then on the screen.
pub fn in_call() -> Result<Vec<Row>> {
    let (folder, service) = demo()?;
    let arguments = ["call", "echo", "--as", "alice", "--mic", "tone", "--speaker", "none", "--json"];
    let mut phone = Program::start(folder.path(), &arguments, &[])?;
    phone.until(r#""state":"connected""#)?;
    std::thread::sleep(SETTLE);
    let (used, server) = usage::of_both(phone.pid(), service.pid(), SPAN);
    let conditions = format!("echo, tone, no card, no screen, {} s", SPAN.as_secs());
    let mut rows = vec![
        Row::new("call: share of a core, phone", usage::told(used), "≤ 8 %", conditions.clone()),
        Row::new("call: share of a core, service with the echo", usage::told(server), "", conditions.clone()),
        Row::new("call: PSS of the phone", megabytes(usage::pss(phone.pid())), "≤ 25 MB", conditions.clone()),
        Row::new("call: PSS of the service", megabytes(usage::pss(service.pid())), "≤ 25 MB", conditions),
    ];
    phone.end()?;
    let mut screen = Screen::open(folder.path(), "alice")?;
    screen.shows("Carol")?;
    screen.types("decho\r")?;
    screen.shows("hears you")?;
    std::thread::sleep(SETTLE);
    let pid = screen.pid()?;
    let used = usage::over(pid, SPAN);
    let conditions = format!("echo, tone, no card, screen at 132×38, {} s", SPAN.as_secs());
    rows.push(Row::new("call on the screen: share of a core, phone", usage::told(used), "≤ 8 %", conditions.clone()));
    rows.push(Row::new("call on the screen: PSS of the phone", megabytes(usage::pss(pid)), "≤ 25 MB", conditions));
    Ok(rows)
}

fn demo() -> Result<(TempDir, Program)> {
    let folder = tempfile::tempdir()?;
    let service = Program::serve(folder.path(), &["--demo"])?;
    Ok((folder, service))
}

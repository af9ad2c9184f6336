//! What the whole system costs: figures of the SFU, of calls, of the screen and of the processes, printed as one table.
//!
//! `cargo bench --bench system` measures everything; names of groups choose among them (`-- sfu start`). Nothing here is
//! a gate: a figure beyond its aim is printed like any other. Numbers mean something on a machine that does nothing else.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what a benchmark does")]

mod baresip;
mod calling;
mod cards;
mod crowd;
mod drawing;
mod evidence;
mod forwarding;
mod group;
mod keeping;
mod lossy;
mod peer;
mod phones;
mod processes;
mod program;
mod sessions;
mod sound;
mod table;
mod talk;
mod usage;

use std::process::ExitCode;

use anyhow::Result;

use table::{Row, printed};

/// A group of figures: its name, what it is about, and what measures it.
struct Group {
    name: &'static str,
    about: &'static str,
    measure: fn() -> Result<Vec<Row>>,
}

const GROUPS: [Group; 12] = [
    Group { name: "sfu", about: "forwarding", measure: forwarding::measure },
    Group { name: "group", about: "one call of 350", measure: group::measure },
    Group { name: "calls", about: "calls between two phones", measure: calling::measure },
    Group { name: "screen", about: "drawing the screen", measure: drawing::measure },
    Group { name: "evidence", about: "the recorder and the ladder", measure: evidence::measure },
    Group { name: "start", about: "starting the service", measure: processes::start },
    Group { name: "idle", about: "doing nothing", measure: processes::idle },
    Group { name: "idle-phones", about: "thousands of phones that do nothing", measure: phones::measure },
    Group { name: "call", about: "being in a call", measure: processes::in_call },
    Group { name: "lossy", about: "the jitter buffer over bad networks", measure: lossy::measure },
    Group { name: "sound", about: "from mouth to ear over two virtual sound cards", measure: sound::measure },
    Group {
        name: "ten-minutes",
        about: "a call of ten minutes over two virtual sound cards",
        measure: sound::measure_long,
    },
];

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some(keeping::CLIENTS) => return keeping::clients(),
        Some(crowd::CROWD) => return crowd::crowd(),
        _ => {}
    }
    // Cargo adds flags of its own.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if let Some(unknown) = wanted.iter().find(|name| GROUPS.iter().all(|group| group.name != **name)) {
        let names = GROUPS.map(|group| group.name).join(", ");
        eprintln!("there is no group `{unknown}`: the groups are {names}");
        return ExitCode::from(2);
    }
    let load = usage::load();
    let mut rows = Vec::new();
    for group in GROUPS.iter().filter(|group| wanted.is_empty() || wanted.iter().any(|name| name == group.name)) {
        eprintln!("measuring {} …", group.about);
        match (group.measure)() {
            Ok(measured) => rows.extend(measured),
            Err(why) => rows.push(Row::skipped(group.about, format!("failed: {why:#}"))),
        }
    }
    println!("\n{}", printed(&rows));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("{cores} cores; load of the machine {load} before, {} after", usage::load());
    ExitCode::SUCCESS
}

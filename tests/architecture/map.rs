//! The module map: what lives where, and which way imports point. docs/ARCHITECTURE.md prints it from here.

/// One module of the map. It may import what stands above it, and nothing below.
#[derive(Debug, Clone, Copy)]
pub struct Module {
    /// Its name.
    pub name: &'static str,
    /// What stands above it and still is none of its business.
    pub never: &'static [&'static str],
    /// What it is, in a line.
    pub purpose: &'static str,
}

const fn module(name: &'static str, purpose: &'static str) -> Module {
    Module { name, never: &[], purpose }
}

/// The modules of the crate.
pub const CRATE: &[Module] = &[
    module("domain", "the vocabulary as plain values: id, person, call, presence, end reason, time. Pure"),
    module(
        "base",
        "clock, random source, seeded numbers, deadlines, secrets, supervised tasks, files put in place whole",
    ),
    module("protocol", "the signalling messages client and service share, and their codec. Pure"),
    module(
        "media",
        "sound without devices or sockets: codec, jitter buffer, processing, mixer, tones, DTMF, levels, scores. Pure",
    ),
    module("control", "decisions as machines: handle(event, now) -> effects, next_deadline(). Pure"),
    module("texts", "everything a person reads, in one place"),
    module("config", "typed settings: defaults < file < environment < arguments; the folders"),
    module("service", "identity, signalling, calls and the SFU behind them"),
    Module { name: "phone", never: &["service"], purpose: "the softphone without a screen: commands in, events out" },
    Module {
        name: "outside",
        never: &["service"],
        purpose: "the running phone steered and followed by other programs: its socket, opened links, hooks",
    },
    Module { name: "terminal", never: &["service"], purpose: "the screen: model, messages, update, view" },
    module("cli", "the command line: one file per subcommand"),
];

/// The parts of `service`. Everything may lean on the first ones; the last one wires them all and is imported by none.
pub const SERVICE: &[Module] = &[
    module("limits", "how often and how much a peer may ask"),
    module("tls", "certificates: of an authority of its own, given ones, by ACME; which one a connection is shown"),
    module("store", "SQL: one file per aggregate"),
    module("bus", "typed topics for news that must flow down this list"),
    module("identity", "accounts, identities, tokens, friends"),
    module("groups", "groups kept by name, their codes, who has them on their list"),
    module("sfu", "sockets, shards, rooms, tracks; told who may send to whom, knows nothing else"),
    module("voice", "the thread that ticks the in-process legs; prompts encoded once; hold music"),
    module("calls", "owns the running calls; endpoints register with it; call records"),
    module(
        "bots",
        "participants that live in the service: echo, music, busy, nobody, callback, the guests of the demo's group",
    ),
    module("signalling", "the WebSocket side: authenticate, decode, dispatch, push notices, resume"),
    module("observe", "figures for Prometheus, and whether the service is ready"),
    module("rest", "the HTTP routes, and who may call each"),
    module("listener", "takes HTTP connections in: how many, how long, how much"),
    module("reach", "how the service is reached from elsewhere; only for start"),
    module("guests", "the demo's group and who visits it; only for start"),
    module("ports", "fits the parts to what `calls` and the bots want of them; only for start"),
    module("start", "makes the parts, hands each what it needs, serves until told to stop"),
];

/// Modules that hold plain values and decisions: no async, no sockets, threads, locks, files, clocks, prints.
pub const PURE: &[&str] = &["domain", "protocol", "media", "control"];

/// The only files that may say `unsafe`: system calls on many packets at once, silencing libasound, and naming a library.
pub const UNSAFE: &[&str] = &["src/service/sfu/socket.rs", "src/phone/audio/alsa.rs", "src/main.rs"];

/// Why module `from` must not import `to`; `None` when it may.
pub fn refusal(map: &[Module], from: &str, to: &str) -> Option<String> {
    let position = |name: &str| map.iter().position(|module| module.name == name);
    let (Some(from_at), Some(to_at)) = (position(from), position(to)) else {
        let unknown = if position(from).is_none() { from } else { to };
        return Some(format!("`{unknown}` is not on the module map"));
    };
    if map[from_at].never.contains(&to) {
        return Some(format!("`{from}` never imports `{to}`"));
    }
    (to_at > from_at).then(|| format!("`{from}` must not import `{to}`, which stands below it in the module map"))
}

/// The map as docs/ARCHITECTURE.md prints it.
pub fn printed(map: &[Module]) -> String {
    let mut out = String::from("```text\n");
    for module in map {
        let never = match module.never {
            [] => String::new(),
            names => format!(" (never imports {})", names.join(", ")),
        };
        out.push_str(&format!("{:<12}{}{never}\n", module.name, module.purpose));
    }
    out.push_str("```\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_point_up_and_nowhere_else() {
        for (from, to) in [("cli", "service"), ("terminal", "phone"), ("service", "domain"), ("base", "domain")] {
            assert_eq!(refusal(CRATE, from, to), None, "{from} -> {to}");
        }
        for (from, to) in [("service", "phone"), ("phone", "service"), ("terminal", "service"), ("domain", "base")] {
            assert!(refusal(CRATE, from, to).is_some(), "{from} -> {to}");
        }
        assert!(refusal(CRATE, "attic", "domain").is_some_and(|why| why.contains("attic")));
    }

    #[test]
    fn the_pure_modules_are_on_the_map() {
        for pure in PURE {
            assert!(CRATE.iter().any(|module| module.name == *pure), "{pure}");
        }
    }
}

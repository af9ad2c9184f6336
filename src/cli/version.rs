//! Which program this is: its version, the commit it was built from, and for what.

/// The commit, where the build knows it; see build.rs.
const COMMIT: Option<&str> = option_env!("BUILT_FROM_COMMIT");

/// Version, commit, system and kind of build, a line each.
pub(crate) fn whole() -> String {
    let commit = COMMIT.unwrap_or("not recorded in this build");
    let build = if cfg!(debug_assertions) { "for development" } else { "for use" };
    format!(
        "switchboard {}\ncommit {commit}\nsystem {} {}\nbuilt {build}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
    )
}

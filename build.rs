//! Tells builds for use the commit they are made from, where the sources are a git repository. Builds for development are
//! not told: each commit would have everything built anew.

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release")
        && let Some(commit) = commit()
    {
        // `cargo run` hands it to the program, too, which takes what begins with its own name for a setting.
        println!("cargo:rustc-env=BUILT_FROM_COMMIT={commit}");
    }
}

/// The commit that is checked out; none outside of a repository, such as in a package of the registry.
fn commit() -> Option<String> {
    let git = git_folder(Path::new(&std::env::var("CARGO_MANIFEST_DIR").ok()?))?;
    let head = read(&git.join("HEAD"))?;
    let Some(branch) = head.strip_prefix("ref: ") else { return hash(&head) };
    // Of a worktree the branches are in the repository it belongs to.
    let common = read(&git.join("commondir")).map_or_else(|| git.clone(), |common| git.join(common));
    if let Some(commit) = read(&common.join(branch)) {
        return hash(&commit);
    }
    let packed = read(&common.join("packed-refs"))?;
    packed.lines().find_map(|line| hash(line.strip_suffix(branch)?))
}

/// The folder of the repository; in a worktree `.git` is a file that says where it is.
fn git_folder(sources: &Path) -> Option<PathBuf> {
    let git = sources.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    Some(sources.join(read(&git)?.strip_prefix("gitdir: ")?))
}

/// A file's text. It is built anew when that changes.
fn read(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    println!("cargo:rerun-if-changed={}", path.display());
    Some(text.trim_end().to_owned())
}

fn hash(text: &str) -> Option<String> {
    let text = text.trim();
    (text.len() >= 40 && text.chars().all(|c| c.is_ascii_hexdigit())).then(|| text.to_owned())
}

//! The pages for readers: what they link to is there.

/// Pages with links to files of the project.
const PAGES: &[&str] = &[
    "README.md",
    "CHANGELOG.md",
    "docs/ARCHITECTURE.md",
    "docs/acs-sdk.md",
    "docs/api.md",
    "docs/demo.md",
    "docs/demo-over-the-internet.md",
    "docs/identity.md",
    "docs/install-container.md",
    "docs/install-debian.md",
    "docs/operating.md",
    "docs/operator.md",
    "docs/performance.md",
    "docs/qa.md",
    "docs/scripts.md",
    "docs/signalling.md",
    "docs/sound.md",
    "tests/rig/README.md",
];

#[test]
fn links_to_files_lead_somewhere() {
    for page in PAGES {
        let path = crate::root().join(page);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{page}: {why}"));
        for link in links(&text) {
            let target = path.parent().expect("a page lies in a folder").join(link);
            assert!(target.exists(), "{page} links to {link}, which is not there");
        }
    }
}

/// The targets of `[…](…)` that are files: no addresses, no places within the page.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next());
    targets.filter(|target| !target.is_empty() && !target.contains("://")).collect()
}

#[test]
fn links_are_found() {
    let text = "[a](b.md) ![c](d/e.svg \"f\") [g](https://h.i) [j](#k) [l](m.md#n)";
    assert_eq!(links(text), ["b.md", "d/e.svg", "m.md"]);
}

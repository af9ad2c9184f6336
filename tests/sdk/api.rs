//! Our own REST against its OpenAPI document: the document is valid, and the service does what it says, whatever it is sent.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::service::SdkService;
use crate::{ROOT, ends_well, here, prepared, told};

/// A program of the packages that are prepared for this. The first line of its file knows the folder they were made in, which
/// may have moved since: the interpreter is named.
fn packaged(name: &str) -> Command {
    let bin = prepared().join("api/bin");
    let mut program = Command::new(bin.join("python"));
    program.arg(bin.join(name));
    program
}

/// Has schemathesis try the operations whose paths match, by what the document says of them, with the token that
/// `token` takes from the service.
fn holds(paths: &str, token: impl FnOnce(&SdkService) -> Option<String>) {
    let (service, folder) = (SdkService::start_alone(), TempDir::new().unwrap());
    let mut tries = packaged("schemathesis");
    tries.current_dir(folder.path()).args(["--config-file".into(), here("schemathesis.toml")]);
    tries.args(["run", &format!("{}/api/v1/openapi.json", service.http()), "--no-color"]);
    tries.args(["--phases", "examples,coverage,fuzzing,stateful", "--include-path-regex", paths]);
    let token = token(&service);
    tries.args(token.iter().flat_map(|token| ["--header".to_owned(), format!("Authorization: Bearer {token}")]));
    let tried = tries.output().unwrap();
    assert!(tried.status.success(), "{}", told(&tried));
}

#[test]
fn the_document_is_valid_and_the_one_that_is_served() {
    let (service, folder) = (SdkService::start_alone(), TempDir::new().unwrap());
    let printed = service.prints(&["schema", "--api"]);
    let file = folder.path().join("openapi.json");
    std::fs::write(&file, &printed).unwrap();
    let checked = packaged("openapi-spec-validator").args(["--schema", "3.1"]).arg(&file).output().unwrap();
    ends_well(&checked, "OK");
    let served = Command::new("curl").args(["-fsS", &format!("{}/api/v1/openapi.json", service.http())]).output();
    let served: serde_json::Value = serde_json::from_slice(&served.unwrap().stdout).unwrap();
    assert_eq!(served, serde_json::from_str::<serde_json::Value>(&printed).unwrap());
}

/// The shell lines of the page, which whoever runs the service may try.
#[test]
fn the_page_shows_lines_that_work() {
    let page = std::fs::read_to_string(Path::new(ROOT).join("docs/api.md")).unwrap();
    let mut script = String::from("set -eu\n");
    for block in page.split("```sh\n").skip(1) {
        script += block.split("```").next().unwrap();
    }
    let service = SdkService::start_alone();
    let shell = service.shell(&script);
    ends_well(&shell, "Ops bridge");
}

#[test]
fn the_service_holds_to_the_document_for_users() {
    holds("^/api/v1/(?!admin/)", |service| Some(service.admin(&["token", "issue", "--user", "carol"])));
}

#[test]
fn the_service_holds_to_the_document_for_administrators() {
    holds("^/api/v1/admin/", |service| Some(service.admin_secret()));
}

#[test]
fn the_service_holds_to_the_document_for_strangers() {
    holds("^/api/v1/", |_| None);
}

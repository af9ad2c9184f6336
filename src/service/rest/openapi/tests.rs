//! The document against the table it is made from.

use std::collections::BTreeMap;

use super::super::routes;
use super::*;

/// The rows of the table that have to be described, by path and method.
fn rows() -> BTreeMap<(String, String), Route> {
    let ours = routes().into_iter().filter(|route| route.path.starts_with(OURS));
    ours.map(|route| ((route.path.to_owned(), route.method.as_str().to_lowercase()), route)).collect()
}

/// The operations of the document, in the same way.
fn operations(document: &Value) -> BTreeMap<(String, String), Value> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(|(method, operation)| ((path.clone(), method.clone()), operation.clone())).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn every_row_of_the_table_is_described_and_nothing_else() {
    let (rows, operations) = (rows(), operations(&document()));
    assert_eq!(operations.keys().collect::<Vec<_>>(), rows.keys().collect::<Vec<_>>());
    let mut ids: Vec<&str> = operations.values().map(|operation| operation["operationId"].as_str().unwrap()).collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), count, "two operations have one name");
}

#[test]
fn the_document_says_who_may_call_each_as_the_table_does() {
    for (row, operation) in operations(&document()) {
        let names = operation["security"].as_array().unwrap().iter().flat_map(|one| one.as_object().unwrap().keys());
        let names: Vec<&str> = names.map(String::as_str).collect();
        let wanted: &[&str] = match rows()[&row].access {
            Access::Anyone => &[],
            Access::User => &["user_token"],
            Access::Admin => &["admin_secret", "user_token", "access_key"],
            Access::App | Access::Local => panic!("{row:?} is not for programs alone, nor for this machine"),
        };
        assert_eq!(names, wanted, "{row:?}");
        let refused = operation["responses"]["401"].is_object();
        assert!(refused || names.is_empty(), "{row:?} says what happens to strangers");
        assert!(operation["responses"]["429"].is_object(), "{row:?} says that it may be called too often");
    }
}

#[test]
fn the_document_names_what_is_in_the_path() {
    for ((path, _), operation) in operations(&document()) {
        let named: Vec<&str> = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let described = parameters.filter(|one| one["in"] == "path").map(|one| one["name"].as_str().unwrap());
        assert_eq!(described.collect::<Vec<_>>(), named, "{path}");
    }
}

#[test]
fn every_example_is_what_its_type_reads_and_writes() {
    let mut seen = 0;
    for route in rows().into_values() {
        let operation = route.described.unwrap();
        let fields = operation.path.iter().chain(operation.query).map(|field| field.kind);
        let answer = match operation.answer.1 {
            Brings::Json(kind) => Some(kind),
            Brings::Nothing | Brings::Bytes(_) => None,
        };
        for kind in fields.chain(operation.body).chain(answer) {
            let again = (kind.again)().unwrap_or_else(|why| panic!("{}: {why}: {}", route.path, kind.example));
            assert_eq!(again, kind.example(), "{}", route.path);
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
}

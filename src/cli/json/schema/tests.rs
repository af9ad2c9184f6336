//! Lines held against their schema, by a validator of the keywords it uses and no others.

use super::*;

/// Fails where a line does not fit the schema of its event, and that of all events.
#[track_caller]
pub(in crate::cli::json) fn fits(line: &str) {
    let value: Value = serde_json::from_str(line).unwrap();
    let name = value["event"].as_str().unwrap();
    let event = EventName::ALL.iter().copied().find(|event| event.as_str() == name);
    for of in [of(Some(event.unwrap_or_else(|| panic!("no event {name}")))), of(None)] {
        if let Err(why) = check(&of, &value, &of) {
            panic!("{line}\ndoes not fit: {why}\n{of:#}");
        }
    }
}

/// Whether `value` is as `schema` says; references are into `root`.
fn check(schema: &Value, value: &Value, root: &Value) -> Result<(), String> {
    let Some(rules) = schema.as_object() else {
        return if schema == &json!(true) { Ok(()) } else { Err(format!("nothing fits {schema}")) };
    };
    let fail = |rule: &str, rest: &Value| Err(format!("{value} against {rule} {rest}"));
    let all = |rest: &Value| rest.as_array().unwrap().iter().filter(|one| check(one, value, root).is_ok()).count();
    for (rule, rest) in rules {
        let holds = match rule.as_str() {
            "$schema" | "$defs" | "title" | "description" | "format" | "default" => true,
            "$ref" => {
                let at = rest.as_str().unwrap().strip_prefix('#').unwrap();
                check(root.pointer(at).unwrap_or_else(|| panic!("no {at}")), value, root)?;
                true
            }
            "type" => match rest {
                Value::Array(some) => some.iter().any(|one| is(one, value)),
                one => is(one, value),
            },
            "const" => value == rest,
            "enum" => rest.as_array().unwrap().contains(value),
            "oneOf" => all(rest) == 1,
            "anyOf" => all(rest) > 0,
            "allOf" => all(rest) == rest.as_array().unwrap().len(),
            "minimum" => value.as_f64().is_none_or(|value| value >= rest.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|value| value <= rest.as_f64().unwrap()),
            "required" => {
                let names = rest.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
                value.as_object().is_none_or(|object| names.into_iter().all(|name| object.contains_key(name)))
            }
            "properties" => {
                for (name, schema) in rest.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        check(schema, value, root).map_err(|why| format!("{name}: {why}"))?;
                    }
                }
                true
            }
            "items" => {
                value.as_array().into_iter().flatten().try_for_each(|value| check(rest, value, root))?;
                true
            }
            other => panic!("this validator does not know `{other}`"),
        };
        if !holds {
            return fail(rule, rest);
        }
    }
    Ok(())
}

fn is(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type {other}"),
    }
}

/// What a line says, in sight: with fields of the rules that apply to it, through references.
fn properties(schema: &Value, root: &Value) -> Vec<String> {
    let Some(rules) = schema.as_object() else { return Vec::new() };
    let mut found: Vec<String> =
        rules.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys).cloned().collect();
    for rule in ["oneOf", "anyOf", "allOf"] {
        let some = rules.get(rule).and_then(Value::as_array).into_iter().flatten();
        found.extend(some.flat_map(|one| properties(one, root)));
    }
    if let Some(at) = rules.get("$ref").and_then(Value::as_str) {
        found.extend(properties(root.pointer(&at[1..]).unwrap(), root));
    }
    found
}

#[test]
fn every_event_has_its_schema_with_its_head_and_a_description() {
    for event in EventName::ALL {
        let schema = of(Some(*event));
        assert_eq!(schema["properties"]["event"], json!({ "const": event.as_str() }), "{schema:#}");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let required = schema["required"].as_array().unwrap();
        for field in ["v", "event", "ts", "at_ms"] {
            assert!(required.contains(&json!(field)), "{} may lack {field}", event.as_str());
        }
        assert!(schema["description"].as_str().is_some_and(|text| text.ends_with('.')), "{schema:#}");
        assert!(properties(&schema, &schema).len() > 4, "{} says nothing", event.as_str());
    }
    let any = of(None);
    assert_eq!(any["oneOf"].as_array().unwrap().len(), EventName::ALL.len());
    assert!(any["$defs"]["Who"].is_object() || any["$defs"].as_object().unwrap().len() > 3, "{any:#}");
}

#[test]
fn what_is_no_such_line_does_not_fit() {
    let schema = of(Some(EventName::Moved));
    let id = "00000000-0000-0000-0000-000000000007";
    let line = |more: Value| {
        let mut line = json!({ "v": 1, "event": "moved", "ts": "2026-01-31T09:05:00.250Z", "at_ms": 12, "call_id": id, "into": id });
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        check(&schema, &line, &schema)
    };
    assert_eq!(line(json!({})), Ok(()));
    assert_eq!(line(json!({ "later": "a field" })), Ok(()));
    for wrong in [json!({ "v": 2 }), json!({ "event": "state" }), json!({ "at_ms": -1 }), json!({ "into": 7 })] {
        assert!(line(wrong.clone()).is_err(), "{wrong}");
    }
    let lacks = json!({ "v": 1, "event": "moved", "ts": "", "at_ms": 0, "call_id": id });
    assert!(check(&schema, &lacks, &schema).is_err());
}

#[test]
fn the_page_for_scripts_has_the_events_and_samples_that_fit() {
    const PAGE: &str = include_str!("../../../../docs/scripts.md");
    let table = PAGE.split_once("## Lines of a call").unwrap().1.split_once("\n| `").unwrap().1;
    let rows = table.lines().take_while(|line| !line.is_empty());
    let mut named: Vec<&str> = rows.map(|row| row.trim_start_matches("| `").split('`').next().unwrap()).collect();
    let mut known = EventName::WORDS.to_vec();
    named.sort_unstable();
    known.sort_unstable();
    assert_eq!(named, known);
    let samples: Vec<&str> = PAGE.lines().filter(|line| line.starts_with(r#"{"v":1,"event":"#)).collect();
    assert!(samples.len() > 3, "{samples:?}");
    samples.into_iter().for_each(fits);
}

#[test]
fn what_a_script_may_wait_for_is_what_a_phone_tells() {
    let others = ["summary", "done", "refused", "played", "sign_in_code"];
    let told: Vec<_> = EventName::WORDS.iter().copied().filter(|word| !others.contains(word)).collect();
    assert_eq!(EventName::TOLD, told);
}

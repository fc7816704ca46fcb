//! The JSON Schemas of a result and of a run in a history: generated from the types that they are made of, and true of them.
//! `UPDATE_DOCS=1` writes them anew.

use std::fs;
use std::path::Path;

use gate_baseline::KeptRun;
use gate_model::RunReport;
use gate_report::ReportKind;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

#[path = "reports/runs.rs"]
#[allow(dead_code)]
mod runs;

use runs::{all_runs, rendered};

/// As they are written: what is left out where there is none of it is not required.
fn schema_of<T: JsonSchema>(file: &str, title: &str) -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    let fields = schema.as_object_mut().expect("an object");
    fields.insert(
        "$id".to_owned(),
        format!("https://raw.githubusercontent.com/launchgate/launchgate/main/docs/{file}").into(),
    );
    fields.insert("title".to_owned(), title.into());
    schema
}

fn schema() -> Value {
    schema_of::<RunReport>("result.schema.json", "A result of launchgate")
}

fn history_schema() -> Value {
    schema_of::<KeptRun>("history.schema.json", "A run in a history of launchgate: one line")
}

#[test]
fn the_schemas_are_fresh() {
    for (file, schema) in [
        ("result.schema.json", schema()),
        ("history.schema.json", history_schema()),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(file);
        let wanted = format!("{}\n", serde_json::to_string_pretty(&schema).expect("JSON"));
        if std::env::var_os("UPDATE_DOCS").is_some() {
            fs::write(&path, wanted).expect("written");
            continue;
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == wanted,
            "docs/{file} is stale: run `UPDATE_DOCS=1 cargo test --workspace --test result_schema`"
        );
    }
}

#[test]
fn kept_runs_are_what_the_schema_says() {
    let validator = jsonschema::validator_for(&history_schema()).expect("a schema");
    for report in all_runs() {
        let value = serde_json::to_value(KeptRun::of(report, Some("nightly"), true)).expect("JSON");
        let wrong: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!(
            serde_json::from_value::<KeptRun>(value).expect("read"),
            KeptRun::of(report, Some("nightly"), true)
        );
    }
    assert!(!validator.is_valid(&serde_json::json!({ "version": 1 })));
}

#[test]
fn results_are_what_the_schema_says() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    for report in all_runs() {
        let value: Value = serde_json::from_str(&rendered(ReportKind::Json, report)).expect("JSON");
        let wrong: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

#[test]
fn what_is_no_result_is_refused() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    let good: Value = serde_json::from_str(&rendered(ReportKind::Json, &all_runs()[0])).expect("JSON");
    for (pointer, wrong) in [
        ("/version", "1".into()),
        ("/verdict", "fine".into()),
        ("/cases", Value::Null),
    ] {
        let mut value = good.clone();
        *value.pointer_mut(pointer).expect("it is there") = wrong;
        assert!(!validator.is_valid(&value), "{pointer}");
    }
    let mut short = good;
    short.as_object_mut().expect("an object").remove("exit_code");
    assert!(!validator.is_valid(&short), "a field is missing");
}

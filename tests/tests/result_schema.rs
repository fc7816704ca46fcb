//! The JSON Schema of a result: generated from the types that results are made of, and true of results. `UPDATE_DOCS=1` writes it anew.

use std::fs;
use std::path::Path;

use gate_model::RunReport;
use gate_report::ReportKind;
use schemars::generate::SchemaSettings;
use serde_json::Value;

#[path = "reports/runs.rs"]
#[allow(dead_code)]
mod runs;

use runs::{all_runs, rendered};

/// As results are written: what is left out where there is none of it is not required.
fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<RunReport>().to_value();
    let fields = schema.as_object_mut().expect("an object");
    fields.insert(
        "$id".to_owned(),
        "https://raw.githubusercontent.com/launchgate/launchgate/main/docs/result.schema.json".into(),
    );
    fields.insert("title".to_owned(), "A result of launchgate".into());
    schema
}

#[test]
fn the_schema_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/result.schema.json");
    let wanted = format!("{}\n", serde_json::to_string_pretty(&schema()).expect("JSON"));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, wanted).expect("written");
        return;
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/result.schema.json is stale: run `UPDATE_DOCS=1 cargo test --workspace --test result_schema`"
    );
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

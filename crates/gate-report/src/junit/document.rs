//! What `junit-report` 0.9 cannot say, added to what it wrote with the XML writer that it uses itself:
//!
//! - totals and a name on `testsuites`, which EnricoMi's reporter and Jenkins show;
//! - `skipped` on `testsuite`, and a timestamp in the form `2026-11-22T10:00:00`;
//! - `properties` of a suite;
//! - `skipped` without attributes, since the schema of Jenkins knows none.

use std::collections::BTreeMap;

use gate_model::RunReport;
use junit_report::TestSuite;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, Writer};

use crate::{ReportError, foreign, latency};

/// Percentiles that are written as properties.
const MAX_PROPERTIES: usize = 1000;

/// Counts of the whole document and of each suite.
pub(super) struct Totals {
    tests: usize,
    failures: usize,
    errors: usize,
    seconds: f64,
    skipped: Vec<usize>,
}

impl Totals {
    pub(super) fn of(suites: &[TestSuite]) -> Self {
        Self {
            tests: suites.iter().map(TestSuite::tests).sum(),
            failures: suites.iter().map(TestSuite::failures).sum(),
            errors: suites.iter().map(TestSuite::errors).sum(),
            seconds: suites.iter().map(|suite| suite.time().as_seconds_f64()).sum(),
            skipped: suites.iter().map(TestSuite::skipped).collect(),
        }
    }
}

/// The properties of a suite: the coverage of its family; that of latency holds the percentiles too, that of secrets how much was looked
/// at. Never empty, which the schema would refuse.
pub(super) fn properties(report: &RunReport, suite: &str) -> BTreeMap<String, String> {
    let version = foreign::line(&report.tool, 100);
    let mut properties = BTreeMap::from([("launchgate.version".to_owned(), version)]);
    let coverage = &report.coverage;
    let family = suite.strip_prefix("launchgate.").unwrap_or(suite);
    let mut say = |name: &str, many: usize| properties.insert(format!("launchgate.coverage.{name}"), many.to_string());
    say("operations", coverage.operations);
    say("public", coverage.public);
    match coverage.families.iter().find(|one| one.family == family) {
        Some(one) => {
            say("tested", one.tested);
            say("undecided", one.undecided);
            say("not_testable", one.not_testable);
            say("skipped", one.skipped);
            say("unasked", one.unasked);
        }
        None => {
            say("tested", coverage.tested);
        }
    }
    if suite == "launchgate.latency" {
        for one in report.latency.iter().take(MAX_PROPERTIES) {
            let operation = foreign::line(one.operation.as_str(), 200);
            let key = format!("launchgate.p95_ms {operation} ({})", latency::phase(one.phase));
            properties.insert(key, format!("{:.1}", one.p95_ms));
        }
    }
    if suite == "launchgate.secrets" {
        for one in report.sources.iter().take(MAX_PROPERTIES) {
            let case = foreign::line(one.case.as_str(), 200);
            for (what, number) in [
                ("commits", one.commits),
                ("blobs", one.blobs),
                ("files", one.files),
                ("bytes", one.bytes),
                ("not_scanned", one.not_scanned.len() as u64),
                ("remarks", one.remarks.len() as u64),
            ] {
                properties.insert(format!("launchgate.{what} {case}"), number.to_string());
            }
        }
    }
    properties
}

/// Completes what the crate wrote.
pub(super) fn complete(
    written: &[u8],
    totals: &Totals,
    properties: &[BTreeMap<String, String>],
) -> Result<String, ReportError> {
    let failed = |error: &dyn std::fmt::Display| ReportError::Junit(error.to_string());
    let mut reader = Reader::from_reader(written);
    let mut writer = Writer::new(Vec::with_capacity(written.len() + 1024));
    let mut suite = 0;
    loop {
        let event = reader.read_event().map_err(|error| failed(&error))?;
        let event = match event {
            Event::Eof => break,
            Event::Start(tag) if tag.name().as_ref() == b"testsuites" => Event::Start(with_totals(totals)),
            Event::Empty(tag) if tag.name().as_ref() == b"testsuites" => Event::Empty(with_totals(totals)),
            Event::Start(tag) if tag.name().as_ref() == b"testsuite" => {
                let skipped = totals.skipped.get(suite).copied().unwrap_or_default();
                let tag = with_skipped(&tag, skipped).map_err(|error| failed(&error))?;
                writer.write_event(Event::Start(tag)).map_err(|error| failed(&error))?;
                if let Some(properties) = properties.get(suite) {
                    write_properties(&mut writer, properties).map_err(|error| failed(&error))?;
                }
                suite += 1;
                continue;
            }
            Event::Start(tag) if tag.name().as_ref() == b"skipped" => Event::Start(BytesStart::new("skipped")),
            other => other,
        };
        writer.write_event(event).map_err(|error| failed(&error))?;
    }
    let mut text = String::from_utf8(writer.into_inner()).map_err(|error| failed(&error))?;
    text.push('\n');
    Ok(text)
}

fn with_totals(totals: &Totals) -> BytesStart<'static> {
    BytesStart::new("testsuites").with_attributes([
        ("name", "launchgate"),
        ("tests", totals.tests.to_string().as_str()),
        ("failures", totals.failures.to_string().as_str()),
        ("errors", totals.errors.to_string().as_str()),
        ("time", format!("{:.3}", totals.seconds).as_str()),
    ])
}

fn with_skipped(tag: &BytesStart<'_>, skipped: usize) -> quick_xml::Result<BytesStart<'static>> {
    let mut out = BytesStart::new("testsuite");
    for attribute in tag.attributes() {
        let mut attribute = attribute?;
        if attribute.key.as_ref() == b"timestamp" {
            let keep = attribute.value.iter().position(|byte| matches!(byte, b'.' | b'Z'));
            let keep = keep.unwrap_or(attribute.value.len());
            attribute.value = attribute.value[..keep].to_vec().into();
        }
        out.push_attribute(attribute);
    }
    out.push_attribute(("skipped", skipped.to_string().as_str()));
    Ok(out)
}

fn write_properties(writer: &mut Writer<Vec<u8>>, properties: &BTreeMap<String, String>) -> std::io::Result<()> {
    writer.create_element("properties").write_inner_content(|writer| {
        for (name, value) in properties {
            writer
                .create_element("property")
                .with_attributes([("name", name.as_str()), ("value", value.as_str())])
                .write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}

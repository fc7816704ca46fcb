//! GitLab's report of secret detection: where a secret is, never the secret.

use gate_model::{Outcome, RunReport};
use serde_json::{Value, json};

use super::{envelope, text};
use crate::place::Places;
use crate::{Context, ReportError, standing};

/// The commit of what stands in the working tree and in no commit that was looked at.
const NO_COMMIT: &str = "0000000";

/// The report. What is known and accepted is left out.
pub(crate) fn render(report: &RunReport, context: &Context) -> Result<String, ReportError> {
    let places = Places::of(report, context);
    let mut vulnerabilities = Vec::new();
    for case in &report.cases {
        let Outcome::Fail { findings } = &case.outcome else {
            continue;
        };
        if standing::known(report, case.case.id.as_str()) {
            continue;
        }
        for finding in findings {
            let Some(secret) = &finding.secret else { continue };
            let spot = places.spot(finding.source.as_ref(), Some(secret));
            let parts = secret.parts.join("!");
            let sha = secret.commit.as_ref().map_or(NO_COMMIT, |commit| commit.id.as_str());
            let mut fields = envelope::vulnerability(finding, &[case.case.id.as_str(), &spot.file, &parts, sha]);
            fields.insert(
                "location".to_owned(),
                json!({
                    "file": text(&spot.file, 1000),
                    "start_line": spot.line,
                    "end_line": spot.line,
                    "commit": { "sha": text(sha, 64) },
                }),
            );
            if let Some(Value::Array(identifiers)) = fields.get_mut("identifiers") {
                let rule = text(&secret.rule, 200);
                identifiers.push(json!({ "type": "launchgate_rule", "name": rule, "value": rule }));
            }
            vulnerabilities.push(Value::Object(fields));
        }
    }
    vulnerabilities.truncate(envelope::MOST);
    envelope::document(report, "secret_detection", None, vulnerabilities)
}

//! `launchgate explain`.

use std::sync::Arc;

use gate_model::Verdict;

use crate::{checks, output};

/// Prints a check's page, or the list of all checks.
pub(super) fn explain(id: Option<&str>) -> u8 {
    let checks = checks::all(&Arc::default(), &Arc::default());
    let Some(id) = id else {
        for check in &checks {
            let page = check.page();
            let question = page.question.split_whitespace().collect::<Vec<_>>().join(" ");
            output::print(&format!("{}  {question}\n", page.id));
        }
        return 0;
    };
    match checks.iter().find(|check| check.page().id.as_str() == id) {
        Some(check) => {
            let page = check.page();
            output::print(&format!(
                "{}  (severity {}, impact {})\n{}\n\n{}\n",
                page.id,
                page.severity,
                page.impact,
                page.references.join(", "),
                page.text.trim_end()
            ));
            0
        }
        None => {
            let known: Vec<String> = checks.iter().map(|check| check.page().id.to_string()).collect();
            output::complain(&format!("error: {}", checks::unknown(id, &known)));
            Verdict::Unusable.exit_code()
        }
    }
}

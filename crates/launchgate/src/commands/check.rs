//! `launchgate check`: static, no traffic.

use std::path::Path;

use gate_model::NoticeLevel;
use gate_plan::DocumentSource;
use gate_spec::Spec;

use crate::cli::PlanArgs;
use crate::load::{self, LoadError};
use crate::output;

/// Checks a plan and, where it is a file, its document.
pub(super) async fn check(args: &PlanArgs) -> Result<u8, LoadError> {
    let (path, draft) = load::draft(args)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let unset: Vec<String> = gate_plan::variables(&draft)
        .into_iter()
        .filter(|variable| !variable.set && !variable.default)
        .map(|variable| variable.name)
        .collect();
    let remote = matches!(
        draft.document(),
        Some(DocumentSource::Url(_) | DocumentSource::OnTarget { .. })
    );
    let spec = if remote {
        draft.outline()
    } else {
        let client = gate_exchange::Options::default();
        load::finish(draft, folder, client, &gate_model::SharedRedactor::default()).await?
    };
    let mut text = String::new();
    warnings(&spec, &mut text);
    if !unset.is_empty() {
        text.push_str(&format!("not set here: {}\n", unset.join(", ")));
    }
    if remote {
        text.push_str("the OpenAPI document is on the target and was not fetched: `launchgate list` reads it\n");
    }
    text.push_str(&format!(
        "{}: sound ({} identities, {} operations, {} kinds of objects)\n",
        path.display(),
        spec.identities.len(),
        spec.operations.len(),
        spec.resources.len()
    ));
    output::print(&text);
    Ok(0)
}

/// The notices that want to be seen.
pub(super) fn warnings(spec: &Spec, text: &mut String) {
    for notice in spec
        .notices
        .iter()
        .filter(|notice| notice.level == NoticeLevel::Warning)
    {
        let place = notice
            .source
            .as_ref()
            .map(|source| format!("{source}: "))
            .unwrap_or_default();
        text.push_str(&format!("{place}warning: {}\n", notice.text));
    }
}

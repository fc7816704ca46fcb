//! `launchgate list`: what would run, and what was derived.

use std::path::Path;
use std::sync::Arc;

use check_secrets::Desk;
use gate_engine::{Planned, Selection};
use gate_exchange::Options;
use gate_init::{operation_line, resource_line};
use gate_model::{Coverage, CoverageState, Fate, SharedRedactor};
use gate_objects::Canaries;
use gate_spec::Spec;
use serde_json::json;

use super::check::warnings;
use crate::checks;
use crate::cli::ListArgs;
use crate::load::{self, LoadError};
use crate::{output, remedy};

/// Lists what would run. Traffic only for a document that is on the target.
pub(super) async fn list(args: &ListArgs) -> Result<u8, LoadError> {
    let selection = Selection {
        only: args.only.clone(),
        skip: args.skip.clone(),
    };
    checks::judge(&selection)?;
    let (path, draft) = load::draft(&args.plan)?;
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    let options = Options::from(&draft.outline().settings.limits);
    let spec = Arc::new(load::finish(draft, &folder, options, &SharedRedactor::default()).await?);
    let place = crate::secrets_place::of_plan(&spec, &folder, None, false);
    let desk = Arc::new(Desk::new(place, SharedRedactor::default()));
    let mut planned = gate_engine::plan(
        &spec,
        &checks::all(&Arc::default(), &desk),
        &Arc::new(Canaries::new()),
        &selection,
    );
    for (case, missing) in &mut planned.not_testable {
        remedy::complete_missing(case, missing);
    }
    if args.json {
        output::print(&format!("{:#}\n", as_json(&spec, &planned)));
    } else {
        output::print(&as_text(&spec, &planned));
    }
    Ok(0)
}

fn as_text(spec: &Spec, planned: &Planned) -> String {
    let mut text = format!("target {}\n\nidentities\n", spec.target.url);
    for identity in spec.identities.values() {
        let roles = if identity.roles.is_empty() {
            "no roles".to_owned()
        } else {
            identity.roles.join(", ")
        };
        text.push_str(&format!("  {}  tenant {}, {roles}\n", identity.name, identity.tenant));
    }
    text.push_str("\nresources\n");
    for resource in spec.resources.values() {
        text.push_str(&format!("  {}\n", resource_line(resource)));
    }
    text.push_str("\noperations\n");
    for operation in spec.operations.values() {
        text.push_str(&format!("  {}\n", operation_line(operation)));
    }
    if !spec.settings.rate_limits.is_empty() {
        text.push_str("\nlimits\n");
        for limit in &spec.settings.rate_limits {
            text.push_str(&format!("  {}  {limit}\n", limit.operation));
        }
    }
    text.push_str("\ncases\n");
    for group in &planned.groups {
        if group.cases.is_empty() {
            continue;
        }
        text.push_str(&format!("  {:?} lane, about {} requests\n", group.lane, group.requests).to_lowercase());
        for case in &group.cases {
            text.push_str(&format!("    {}\n", case.id));
        }
    }
    if !planned.watched.is_empty() {
        text.push_str("  over the whole run\n");
        for case in &planned.watched {
            text.push_str(&format!("    {}\n", case.id));
        }
    }
    if !planned.not_testable.is_empty() {
        text.push_str("\nnot testable\n");
        for (case, missing) in &planned.not_testable {
            text.push_str(&format!("  {}\n    {}\n", case.id, missing.what));
            if let Some(add) = &missing.add {
                text.push_str(&format!("    add: {add}\n"));
            }
        }
    }
    if !planned.skipped.is_empty() {
        text.push_str("\nskipped\n");
        for (case, reason) in &planned.skipped {
            text.push_str(&format!("  {}  ({reason})\n", case.id));
        }
    }
    text.push('\n');
    coverage_lines(&coverage(spec, planned), &mut text);
    warnings(spec, &mut text);
    text.push_str(&format!(
        "{} cases, about {} requests; {} not testable, {} skipped\n",
        planned.cases(),
        planned.requests(),
        planned.not_testable.len(),
        planned.skipped.len()
    ));
    text
}

/// What a run would test, if every case that it tries is decided.
fn coverage(spec: &Spec, planned: &Planned) -> Coverage {
    let tried = planned
        .groups
        .iter()
        .flat_map(|group| &group.cases)
        .chain(&planned.watched);
    let tried = tried.map(|case| (case, Fate::decided()));
    let lacking = planned
        .not_testable
        .iter()
        .map(|(case, missing)| (case, Fate::not_testable(&missing.what)));
    let left_out = planned
        .skipped
        .iter()
        .map(|(case, reason)| (case, Fate::skipped(reason)));
    Coverage::of(&crate::summary::known(spec), tried.chain(lacking).chain(left_out))
}

fn coverage_lines(coverage: &Coverage, text: &mut String) {
    text.push_str("coverage, if every case is decided\n");
    for one in &coverage.by_operation {
        let what = match (one.state, &one.reason) {
            (CoverageState::Tested, _) => format!("tested by {}", one.families.join(", ")),
            (state, Some(reason)) => format!("{state}: {reason}"),
            (state, None) => state.to_string(),
        };
        text.push_str(&format!("  {}  {what}\n", one.operation));
    }
    for family in &coverage.families {
        text.push_str(&format!(
            "  {}: {} of {} operations tested, {} not testable, {} skipped\n",
            family.family, family.tested, coverage.operations, family.not_testable, family.skipped
        ));
    }
    text.push('\n');
}

fn as_json(spec: &Spec, planned: &Planned) -> serde_json::Value {
    let groups: Vec<_> = planned
        .groups
        .iter()
        .map(|group| {
            json!({
                "lane": format!("{:?}", group.lane).to_lowercase(),
                "requests": group.requests,
                "cases": group.cases,
            })
        })
        .collect();
    json!({
        "version": 1,
        "target": spec.target.url,
        "cases": planned.cases(),
        "requests": planned.requests(),
        "groups": groups,
        "watched": planned.watched,
        "not_testable": planned.not_testable,
        "skipped": planned.skipped,
        "coverage": coverage(spec, planned),
        "operations": spec.operations.values().map(operation_line).collect::<Vec<_>>(),
        "limits": spec.settings.rate_limits.iter().map(|limit| format!("{}  {limit}", limit.operation)).collect::<Vec<_>>(),
        "resources": spec.resources.values().map(resource_line).collect::<Vec<_>>(),
        "notices": spec.notices,
    })
}

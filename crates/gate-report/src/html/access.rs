//! Who may do what: what changed beside the baseline, and the matrix that the run saw.

use std::collections::{BTreeMap, BTreeSet};

use gate_model::{AccessSource, BaselineRemarkKind, RunReport};

use super::tags::Page;

/// Rows and columns of the matrix, and changes.
const ROWS: usize = 500;
const COLUMNS: usize = 20;
const CHANGES: usize = 100;

/// What is known of each relation: whether it is served, and how that is known.
type Cells = BTreeMap<String, (bool, AccessSource)>;

/// Who gained or lost access.
pub(super) fn changes(page: &mut Page, report: &RunReport) {
    let Some(baseline) = &report.baseline else { return };
    let changed: Vec<_> = baseline
        .remarks
        .iter()
        .filter(|remark| {
            matches!(
                remark.kind,
                BaselineRemarkKind::MorePermissive | BaselineRemarkKind::LessPermissive
            )
        })
        .collect();
    if changed.is_empty() {
        return;
    }
    page.raw("<h2>Who gained or lost access</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th>what changed</th><th>before</th><th>now</th></tr></thead>\n<tbody>\n");
    for remark in changed.iter().take(CHANGES) {
        page.raw("<tr><th>");
        page.text(&remark.text, 300);
        page.raw(if remark.kind == BaselineRemarkKind::MorePermissive {
            "</th><td class=\"no\">refused</td><td class=\"over\">served</td></tr>\n"
        } else {
            "</th><td class=\"yes\">served</td><td class=\"no\">refused</td></tr>\n"
        });
    }
    page.raw("</tbody>\n</table></div>\n");
    page.more(changed.len(), CHANGES, "changes");
}

/// The matrix: operations by relations.
pub(super) fn matrix(page: &mut Page, report: &RunReport) {
    if report.access.is_empty() {
        return;
    }
    let mut relations: BTreeSet<String> = BTreeSet::new();
    let mut rows: Vec<(&str, Cells)> = Vec::new();
    for cell in &report.access {
        let relation = cell.relation.to_string();
        relations.insert(relation.clone());
        let operation = cell.operation.as_str();
        match rows.last_mut().filter(|(known, _)| *known == operation) {
            Some((_, cells)) => drop(cells.insert(relation, (cell.may, cell.how))),
            None => rows.push((operation, BTreeMap::from([(relation, (cell.may, cell.how))]))),
        }
    }
    let columns: Vec<&String> = relations.iter().take(COLUMNS).collect();
    page.raw("<h2>Who may do what</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th>operation</th>");
    for relation in &columns {
        page.element("th", relation, 60);
    }
    page.raw("</tr></thead>\n<tbody>\n");
    for (operation, cells) in rows.iter().take(ROWS) {
        page.raw("<tr><th>");
        page.text(operation, 200);
        page.raw("</th>");
        for relation in &columns {
            page.raw(match cells.get(*relation) {
                Some((true, AccessSource::Observed)) => "<td class=\"yes\">served</td>",
                Some((true, AccessSource::Declared)) => "<td class=\"yes\">public</td>",
                Some((false, _)) => "<td class=\"no\">refused</td>",
                None => "<td class=\"none\">not seen</td>",
            });
        }
        page.raw("</tr>\n");
    }
    page.raw("</tbody>\n</table></div>\n");
    page.more(rows.len(), ROWS, "operations");
    page.more(relations.len(), COLUMNS, "relations");
}

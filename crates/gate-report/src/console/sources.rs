//! How much was looked at for secrets, what was let pass, and what nobody could look into: said whatever the verdict is.

use gate_model::{NotScanned, RemarkKind, RunReport, SourceReport};

use super::page::{FAINT, OPEN, Page, TITLE};
use crate::foreign;
use crate::numbers::{count, duration, plural};

/// Things that were not scanned which are named; more with `verbose`.
const UNSCANNED: usize = 5;
const UNSCANNED_VERBOSE: usize = 200;
/// Remarks of one source that are shown with `verbose`.
const REMARKS: usize = 1000;

/// A line for each source, and below it what was not scanned.
pub(super) fn write(page: &mut Page, report: &RunReport) {
    if report.sources.is_empty() {
        return;
    }
    page.gap();
    for source in &report.sources {
        let line = format!("{}: {}", foreign::line(&source.what, 200), amount(source));
        page.headline("scanned ", FAINT, &line, 8);
        unscanned(page, &source.not_scanned);
        if page.verbose() {
            remarks(page, source);
        }
        if source.left_out > 0 {
            page.line(&format!("        {} more are not listed", count(source.left_out)));
        }
    }
}

/// `3 commits, 12 blobs, 1.2 MiB in 12 ms; 2 notes, 1 accepted`.
fn amount(source: &SourceReport) -> String {
    let mut parts = Vec::new();
    for (number, one, many) in [
        (source.commits, "commit", "commits"),
        (source.blobs, "blob", "blobs"),
        (source.files, "file", "files"),
    ] {
        if number > 0 {
            parts.push(plural(usize::try_from(number).unwrap_or(usize::MAX), one, many));
        }
    }
    parts.push(size(source.bytes));
    let mut text = format!("{} in {}", parts.join(", "), duration(source.duration_ms));
    let kinds = [
        (RemarkKind::Note, "note", "notes"),
        (RemarkKind::Accepted, "accepted", "accepted"),
        (RemarkKind::Commented, "allowed by a comment", "allowed by a comment"),
        (RemarkKind::InBase, "in the base already", "in the base already"),
    ];
    let said: Vec<String> = kinds
        .into_iter()
        .filter_map(|(kind, one, many)| {
            let number = source.remarks.iter().filter(|remark| remark.kind == kind).count();
            (number > 0).then(|| plural(number, one, many))
        })
        .collect();
    if !said.is_empty() {
        text.push_str("; ");
        text.push_str(&said.join(", "));
    }
    if !source.not_scanned.is_empty() {
        text.push_str(&format!(
            "; {} not scanned",
            plural(source.not_scanned.len(), "part", "parts")
        ));
    }
    text
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => plural(usize::try_from(bytes).unwrap_or(usize::MAX), "byte", "bytes"),
        1024..1_048_576 => format!("{} KiB", count(bytes >> 10)),
        _ => format!("{}.{} MiB", count(bytes >> 20), ((bytes & 0xf_ffff) * 10) >> 20),
    }
}

fn unscanned(page: &mut Page, parts: &[NotScanned]) {
    let limit = if page.verbose() { UNSCANNED_VERBOSE } else { UNSCANNED };
    for part in parts.iter().take(limit) {
        let text = format!("{}: {}", foreign::line(&part.path, 300), foreign::line(&part.why, 200));
        page.headline("        not scanned ", OPEN, text.trim_start_matches(": "), 12);
    }
    if parts.len() > limit {
        page.line(&format!("        and {} more", count((parts.len() - limit) as u64)));
    }
}

fn remarks(page: &mut Page, source: &SourceReport) {
    for remark in source.remarks.iter().take(REMARKS) {
        let place = remark
            .source
            .as_ref()
            .map(|place| format!("{}:{}:{}: ", foreign::line(&place.file, 300), place.line, place.column))
            .unwrap_or_default();
        let kind = match remark.kind {
            RemarkKind::Note => "note",
            RemarkKind::Accepted => "accepted",
            RemarkKind::Commented => "allowed",
            RemarkKind::InBase => "in the base",
        };
        let text = format!(
            "{place}{} {} {}{}",
            foreign::line(&remark.secret.rule, 100),
            foreign::line(&remark.secret.title, 200),
            foreign::line(&remark.secret.sketch, 60),
            match remark.detail.as_str() {
                "" => String::new(),
                detail => format!("; {}", foreign::line(detail, 300)),
            }
        );
        page.headline(&format!("        {kind} "), TITLE, &text, 12);
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_readable() {
        assert_eq!(
            [size(1), size(1023), size(4096), size(1_572_864)],
            ["1 byte", "1,023 bytes", "4 KiB", "1.5 MiB"]
        );
    }
}

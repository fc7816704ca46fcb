//! The run as one HTML file: no network, no script, readable on a phone, on paper and in the dark.
//!
//! The verdict first, then the risks ranked by what they do to a launch, then what is undecided, the access matrix, latency and
//! coverage; evidence is folded. A policy in the page forbids it to load or run anything, and every text passes [`tags::Page::text`].

mod access;
mod latency;
mod rest;
mod risks;
mod tags;

#[cfg(test)]
mod tests;

use gate_model::{RunReport, Verdict};

use crate::numbers::{count, duration};
use crate::{full_scan, root_causes, standing};
use tags::Page;

const STYLE: &str = include_str!("style.css");

/// The page.
pub(crate) fn render(report: &RunReport) -> String {
    let (known, open) = standing::apart(report, root_causes(report));
    let mut page = Page::default();
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n",
    );
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    page.text(&format!("launchgate: {}", report.verdict.headline()), 100);
    page.raw("</title>\n<style>\n");
    page.raw(STYLE);
    page.raw("</style>\n</head>\n<body>\n");
    head(&mut page, report);
    page.raw("<main>\n");
    access::changes(&mut page, report);
    risks::write(&mut page, "Risks", &open);
    rest::undecided(&mut page, &open);
    access::matrix(&mut page, report);
    latency::write(&mut page, report);
    rest::coverage(&mut page, report);
    risks::write(&mut page, "Known and accepted", &known);
    rest::missing(&mut page, &open);
    rest::remarks(&mut page, report);
    page.raw("</main>\n<footer>");
    page.text(&format!("launchgate {}", report.tool), 100);
    page.raw("</footer>\n</body>\n</html>\n");
    page.finish()
}

fn head(page: &mut Page, report: &RunReport) {
    let class = match report.verdict {
        Verdict::Proven => "good",
        Verdict::Regression => "bad",
        Verdict::Undecided | Verdict::NothingRan | Verdict::Unusable | Verdict::ReportNotWritten => "open",
    };
    page.raw(&format!("<header class=\"{class}\">\n<h1>"));
    page.text(report.verdict.headline(), 100);
    page.raw("</h1>\n<ul class=\"counts\">\n");
    let counts = &report.counts;
    for (number, word) in [
        (counts.pass, "passed"),
        (counts.fail, "failed"),
        (counts.inconclusive, "undecided"),
        (counts.not_testable, "not testable"),
        (counts.skipped, "skipped"),
    ] {
        page.raw(&format!("<li><b>{}</b> {word}</li>\n", count(number as u64)));
    }
    page.raw("</ul>\n<p>");
    page.text(
        &format!(
            "{}, {}, {} requests in {}",
            report.target,
            report.started_at,
            count(report.requests_sent),
            duration(report.duration_ms)
        ),
        400,
    );
    page.raw("</p>\n");
    if let Some(scan) = &report.full_scan {
        let told = full_scan::sentence(scan);
        page.raw(if told.is_bad { "<p class=\"overdue\">" } else { "<p>" });
        page.text(&format!("Last full scan: {}.", told.text), 600);
        page.raw("</p>\n");
    }
    if let Some(baseline) = &report.baseline {
        let counts = &baseline.counts;
        page.raw("<p>");
        page.text(
            &format!(
                "Beside {}: {} new, {} known, {} fixed.",
                baseline.file, counts.new, counts.known, counts.fixed
            ),
            400,
        );
        page.raw("</p>\n");
    }
    page.raw("</header>\n");
}

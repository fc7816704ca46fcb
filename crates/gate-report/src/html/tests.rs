//! The page, from small and from very large runs.

use super::render;
use crate::sample;

#[test]
fn the_verdict_is_first_and_evidence_is_folded() {
    let page = render(&sample::mixed());
    let order = [
        "<h1>REGRESSION</h1>",
        "<h2>Risks</h2>",
        "<h3>data exposure</h3>",
        "mallory of another tenant read alice&#39;s project",
        "<details><summary>Evidence</summary>",
        "<h2>Undecided</h2>",
        "pace: 5/s",
        "<h2>Latency</h2>",
        "<td class=\"number over\">412.5</td>",
        "<polyline points=",
        "<h2>Coverage</h2>",
        "<h2>Not testable</h2>",
        "<h2>Left behind</h2>",
    ];
    let mut from = 0;
    for wanted in order {
        let at = page[from..].find(wanted);
        from += at.unwrap_or_else(|| panic!("no {wanted:?} after byte {from} of\n{page}"));
    }
    assert!(!page.contains("<script") && !page.contains("http-equiv=\"refresh"));
    assert!(
        !page.contains("src=") && !page.contains("href="),
        "it loads and links nothing"
    );
}

#[test]
fn a_text_makes_no_tag() {
    let hostile = "</pre></article><script>alert(1)</script><img src=x onerror='a'>&amp;\"";
    let mut finding = sample::finding("access/read-other-tenant", hostile, hostile);
    finding.title = hostile.to_owned();
    finding.evidence[0].body = hostile.to_owned();
    finding.evidence[0].curl = hostile.to_owned();
    let mut report = sample::report(vec![sample::failed("access/read-other-tenant", hostile, vec![finding])]);
    report.target = hostile.to_owned();
    let page = render(&report);
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    assert_eq!(page.matches("<article").count(), page.matches("</article>").count());
    assert_eq!(page.matches("<pre>").count(), page.matches("</pre>").count());
    assert!(page.contains("&lt;script&gt;"));
}

#[test]
fn who_gained_access_and_the_matrix_are_tables() {
    use gate_model::{AccessCell, AccessSource, OperationId, Relation};
    let mut report = sample::with_baseline(sample::mixed());
    let cell = |relation, operation: &str, may| AccessCell {
        relation,
        operation: OperationId::new(operation),
        may,
        how: AccessSource::Observed,
    };
    report.access = vec![
        cell(Relation::Anonymous, "GET /a", false),
        cell(Relation::OtherTenant, "GET /a", true),
        cell(Relation::Anonymous, "GET /b", false),
    ];
    let page = render(&report);
    assert!(
        page.contains("<td class=\"no\">refused</td><td class=\"over\">served</td>"),
        "{page}"
    );
    assert!(
        page.contains("<tr><th>GET /a</th><td class=\"no\">refused</td><td class=\"yes\">served</td></tr>"),
        "{page}"
    );
    assert!(
        page.contains("<tr><th>GET /b</th><td class=\"no\">refused</td><td class=\"none\">not seen</td></tr>"),
        "{page}"
    );
}

#[test]
fn ten_thousand_findings_stay_readable() {
    let cases = (0..10_000).map(|n| {
        let operation = format!("GET /{n}");
        let mut finding = sample::finding("access/read-other-tenant", &operation, &format!("cause {n}"));
        finding.evidence = vec![sample::evidence(&"<".repeat(20_000))];
        sample::failed("access/read-other-tenant", &operation, vec![finding])
    });
    let page = render(&sample::report(cases.collect()));
    assert!(page.len() < 9 << 20, "{}", page.len());
    assert!(page.contains("and 9800 more root causes"), "{}", page.len());
}

//! Summary and comment, from small and from very large runs.

use super::{comment, summary};
use crate::sample;

#[test]
fn the_comment_says_what_to_do() {
    let text = comment::render(&sample::mixed());
    for wanted in [
        "<!-- launchgate -->\n## \u{274c} launchgate: REGRESSION\n",
        "**critical**, data exposure: `mallory of another tenant read alice's project`",
        "```sh\ncurl -sS -H \"Authorization: Bearer $MALLORY_TOKEN\"",
        "Remedy: `Compare the tenant",
        "### Undecided",
        "```yaml\ntarget:\n  pace: 5/s\n```",
        "| `GET /projects` | 412.5 | 300.0 | 3 |",
        "98 of 100 operations tested",
        "launchgate run --plan launchgate.yml --only access/read-other-tenant,access/write-other-tenant",
    ] {
        assert!(text.contains(wanted), "no {wanted:?} in\n{text}");
    }
    assert!(!text.contains("no expired token"), "{text}");
    let summary = summary::render(&sample::mixed());
    assert!(
        summary.contains("no expired token") && summary.contains("<details><summary>Evidence"),
        "{summary}"
    );
}

#[test]
fn what_is_known_is_a_count_and_who_gained_access_a_table() {
    let finding = sample::finding("access/read-other-tenant", "GET /a", "one");
    let failed = sample::failed("access/read-other-tenant", "GET /a", vec![finding]);
    let text = comment::render(&sample::with_baseline(sample::report(vec![failed])));
    assert!(text.contains("| `same-tenant:viewer may now DELETE /x ]]> \\u{1b}[31m` | refused | **served** | `launchgate.baseline.yml:7` |"), "{text}");
    assert!(
        text.contains("1 case is known and accepted in `launchgate.baseline.yml`"),
        "{text}"
    );
    assert!(!text.contains("New findings"), "{text}");
    assert!(text.contains("The baseline does not hold"), "{text}");
}

#[test]
fn a_thousand_findings_stay_below_the_limits() {
    let cases = (0..1000).map(|n| {
        let operation = format!("GET /{n}/{}", "x".repeat(300));
        let mut finding = sample::finding("access/read-other-tenant", &operation, &format!("cause {n}"));
        finding.detail = "y".repeat(100_000);
        finding.remediation = "`".repeat(50_000);
        finding.evidence = vec![sample::evidence(&"```\n".repeat(50_000)); 9];
        finding.evidence[0].curl = "curl ".repeat(10_000);
        sample::failed("access/read-other-tenant", &operation, vec![finding])
    });
    let report = sample::report(cases.collect());
    let comment = comment::render(&report);
    assert!(comment.len() < 65_536, "{}", comment.len());
    assert!(comment.contains("and 995 more root causes"), "{}", comment.len());
    let summary = summary::render(&report);
    assert!(summary.len() < 1 << 20, "{}", summary.len());
}

//! Cases by root cause: what to mend first, and what one line of the plan would settle.

use std::collections::{BTreeMap, BTreeSet};

use gate_model::{CaseResult, Cause, Finding, Impact, Missing, Outcome, RunReport, Severity, Undecided};

use crate::{foreign, template};

/// Cases that stand or fall together.
#[derive(Clone, Debug)]
pub struct RootCause<'a> {
    /// One line that says what it is.
    pub headline: String,
    /// What is behind it.
    pub reason: Reason<'a>,
    /// The cases, ordered by id, none twice.
    pub cases: Vec<&'a CaseResult>,
}

/// What is behind a group of cases.
#[derive(Clone, Debug)]
pub enum Reason<'a> {
    /// Findings with one root cause.
    Defect {
        /// The worst that it does to a launch.
        impact: Impact,
        /// The worst of its findings.
        severity: Severity,
        /// Its findings, worst first.
        findings: Vec<&'a Finding>,
    },
    /// Cases that stayed open for the same reason.
    Undecided {
        /// The kind of reason.
        cause: Cause,
        /// What happened; where that differs from case to case, with `…` and `#` in the place of what differs.
        detail: String,
        /// The remarks, in the order of the cases.
        remarks: Vec<&'a Undecided>,
    },
    /// Cases that lack the same input.
    Missing {
        /// The inputs, in the order of the cases.
        inputs: Vec<&'a Missing>,
    },
    /// Cases that were left out by the same choice.
    Skipped,
}

/// Parts of outcomes with the cases that they come from.
type Members<'a, T> = Vec<(&'a T, &'a CaseResult)>;

/// The lines of the plan that some cases lack, or their remark where no line is known.
type Lines<'a> = (BTreeSet<&'a str>, String);

/// What stayed open, each group with its remarks.
pub(crate) fn still_open<'g, 'a>(groups: &'g [RootCause<'a>]) -> Vec<(&'g RootCause<'a>, &'g Vec<&'a Undecided>)> {
    groups
        .iter()
        .filter_map(|group| match &group.reason {
            Reason::Undecided { remarks, .. } => Some((group, remarks)),
            Reason::Defect { .. } | Reason::Missing { .. } | Reason::Skipped => None,
        })
        .collect()
}

/// Groups the cases that did not pass. Findings come first, ranked by impact, then by severity, then by how many cases they
/// touch; then undecided cases, those that no baseline may accept first; then missing inputs; then what was left out.
pub fn root_causes(report: &RunReport) -> Vec<RootCause<'_>> {
    let mut groups = defects(report);
    groups.extend(undecided(report));
    groups.extend(missing(report));
    groups.extend(skipped(report));
    groups
}

fn defects(report: &RunReport) -> Vec<RootCause<'_>> {
    let mut by_cause: BTreeMap<&str, Members<'_, Finding>> = BTreeMap::new();
    for case in &report.cases {
        if let Outcome::Fail { findings } = &case.outcome {
            for finding in findings {
                let key = match finding.root_cause.as_str() {
                    "" => finding.fingerprint.as_str(),
                    cause => cause,
                };
                by_cause.entry(key).or_default().push((finding, case));
            }
        }
    }
    let mut ranked: Vec<_> = by_cause
        .into_values()
        .filter_map(|mut members| {
            members.sort_by(|(a, _), (b, _)| worst_first(a, b));
            let lead = members.first()?.0;
            let severity = members.iter().map(|(finding, _)| finding.severity).max()?;
            Some(RootCause {
                headline: foreign::line(&lead.title, 300),
                cases: distinct(members.iter().map(|(_, case)| *case)),
                reason: Reason::Defect {
                    impact: lead.impact,
                    severity,
                    findings: members.into_iter().map(|(finding, _)| finding).collect(),
                },
            })
        })
        .collect();
    ranked.sort_by_key(|group| match &group.reason {
        Reason::Defect { impact, severity, .. } => (*impact, std::cmp::Reverse((*severity, group.cases.len()))),
        _ => (Impact::Downtime, std::cmp::Reverse((Severity::Note, 0))),
    });
    ranked
}

fn worst_first(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    (a.impact, std::cmp::Reverse(a.severity), &a.case).cmp(&(b.impact, std::cmp::Reverse(b.severity), &b.case))
}

fn undecided(report: &RunReport) -> Vec<RootCause<'_>> {
    let kinds = kinds(report);
    let mut by_shape: BTreeMap<(bool, Cause, String), Members<'_, Undecided>> = BTreeMap::new();
    for case in &report.cases {
        if let Outcome::Inconclusive { undecided } = &case.outcome {
            let shape = template::of(&case.case, &kinds, &undecided.detail);
            let key = (undecided.cause.acceptable(), undecided.cause, shape);
            by_shape.entry(key).or_default().push((undecided, case));
        }
    }
    let mut groups: Vec<_> = by_shape
        .into_iter()
        .map(|((acceptable, cause, shape), members)| {
            let remarks: Vec<&Undecided> = members.iter().map(|(remark, _)| *remark).collect();
            let cases = distinct(members.into_iter().map(|(_, case)| case));
            let same = remarks.windows(2).all(|pair| pair[0].detail == pair[1].detail);
            let detail = match remarks.first() {
                Some(first) if same => foreign::line(&first.detail, 600),
                _ => shape,
            };
            let headline = if detail.is_empty() {
                cause.headline().to_owned()
            } else {
                format!("{}: {detail}", cause.headline())
            };
            let reason = Reason::Undecided { cause, detail, remarks };
            (
                acceptable,
                RootCause {
                    headline,
                    reason,
                    cases,
                },
            )
        })
        .collect();
    groups.sort_by_key(|(acceptable, group)| (*acceptable, std::cmp::Reverse(group.cases.len())));
    groups.into_iter().map(|(_, group)| group).collect()
}

fn missing(report: &RunReport) -> Vec<RootCause<'_>> {
    let kinds = kinds(report);
    let mut by_shape: BTreeMap<String, Members<'_, Missing>> = BTreeMap::new();
    for case in &report.cases {
        if let Outcome::NotTestable { missing } = &case.outcome {
            let shape = template::of(&case.case, &kinds, &missing.what);
            by_shape.entry(shape).or_default().push((missing, case));
        }
    }
    // What one line adds is one input, however its lack was noticed.
    let mut by_line: BTreeMap<Lines<'_>, (String, Members<'_, Missing>)> = BTreeMap::new();
    for (shape, members) in by_shape {
        let lines: BTreeSet<&str> = members
            .iter()
            .filter_map(|(missing, _)| missing.add.as_deref())
            .collect();
        let own = if lines.is_empty() { shape.clone() } else { String::new() };
        let (shown, all) = by_line.entry((lines, own)).or_default();
        if members.len() > all.len() {
            *shown = shape;
            all.splice(0..0, members);
        } else {
            all.extend(members);
        }
    }
    let mut groups: Vec<_> = by_line
        .into_values()
        .map(|(shape, members)| {
            let inputs: Vec<&Missing> = members.iter().map(|(missing, _)| *missing).collect();
            let headline = match inputs.first() {
                // The first are those of the largest shape.
                Some(first) if !shape.contains('…') || inputs.iter().all(|input| input.what == first.what) => {
                    foreign::line(&first.what, 400)
                }
                _ => shape,
            };
            RootCause {
                headline,
                reason: Reason::Missing { inputs },
                cases: distinct(members.into_iter().map(|(_, case)| case)),
            }
        })
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.cases.len()));
    groups
}

fn skipped(report: &RunReport) -> Vec<RootCause<'_>> {
    let mut by_reason: BTreeMap<String, Vec<&CaseResult>> = BTreeMap::new();
    for case in &report.cases {
        if let Outcome::Skipped { reason } = &case.outcome {
            let headline = foreign::line(&reason.to_string(), 400);
            by_reason.entry(headline).or_default().push(case);
        }
    }
    let group = |(headline, cases): (String, Vec<_>)| RootCause {
        headline,
        reason: Reason::Skipped,
        cases: distinct(cases.into_iter()),
    };
    by_reason.into_iter().map(group).collect()
}

/// The kinds of objects that the cases are about.
fn kinds(report: &RunReport) -> BTreeSet<&str> {
    let named = report.cases.iter().filter_map(|case| case.case.resource.as_ref());
    named.map(gate_model::ResourceName::as_str).collect()
}

fn distinct<'a>(cases: impl Iterator<Item = &'a CaseResult>) -> Vec<&'a CaseResult> {
    let by_id: BTreeMap<&str, &CaseResult> = cases.map(|case| (case.case.id.as_str(), case)).collect();
    by_id.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use gate_model::SkipReason;

    #[test]
    fn findings_are_ranked_by_impact_then_severity_then_reach() {
        let mut slow = sample::finding("latency/p95-budget", "GET /slow", "slow");
        slow.impact = Impact::Downtime;
        slow.severity = Severity::Critical;
        let mut small = sample::finding("access/read-other-tenant", "GET /small", "small");
        small.severity = Severity::Medium;
        let report = sample::report(vec![
            sample::failed("latency/p95-budget", "GET /slow", vec![slow]),
            sample::failed("access/read-other-tenant", "GET /small", vec![small]),
            sample::failed(
                "access/read-other-tenant",
                "GET /a",
                vec![sample::finding("access/read-other-tenant", "GET /a", "wide")],
            ),
            sample::failed(
                "access/read-other-tenant",
                "GET /b",
                vec![sample::finding("access/read-other-tenant", "GET /b", "wide")],
            ),
        ]);
        let causes: Vec<(String, usize)> = root_causes(&report)
            .iter()
            .map(|group| match &group.reason {
                Reason::Defect { findings, .. } => (findings[0].root_cause.clone(), group.cases.len()),
                other => panic!("not a defect: {other:?}"),
            })
            .collect();
        assert_eq!(causes, [("wide".into(), 2), ("small".into(), 1), ("slow".into(), 1)]);
    }

    #[test]
    fn one_dead_limiter_is_one_group() {
        let mut cases: Vec<_> = (0..300)
            .map(|n| {
                let operation = format!("GET /things/{n}/{{id}}");
                let detail = format!("{operation} was answered 429 {n} times");
                sample::open(
                    "access/read-other-tenant",
                    &operation,
                    Undecided::new(Cause::Throttled, detail),
                )
            })
            .collect();
        cases.push(sample::open(
            "auth/login",
            "POST /login",
            Undecided::new(Cause::LoginFailed, "bob: 401"),
        ));
        let report = sample::report(cases);
        let groups = root_causes(&report);
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].headline, "a login failed: bob: 401");
        assert_eq!(groups[1].cases.len(), 300);
        assert_eq!(
            groups[1].headline,
            "the target throttled the run: … was answered 429 # times"
        );
    }

    #[test]
    fn missing_inputs_and_choices_are_groups_too() {
        let report = sample::report(vec![
            sample::missing(
                "auth/expired-token",
                "GET /a",
                "no expired token",
                Some("tokens: { expired: \"${OLD}\" }"),
            ),
            sample::missing(
                "auth/expired-token",
                "GET /b",
                "no expired token",
                Some("tokens: { expired: \"${OLD}\" }"),
            ),
            sample::left_out("leak/canary", "GET /a", SkipReason::Flag("--skip leak".into())),
        ]);
        let groups = root_causes(&report);
        let shown: Vec<(&str, usize)> = groups.iter().map(|g| (g.headline.as_str(), g.cases.len())).collect();
        assert_eq!(shown, [("no expired token", 2), ("left out by --skip leak", 1)]);
    }
}

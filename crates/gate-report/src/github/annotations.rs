//! Workflow commands that mark lines of the pull request.
//!
//! A step may have ten errors and ten warnings; what is more is lost without a word, so that a notice says how many there are.

use std::fmt::Write as _;

use gate_model::{BaselineRemarkKind, FoundSecret, Location, RunReport, Severity};

use crate::place::Places;
use crate::{Context, Reason, foreign, root_causes, standing};

/// Annotations of one level that a step may have.
const MOST: usize = 10;

struct Annotation {
    level: &'static str,
    file: String,
    line: u32,
    title: String,
    message: String,
}

/// One line for each annotation.
pub(crate) fn render(report: &RunReport, context: &Context) -> String {
    let places = Places::of(report, context);
    let mut all = of_baseline(report, &places);
    all.extend(of_causes(report, &places));
    let mut out = String::new();
    for level in ["error", "warning"] {
        for one in all.iter().filter(|one| one.level == level).take(MOST) {
            let _ = writeln!(
                out,
                "::{level} file={},line={},title={}::{}",
                property(&one.file),
                one.line,
                property(&one.title),
                data(&one.message)
            );
        }
    }
    let shown = out.lines().count();
    if all.len() > shown {
        let _ = writeln!(
            out,
            "::notice title=launchgate::{} more are in the summary of this job",
            all.len() - shown
        );
    }
    out
}

fn of_baseline(report: &RunReport, places: &Places) -> Vec<Annotation> {
    let remarks = report.baseline.iter().flat_map(gate_model::BaselineReport::red);
    remarks
        .map(|remark| {
            let level = if remark.kind == BaselineRemarkKind::MorePermissive {
                "error"
            } else {
                "warning"
            };
            annotation(
                level,
                places,
                remark.source.as_ref(),
                None,
                remark.kind.headline(),
                &remark.text,
            )
        })
        .collect()
}

fn of_causes(report: &RunReport, places: &Places) -> Vec<Annotation> {
    let (_, open) = standing::apart(report, root_causes(report));
    let mut out = Vec::new();
    for group in &open {
        let case = group.cases.first().and_then(|case| case.case.source.as_ref());
        let many = match group.cases.len() {
            0 | 1 => String::new(),
            cases => format!(" ({cases} cases)"),
        };
        match &group.reason {
            Reason::Defect { severity, findings, .. } => {
                let Some(lead) = findings.first() else { continue };
                let level = if *severity >= Severity::Medium {
                    "error"
                } else {
                    "warning"
                };
                let message = format!(
                    "{}{many}. {}",
                    lead.title.trim_end_matches('.'),
                    foreign::line(&lead.remediation, 1000)
                );
                let source = lead.source.as_ref().or(case);
                out.push(annotation(
                    level,
                    places,
                    source,
                    lead.secret.as_ref(),
                    lead.check.as_str(),
                    &message,
                ));
            }
            Reason::Undecided { remarks, .. } => {
                let settle = remarks
                    .iter()
                    .find_map(|remark| remark.settle.as_deref())
                    .unwrap_or_default();
                let settle = if settle.is_empty() {
                    String::new()
                } else {
                    format!("\nTo settle it:\n{settle}")
                };
                let message = format!("{}{many}{settle}", group.headline);
                out.push(annotation("warning", places, case, None, "undecided", &message));
            }
            Reason::Missing { .. } | Reason::Skipped => {}
        }
    }
    out
}

fn annotation(
    level: &'static str,
    places: &Places,
    place: Option<&Location>,
    secret: Option<&FoundSecret>,
    title: &str,
    message: &str,
) -> Annotation {
    let spot = places.spot(place, secret);
    Annotation {
        level,
        file: spot.file,
        line: spot.line,
        title: foreign::line(title, 100),
        message: foreign::block(message, 1500),
    }
}

/// The text of a command: `%` and line ends are encoded.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property: `:` and `,` are encoded too.
fn property(text: &str) -> String {
    data(&foreign::line(text, 500)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn each_line_is_a_command_and_nothing_else() {
        let mut finding = sample::finding("access/read-other-tenant", "GET /a", "one");
        finding.title = "x\n::error::forged%0A,y".to_owned();
        finding.source = Some(Location::new("plans/a,b:c.yml", 3, 1));
        let report = sample::report(vec![sample::failed(
            "access/read-other-tenant",
            "GET /a",
            vec![finding],
        )]);
        let text = render(&report, &Context::default());
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(
            text.starts_with("::error file=plans/a%2Cb%3Ac.yml,line=3,title=access/read-other-tenant::x%0A::error::forged%250A,y. Compare"),
            "{text}"
        );
    }

    #[test]
    fn there_are_no_more_than_a_step_may_have() {
        let cases = (0..40).map(|n| {
            let operation = format!("GET /{n}");
            let mut finding = sample::finding("access/read-other-tenant", &operation, &format!("cause {n}"));
            if n % 2 == 0 {
                finding.severity = Severity::Low;
            }
            sample::failed("access/read-other-tenant", &operation, vec![finding])
        });
        let text = render(&sample::report(cases.collect()), &Context::default());
        let count = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        assert_eq!(
            (count("::error "), count("::warning "), count("::notice ")),
            (10, 10, 1)
        );
        assert!(text.contains("::notice title=launchgate::20 more"), "{text}");
    }

    #[test]
    fn what_is_sound_says_nothing() {
        let report = sample::report(vec![sample::passed("access/read-other-tenant", "GET /a")]);
        assert_eq!(render(&report, &Context::default()), "");
    }
}

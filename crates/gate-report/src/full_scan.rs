//! How old the last run over everything is, in words.

use gate_model::{EarlierScan, FullScan, FullScanStanding};

use crate::foreign;
use crate::numbers::plural;

/// What a reader of any report is told, and whether it is well.
pub(crate) struct Sentence {
    /// As a fragment that goes on after "full scan".
    pub(crate) text: String,
    /// Whether somebody has to look after it.
    pub(crate) is_bad: bool,
}

/// The sentence.
pub(crate) fn sentence(scan: &FullScan) -> Sentence {
    let allowed = span(scan.allowed_s);
    let partial = scan.partial.as_deref().map(|why| foreign::line(why, 200));
    let here = partial.map_or(String::new(), |why| format!("; this run is none: {why}"));
    let (text, is_bad) = match (scan.standing, &scan.earlier) {
        (FullScanStanding::ThisRun, Some(earlier)) => (format!("this run; the one before {}", ago(earlier)), false),
        (FullScanStanding::ThisRun, None) => ("this run".to_owned(), false),
        (FullScanStanding::Recent, Some(earlier)) => (format!("{}{here}", ago(earlier)), false),
        (FullScanStanding::Overdue, Some(earlier)) => (
            format!("OVERDUE: {}, and the plan allows {allowed}{here}", ago(earlier)),
            true,
        ),
        (FullScanStanding::Unknown | FullScanStanding::Recent | FullScanStanding::Overdue, _) => (
            format!("NONE KNOWN, and the plan wants one every {allowed}{here}"),
            true,
        ),
    };
    Sentence { text, is_bad }
}

fn ago(earlier: &EarlierScan) -> String {
    format!(
        "{} ago, {} ({})",
        span(earlier.age_s),
        earlier.verdict.headline().to_lowercase(),
        foreign::line(&earlier.started_at, 40)
    )
}

/// `3 minutes`, `23 hours`, `5 days`: the largest unit that leaves two or more of it.
fn span(seconds: u64) -> String {
    let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    match seconds {
        0..120 => plural(whole(seconds), "second", "seconds"),
        120..7_200 => plural(whole(seconds / 60), "minute", "minutes"),
        7_200..172_800 => plural(whole(seconds / 3_600), "hour", "hours"),
        _ => plural(whole(seconds / 86_400), "day", "days"),
    }
}

#[cfg(test)]
mod tests {
    use gate_model::Verdict;

    use super::*;

    fn scan(standing: FullScanStanding, age_s: Option<u64>, partial: Option<&str>) -> Sentence {
        sentence(&FullScan {
            standing,
            allowed_s: 172_800,
            earlier: age_s.map(|age_s| EarlierScan {
                started_at: "2026-11-27T02:17:00Z".to_owned(),
                age_s,
                verdict: Verdict::Proven,
            }),
            partial: partial.map(str::to_owned),
        })
    }

    #[test]
    fn what_is_overdue_or_unknown_is_said_aloud() {
        let told = scan(
            FullScanStanding::Overdue,
            Some(432_000),
            Some("it is without the profile nightly"),
        );
        assert!(told.is_bad);
        assert_eq!(
            told.text,
            "OVERDUE: 5 days ago, proven (2026-11-27T02:17:00Z), and the plan allows 2 days; this run is none: it is \
             without the profile nightly"
        );
        let told = scan(
            FullScanStanding::Unknown,
            None,
            Some("--only or --skip leaves checks out"),
        );
        assert!(
            told.is_bad
                && told
                    .text
                    .starts_with("NONE KNOWN, and the plan wants one every 2 days; this run")
        );
        // A result that contradicts itself is read as nothing known.
        assert!(
            scan(FullScanStanding::Recent, None, None)
                .text
                .starts_with("NONE KNOWN")
        );
    }

    #[test]
    fn what_is_well_is_said_quietly() {
        let told = scan(FullScanStanding::Recent, Some(82_800), None);
        assert!(!told.is_bad);
        assert_eq!(told.text, "23 hours ago, proven (2026-11-27T02:17:00Z)");
        assert_eq!(scan(FullScanStanding::ThisRun, None, None).text, "this run");
    }
}

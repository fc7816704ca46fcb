//! A run beside the baseline: which cases are new, known or fixed, who gained access, what got lost, and the verdict.
//!
//! Waivers count from the base of a pull request, observed facts from its head: nobody may waive in the request that
//! brings the finding, and everybody may record what changed in the request that changes it.

mod cases;
mod facts;
mod shrunk;

use std::collections::BTreeMap;

use gate_model::{
    BASELINE_VERSION, BaselineCounts, BaselineRemark, BaselineRemarkKind, BaselineReport, FailOn, Location,
    RemarkWeight, RunReport, Standing, Verdict,
};
use time::Date;

use crate::Baseline;
use crate::case_key::Keys;

pub(crate) use cases::left_out_by_choice;

/// What is known of the base of a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// This is no pull request, or nothing is known of one: the file itself counts.
    None,
    /// It has no baseline: the file is adopted with this request.
    Without,
    /// Its baseline, and what it is called: `launchgate.baseline.yml at 1a2b3c4d`.
    File(Baseline, String),
    /// It could not be read, and why.
    Unknown(String),
}

/// How a run is weighed.
#[derive(Clone, Copy, Debug)]
pub struct Scales<'a> {
    /// The file as the user named it.
    pub file: &'a str,
    /// Which findings count as a regression.
    pub fail_on: FailOn,
    /// The day on which waivers must count.
    pub today: Date,
}

/// Weighs a run. Fills its `baseline`, `verdict` and `exit_code`; changes no outcome. `None` as the file means that there is
/// none, which matters where the base has one. Where neither has one the run stays as it is.
pub fn weigh(report: &mut RunReport, head: Option<&Baseline>, base: &Base, scales: Scales<'_>) {
    if report.cases.is_empty() {
        // The target did not even give its document: nothing can be said beside that.
        return;
    }
    let empty = Baseline::default();
    let (facts, waivers, waivers_from) = match (head, base) {
        (None, Base::None | Base::Without | Base::Unknown(_)) => return,
        (None, Base::File(base, name)) => (base, base, name.clone()),
        (Some(head), Base::File(base, name)) => (head, base, name.clone()),
        (Some(head), Base::None | Base::Without | Base::Unknown(_)) => (head, head, scales.file.to_owned()),
    };
    let look = Look {
        report,
        keys: Keys::of(report),
        waivers,
        by_case: by_case(waivers),
        today: scales.today,
    };
    let mut remarks = Vec::new();
    match base {
        Base::File(base, name) => match head {
            None => remarks.push(remark(
                BaselineRemarkKind::Missing,
                format!("{} is gone; it is there as {name}", scales.file),
                None,
            )),
            Some(head) => remarks.extend(shrunk::remarks(&look, base, head)),
        },
        Base::Unknown(why) => remarks.push(remark(BaselineRemarkKind::BaseUnknown, why.clone(), None)),
        Base::None | Base::Without => {}
    }
    let (cases, unused) = cases::stand(&look, head.unwrap_or(&empty));
    remarks.extend(facts::remarks(&look, facts));
    remarks.extend(unused);
    remarks.sort_by(|left, right| (left.kind, &left.source, &left.text).cmp(&(right.kind, &right.source, &right.text)));
    remarks.dedup();
    let count = |standing| cases.iter().filter(|case| case.standing == standing).count();
    let counts = BaselineCounts {
        new: count(Standing::New),
        known: count(Standing::Known),
        fixed: count(Standing::Fixed),
    };
    let baseline = BaselineReport {
        version: BASELINE_VERSION,
        file: scales.file.to_owned(),
        waivers_from,
        counts,
        cases,
        remarks,
    };
    let verdict = verdict(report, &baseline, scales.fail_on);
    report.verdict = verdict;
    report.exit_code = verdict.exit_code();
    report.baseline = Some(baseline);
}

/// The run and whatever is asked of it again and again.
struct Look<'a> {
    report: &'a RunReport,
    keys: Keys,
    waivers: &'a Baseline,
    /// Positions of the waivers of each case.
    by_case: BTreeMap<&'a str, Vec<usize>>,
    today: Date,
}

fn by_case(waivers: &Baseline) -> BTreeMap<&str, Vec<usize>> {
    let mut by_case: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, line) in waivers.accepted.iter().enumerate() {
        by_case.entry(&line.case).or_default().push(at);
    }
    by_case
}

fn remark(kind: BaselineRemarkKind, text: impl Into<String>, source: Option<Location>) -> BaselineRemark {
    BaselineRemark {
        kind,
        text: text.into(),
        source,
    }
}

/// The verdict over what is not accepted. A run that has none by itself (nothing ran, the plan is wrong) gets none here.
fn verdict(report: &RunReport, baseline: &BaselineReport, fail_on: FailOn) -> Verdict {
    match report.verdict {
        Verdict::Proven | Verdict::Regression => {}
        // Undecided without an undecided case: the target never answered.
        Verdict::Undecided if report.counts.inconclusive > 0 => {}
        other => return other,
    }
    let is_new = |result: &&gate_model::CaseResult| {
        baseline
            .standing(&result.case.id)
            .is_some_and(|known| known.standing == Standing::New)
    };
    let new: Vec<gate_model::CaseResult> = report.cases.iter().filter(is_new).cloned().collect();
    let by_cases = match Verdict::of(&new, fail_on) {
        Verdict::NothingRan => Verdict::Proven,
        other => other,
    };
    let worst = baseline.remarks.iter().map(|remark| remark.kind.weight()).max();
    match (by_cases, worst) {
        (Verdict::Regression, _) => Verdict::Regression,
        (_, Some(RemarkWeight::Regression)) if fail_on != FailOn::Never => Verdict::Regression,
        (Verdict::Undecided, _) | (_, Some(RemarkWeight::Undecided)) => Verdict::Undecided,
        (other, _) => other,
    }
}

//! One run beside another: the older one is taken as it is, and the newer weighed against it.

use gate_model::{FailOn, RunReport};
use time::Date;

use crate::{AcceptError, Base, Scales, Terms, accept, weigh};

/// The newer run, weighed against the older one.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The newer run with labels and verdict of the comparison.
    pub report: RunReport,
}

/// Compares two runs. What is red in both is known, whatever the older run's verdict was.
///
/// # Errors
/// Where the older run proves too little to be compared with.
pub fn compare(
    old: &RunReport,
    name: &str,
    mut new: RunReport,
    fail_on: FailOn,
    today: Date,
) -> Result<Comparison, AcceptError> {
    let terms = Terms {
        reason: format!("so in {name}"),
        owner: name.to_owned(),
        expires: Date::MAX,
    };
    let before = accept(old, None, Some(&terms), today)?.baseline;
    let scales = Scales {
        file: name,
        fail_on,
        today,
    };
    weigh(&mut new, Some(&before), &Base::None, scales);
    Ok(Comparison { report: new })
}

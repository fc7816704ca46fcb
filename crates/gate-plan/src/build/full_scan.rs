//! `full_scan`: how often everything is to be asked, and which runs do.

use std::time::Duration;

use gate_spec::FullScanTerms;
use gate_yaml::remedy;

use super::cx::Cx;
use crate::raw;

/// The profile that is meant where the plan has one of this name and names none.
const USUAL: &str = "nightly";
/// Longer than a quarter is no schedule.
const LONGEST: Duration = Duration::from_secs(90 * 24 * 3600);

/// Reads `full_scan`.
pub(super) fn terms(cx: &mut Cx<'_>, plan: &raw::Plan) -> FullScanTerms {
    let mut terms = FullScanTerms::default();
    let raw = plan.full_scan.clone().unwrap_or_default();
    terms.profile = match raw.profile {
        Some(name) if plan.profiles.contains_key(&name) => Some(name),
        Some(name) => {
            let help = remedy(&name, plan.profiles.keys().map(String::as_str));
            cx.error_help("/full_scan/profile", format!("there is no profile `{name}`"), help);
            None
        }
        None => plan.profiles.contains_key(USUAL).then(|| USUAL.to_owned()),
    };
    if let Some(text) = raw.within {
        match humantime::parse_duration(text.trim()) {
            Ok(within) if within >= Duration::from_secs(60) && within <= LONGEST => terms.within = within,
            _ => cx.error_help(
                "/full_scan/within",
                "not a time that may pass between two runs",
                Some("write a number and its unit from a minute to 90 days, such as `36h` or `2d`".to_owned()),
            ),
        }
    }
    terms
}

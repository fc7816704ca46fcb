//! Which exchange of a finding to show first.

use gate_model::Evidence;

/// The exchange that tells most: the one with the proof, else the probe, else the last.
pub(crate) fn telling(evidence: &[Evidence]) -> Option<&Evidence> {
    let proven = evidence.iter().find(|one| one.proof.is_some());
    let probe = || evidence.iter().find(|one| one.label.contains("probe"));
    proven.or_else(probe).or(evidence.last())
}

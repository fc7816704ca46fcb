//! What a further line of the plan would bring.

/// Cases that a run would not try, and the line that lets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// How many cases.
    pub cases: usize,
    /// What is missing, as a fragment.
    pub what: String,
    /// The line, as YAML to paste.
    pub add: Option<String>,
}

/// How many are written; `launchgate list` has all.
const MOST: usize = 15;

/// Joins hints with the same line, those with the most cases first.
pub(crate) fn joined(hints: &[Hint]) -> Vec<Hint> {
    let mut out: Vec<Hint> = Vec::new();
    for hint in hints {
        match out.iter_mut().find(|known| known.add == hint.add) {
            Some(known) => known.cases += hint.cases,
            None => out.push(hint.clone()),
        }
    }
    out.sort_by_key(|hint| std::cmp::Reverse(hint.cases));
    out.truncate(MOST);
    out
}

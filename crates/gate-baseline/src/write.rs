//! [`Baseline`] as text: one line a cell, so that a change reads as one sentence that became another.

use std::fmt;

use crate::words::{gap_word, sentence};
use crate::{Accepted, Baseline, What};

const HEAD: &str = "\
# What launchgate knows of this API. A pull request that changes a line of `access` changes who may do what.
# Written by `launchgate baseline accept RESULT.json`; reason, owner and expires may be edited by hand.
version: 1
";
const ACCESS: &str = "\n# Who may do what, as it was observed. What is not here, nobody may.\naccess:\n";
const FINDINGS: &str = "\n# Red, and accepted until that day.\nfindings:\n";
const UNDECIDED: &str = "\n# Not decided, and accepted until that day.\nundecided:\n";
const DECIDED: &str = "\n# Further cases that came to a verdict and must not get lost.\ndecided:\n";

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        if !self.access.is_empty() {
            f.write_str(ACCESS)?;
        }
        for line in &self.access {
            let text = sentence(&line.relation, line.may, &line.operation);
            writeln!(f, "  - {}", scalar(&text))?;
        }
        let (findings, open): (Vec<_>, Vec<_>) = self
            .accepted
            .iter()
            .partition(|accepted| matches!(accepted.what, What::Finding { .. }));
        for (title, entries) in [(FINDINGS, findings), (UNDECIDED, open)] {
            if !entries.is_empty() {
                f.write_str(title)?;
            }
            for accepted in entries {
                entry(f, accepted)?;
            }
        }
        if !self.decided.is_empty() {
            f.write_str(DECIDED)?;
        }
        for (case, _) in &self.decided {
            writeln!(f, "  - {}", scalar(case))?;
        }
        Ok(())
    }
}

fn entry(f: &mut fmt::Formatter<'_>, accepted: &Accepted) -> fmt::Result {
    writeln!(f, "  - case: {}", scalar(&accepted.case))?;
    match &accepted.what {
        What::Finding { at, severity } => {
            if let Some(at) = at {
                writeln!(f, "    at: {}", scalar(at.as_str()))?;
            }
            writeln!(f, "    severity: {severity}")?;
        }
        What::Open(gap) => writeln!(f, "    cause: {}", gap_word(*gap))?,
    }
    writeln!(f, "    reason: {}", scalar(&accepted.terms.reason))?;
    writeln!(f, "    owner: {}", scalar(&accepted.terms.owner))?;
    writeln!(f, "    expires: {}", accepted.terms.expires)
}

/// A text as a YAML scalar: bare where nothing in it has a meaning of its own, in double quotes otherwise.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " /._-+~@{}:#*()=,".contains(c);
    let bare = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with([' ', ':'])
        && text.chars().all(plain)
        && !text.contains(": ")
        && !text.contains(" #")
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_ascii_lowercase().as_str());
    if bare {
        return text.to_owned();
    }
    // A JSON string is a double-quoted scalar; what JSON may leave as it is and YAML may not is written out.
    let quoted = serde_json::to_string(text).unwrap_or_default();
    let mut out = String::with_capacity(quoted.len());
    for c in quoted.chars() {
        match c {
            '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                out.push_str(&format!("\\u{:04x}", c as u32));
            }
            c => out.push(c),
        }
    }
    out
}

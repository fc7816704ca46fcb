//! The words of the file: sentences of the matrix, reasons for gaps, severities, days.

use gate_model::{Cause, OperationId, Relation, Severity};
use time::Date;
use time::macros::format_description;

use crate::{CellLine, Gap};

/// Words that relations begin with.
pub(crate) const RELATIONS: [&str; 4] = ["anonymous", "other-tenant", "same-tenant:ROLE", "role:ROLE"];
/// Reasons for which a tried case may stay open.
pub(crate) const CAUSES: [Cause; 18] = [
    Cause::TargetDown,
    Cause::LoginFailed,
    Cause::IdentityUnproven,
    Cause::SessionLost,
    Cause::ControlFailed,
    Cause::ControlLost,
    Cause::NeitherAnswer,
    Cause::Throttled,
    Cause::Transport,
    Cause::ReadBack,
    Cause::ObjectMissing,
    Cause::Flaky,
    Cause::NothingSeen,
    Cause::TooFewSamples,
    Cause::Budget,
    Cause::Deadline,
    Cause::Interrupted,
    Cause::NoVerdict,
];
/// All severities.
pub(crate) const SEVERITIES: [Severity; 5] = [
    Severity::Note,
    Severity::Low,
    Severity::Medium,
    Severity::High,
    Severity::Critical,
];

/// A day as the file writes it: `2027-01-31`.
pub fn day(date: Date) -> String {
    date.format(format_description!("[year]-[month]-[day]"))
        .unwrap_or_default()
}

/// Reads a day; nothing else than `YYYY-MM-DD`.
pub fn date(text: &str) -> Option<Date> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).ok()
}

/// The word of a gap: a cause, `not-testable` or `skipped`.
pub(crate) fn gap_word(gap: Gap) -> String {
    match gap {
        Gap::Cause(cause) => cause_word(cause),
        Gap::NotTestable => "not-testable".to_owned(),
        Gap::Skipped => "skipped".to_owned(),
    }
}

/// Reads the word of a gap.
pub(crate) fn gap(word: &str) -> Option<Gap> {
    match word {
        "not-testable" => Some(Gap::NotTestable),
        "skipped" => Some(Gap::Skipped),
        word => CAUSES
            .into_iter()
            .find(|cause| cause_word(*cause) == word)
            .map(Gap::Cause),
    }
}

fn cause_word(cause: Cause) -> String {
    match serde_json::to_value(cause) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Reads a severity.
pub(crate) fn severity(word: &str) -> Option<Severity> {
    SEVERITIES.into_iter().find(|severity| severity.to_string() == word)
}

/// The sentence of a cell: `other-tenant may not GET /projects/{id}`.
pub(crate) fn sentence(relation: &Relation, may: bool, operation: &OperationId) -> String {
    let not = if may { "" } else { " not" };
    format!("{relation} may{not} {operation}")
}

/// Reads the sentence of a cell.
///
/// # Errors
/// What is wrong, and what would be right.
pub(crate) fn cell(text: &str) -> Result<CellLine, (String, Option<String>)> {
    let form = || Some("write WHO may METHOD PATH, or WHO may not METHOD PATH".to_owned());
    // A role may be called anything, so that the last `may` before an operation is the one that counts.
    let parts = text.rmatch_indices(" may ").find_map(|(at, word)| {
        let rest = &text[at + word.len()..];
        let (may, operation) = match rest.strip_prefix("not ") {
            Some(operation) => (false, operation),
            None => (true, rest),
        };
        let (method, path) = operation.split_once(' ')?;
        let method_like = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
        (method_like && path.starts_with('/')).then(|| (text[..at].to_owned(), may, operation.to_owned()))
    });
    let Some((who, may, operation)) = parts else {
        return Err(("not a line of the access matrix".to_owned(), form()));
    };
    let relation = Relation::from(who.clone());
    let known = match &relation {
        Relation::Anonymous | Relation::OtherTenant => true,
        Relation::SameTenant(_) | Relation::Role(_) => true,
        Relation::Identity(_) => false,
    };
    if !known {
        let help = gate_yaml::remedy(&who, RELATIONS);
        return Err((format!("`{who}` is no relation"), help));
    }
    Ok(CellLine {
        relation,
        operation: OperationId::new(operation),
        may,
        source: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_read_as_they_are_written() {
        for text in [
            "anonymous may GET /healthz",
            "other-tenant may not DELETE /projects/{projectId}",
            "same-tenant:viewer may not POST /projects",
            "role:may may GET /x",
            "same-tenant:may not be may not GET /x y",
            "role: may GET /",
        ] {
            let cell = cell(text).expect("a sentence");
            assert_eq!(sentence(&cell.relation, cell.may, &cell.operation), text);
        }
    }

    #[test]
    fn what_is_no_sentence_is_refused_with_the_nearest() {
        for (text, says) in [
            ("bob may GET /x", "`bob` is no relation"),
            ("identity:bob may GET /x", "`identity:bob` is no relation"),
            ("anonymous GET /x", "not a line"),
            ("anonymous may get /x", "not a line"),
            ("anonymous may GET x", "not a line"),
            ("", "not a line"),
        ] {
            assert!(cell(text).expect_err(text).0.contains(says), "{text}");
        }
        let (_, help) = cell("anonymos may GET /x").expect_err("misspelt");
        assert_eq!(help.as_deref(), Some("did you mean `anonymous`?"));
    }

    #[test]
    fn every_word_is_read_back() {
        for cause in CAUSES {
            assert_eq!(gap(&gap_word(Gap::Cause(cause))), Some(Gap::Cause(cause)));
        }
        for word in ["not-testable", "skipped"] {
            assert_eq!(gap(word).map(gap_word).as_deref(), Some(word));
        }
        for level in SEVERITIES {
            assert_eq!(severity(&level.to_string()), Some(level));
        }
        assert_eq!(date("2027-01-31").map(day).as_deref(), Some("2027-01-31"));
        assert!(date("2027-02-30").is_none() && date("31.1.2027").is_none() && date("2027-01-31T00:00").is_none());
    }
}

//! `${NAME}` in a plan: what stands for it, and who decides which variables may be read.
//!
//! Values of variables go into the plan's values and into the list of secrets, never into a message.

/// The variables that a plan may read. The program hands in a view that holds the allowed ones only.
pub trait Environment {
    /// The value of a variable, where it is set and may be read anywhere in a plan.
    fn get(&self, name: &str) -> Option<String>;

    /// The value of a variable that a credential field names. The program may be more generous here, because naming it
    /// in such a field is what allows it.
    fn get_credential(&self, name: &str) -> Option<String> {
        self.get(name)
    }

    /// Whether a variable is set but may not be read here, which is worth telling.
    fn withheld(&self, name: &str) -> bool {
        let _ = name;
        false
    }
}

impl<F: Fn(&str) -> Option<String>> Environment for F {
    fn get(&self, name: &str) -> Option<String> {
        self(name)
    }
}

/// A variable that a plan names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Whether it has a value that is not empty.
    pub set: bool,
    /// Whether the plan gives a default.
    pub default: bool,
    /// Whether it stands in a credential field.
    pub credential: bool,
}

/// A piece of a text with variables.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    Text(&'t str),
    Dollar,
    Variable { name: &'t str, otherwise: Otherwise<'t> },
}

/// What to do where a variable is unset or empty.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Otherwise<'t> {
    Fail,
    Say(&'t str),
    Default(&'t str),
}

/// Splits a text at `${…}` and `$$`. A lone `$`, as in JSONPath, is text.
pub(crate) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        if let Some(tail) = after.strip_prefix('$') {
            push_text(&mut out, before);
            out.push(Piece::Dollar);
            rest = tail;
        } else if let Some(inner) = after.strip_prefix('{') {
            push_text(&mut out, before);
            let end = inner
                .find('}')
                .ok_or("`${` without a closing `}`; write `$$` for a dollar sign that means itself")?;
            out.push(variable(&inner[..end])?);
            rest = &inner[end + 1..];
        } else {
            push_text(&mut out, &rest[..=at]);
            rest = after;
        }
    }
    push_text(&mut out, rest);
    Ok(out)
}

fn push_text<'t>(out: &mut Vec<Piece<'t>>, text: &'t str) {
    if !text.is_empty() {
        out.push(Piece::Text(text));
    }
}

fn variable(inner: &str) -> Result<Piece<'_>, String> {
    let end = inner
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(inner.len());
    let (name, rest) = inner.split_at(end);
    let otherwise = if rest.is_empty() {
        Otherwise::Fail
    } else if let Some(default) = rest.strip_prefix(":-") {
        Otherwise::Default(default)
    } else if let Some(message) = rest.strip_prefix(":?") {
        Otherwise::Say(message)
    } else {
        return Err(format!(
            "`${{{inner}}}` is none of `${{NAME}}`, `${{NAME:-default}}`, `${{NAME:?message}}`"
        ));
    };
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!("`${{{inner}}}` does not name a variable"));
    }
    Ok(Piece::Variable { name, otherwise })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_are_read() {
        assert_eq!(
            pieces("a$$b${X}c${Y:-d e}${Z:?say}$.p").expect("well formed"),
            [
                Piece::Text("a"),
                Piece::Dollar,
                Piece::Text("b"),
                Piece::Variable {
                    name: "X",
                    otherwise: Otherwise::Fail
                },
                Piece::Text("c"),
                Piece::Variable {
                    name: "Y",
                    otherwise: Otherwise::Default("d e")
                },
                Piece::Variable {
                    name: "Z",
                    otherwise: Otherwise::Say("say")
                },
                Piece::Text("$"),
                Piece::Text(".p"),
            ]
        );
        for wrong in ["${X", "${}", "${1}", "${a-b}", "${a:b}"] {
            assert!(pieces(wrong).is_err(), "{wrong}");
        }
    }
}

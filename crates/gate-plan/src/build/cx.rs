//! What the parts of the build share: the places, the names that there are, and what is wrong.

use gate_model::{Location, Notice};
use gate_spec::Method;
use gate_yaml::{Diagnostic, Index, remedy};

/// Bytes of a line that is searched for a text: a plan may be one line with many mistakes.
const MAX_SEARCHED: usize = 16 * 1024;

/// Collects what is wrong and what is worth telling.
pub(crate) struct Cx<'a> {
    pub(crate) index: &'a Index,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) notices: Vec<Notice>,
    /// Names as the plan has them, also of items that were refused for another reason.
    pub(crate) identities: Vec<String>,
    pub(crate) logins: Vec<String>,
    /// Requests that the plan writes, with their places.
    pub(crate) requests: Vec<Named>,
    /// Pointers of what was refused already.
    broken: Vec<String>,
}

/// A request of the plan that an operation of the document should be known for.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) place: String,
    pub(crate) method: Method,
    pub(crate) path: String,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(index: &'a Index, identities: Vec<String>, logins: Vec<String>, broken: Vec<String>) -> Self {
        Self {
            index,
            diagnostics: Vec::new(),
            notices: Vec::new(),
            identities,
            logins,
            requests: Vec::new(),
            broken,
        }
    }

    /// An error at a value.
    pub(crate) fn error(&mut self, pointer: &str, message: impl Into<String>) {
        self.broken.push(pointer.to_owned());
        let diagnostic = self.index.error(self.index.value(pointer), message);
        self.diagnostics.push(diagnostic);
    }

    /// An error at a value with a remedy.
    pub(crate) fn error_help(&mut self, pointer: &str, message: impl Into<String>, help: Option<String>) {
        self.broken.push(pointer.to_owned());
        let diagnostic = self.index.error(self.index.value(pointer), message).maybe_help(help);
        self.diagnostics.push(diagnostic);
    }

    /// An error at a key with a remedy.
    pub(crate) fn error_key(&mut self, pointer: &str, message: impl Into<String>, help: Option<String>) {
        self.broken.push(pointer.to_owned());
        let diagnostic = self.index.error(self.index.key(pointer), message).maybe_help(help);
        self.diagnostics.push(diagnostic);
    }

    /// Whether something at or below this place was refused already: what follows from it need not be said.
    pub(crate) fn broken(&self, pointer: &str) -> bool {
        self.broken.iter().any(|known| {
            known
                .strip_prefix(pointer)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// A place for reports.
    pub(crate) fn at(&self, pointer: &str) -> Option<Location> {
        Some(self.index.location(pointer))
    }

    /// Checks that an identity is known.
    pub(crate) fn identity(&mut self, pointer: &str, name: &str) -> bool {
        let known = self.identities.iter().any(|known| known == name);
        if !known {
            let help = remedy(name, self.identities.iter().map(String::as_str));
            let shown = self.shown(pointer, name);
            self.error_help(pointer, format!("there is no identity {shown}"), help);
        }
        known
    }

    /// A text in backticks where the plan itself holds it; a text that came from a variable is not shown.
    pub(crate) fn shown(&self, pointer: &str, text: &str) -> String {
        if self.written(pointer, text) {
            format!("`{text}`")
        } else {
            "of this name".to_owned()
        }
    }

    /// Whether the plan itself holds a text at this place.
    pub(crate) fn written(&self, pointer: &str, text: &str) -> bool {
        let line = self.index.value(pointer).line.max(1) as usize;
        self.index
            .lines()
            .get(line - 1)
            .is_some_and(|line| line.len() <= MAX_SEARCHED && line.contains(text) && !line.contains("${"))
    }
}

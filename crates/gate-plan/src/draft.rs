//! A plan that was read, before the OpenAPI document is known.

use gate_model::IdentityName;
use gate_openapi as oas;
use gate_spec::Spec;
use gate_yaml::{Bounds, Diagnostics, Index, join, load, remedy};
use serde_json::{Map, Value};

use crate::build::{Input, Output, build};
use crate::environment::{Environment, Variable};
use crate::quick;
use crate::raw::Plan;
use crate::schema::schema;
use crate::walk::{Walked, walk};

/// How large a plan may be.
const PLAN_BOUNDS: Bounds = Bounds {
    what: "a plan",
    max_bytes: 1024 * 1024,
};

/// Where the OpenAPI document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentSource {
    /// A file, relative to the plan's folder.
    File(String),
    /// An absolute address; fetched without credentials.
    Url(String),
    /// A path on the target.
    OnTarget {
        /// The path, relative to the target's address.
        path: String,
        /// The identity that may fetch it.
        identity: Option<IdentityName>,
    },
}

/// How a plan is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The profile whose changes apply.
    pub profile: Option<&'a str>,
    /// Whether the run has no secrets, as on a fork: credentials whose variable is not set leave their identity out
    /// instead of refusing the plan.
    pub fork: bool,
}

/// A plan that was read and checked as far as it can be without the OpenAPI document.
#[derive(Clone)]
pub struct Draft {
    pub(crate) plan: Plan,
    pub(crate) index: Index,
    walked: Walked,
    identities: Vec<String>,
    logins: Vec<String>,
    source: Option<DocumentSource>,
    outline: Spec,
    pub(crate) quick: bool,
}

/// Reads a plan.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn read(file_name: &str, text: &str, env: &dyn Environment, profile: Option<&str>) -> Result<Draft, Diagnostics> {
    read_with(file_name, text, env, &Options { profile, fork: false })
}

/// Reads a plan, on a fork too.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn read_with(
    file_name: &str,
    text: &str,
    env: &dyn Environment,
    options: &Options<'_>,
) -> Result<Draft, Diagnostics> {
    let (mut value, mut index) = load(file_name, text, PLAN_BOUNDS)?;
    let identities = names(&value, "identities");
    let logins = names(&value, "logins");
    let mut walked = walk(&mut value, schema(), &index, env, options.fork);
    let mut diagnostics = std::mem::take(&mut walked.diagnostics);
    if let Some(profile) = options.profile {
        diagnostics.extend(apply(profile, &mut value, &mut index));
    }
    let plan: Plan = match serde_json::from_value(value) {
        Ok(plan) => plan,
        Err(_) if !diagnostics.is_empty() => return Err(Diagnostics(diagnostics).sorted()),
        Err(error) => {
            // The walk follows the schema of the same types; this is only reached where the two differ.
            let message = format!("not a plan: {}", error.classify_words());
            return Err(Diagnostics(vec![index.error(index.key(""), message)]));
        }
    };
    let Output {
        spec,
        source,
        diagnostics: meaning,
    } = build(&Input {
        plan: &plan,
        index: &index,
        walked: &walked,
        identities: &identities,
        logins: &logins,
        document: None,
    });
    diagnostics.extend(meaning);
    let diagnostics = Diagnostics(diagnostics).sorted();
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    Ok(Draft {
        plan,
        index,
        walked,
        identities,
        logins,
        source,
        outline: spec,
        quick: false,
    })
}

trait ClassifyWords {
    fn classify_words(&self) -> &'static str;
}

impl ClassifyWords for serde_json::Error {
    /// The kind of error without its text, which may hold a value of the environment.
    fn classify_words(&self) -> &'static str {
        match self.classify() {
            serde_json::error::Category::Data => "a value has another form than the schema says",
            _ => "a value cannot be read",
        }
    }
}

impl std::fmt::Debug for Draft {
    /// Names only: the values of the plan may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Draft")
            .field("file", &self.index.file())
            .field("identities", &self.identities)
            .field("document", &self.source)
            .finish_non_exhaustive()
    }
}

impl Draft {
    /// Where the OpenAPI document is, where the plan names one.
    pub fn document(&self) -> Option<DocumentSource> {
        self.source.clone()
    }

    /// The plan without a document: enough to log in and to fetch it.
    pub fn outline(&self) -> Spec {
        self.outline.clone()
    }

    /// The whole plan. `document` is the OpenAPI document's name and text.
    ///
    /// # Errors
    /// Everything that only the document shows to be wrong, or the document itself where it cannot be read at all.
    pub fn finish(self, document: Option<(&str, &str)>) -> Result<Spec, Diagnostics> {
        let parsed = match document {
            None => None,
            Some((name, text)) => match oas::read(text, &oas::Limits::default()) {
                Ok(document) => Some((name, document)),
                Err(error) => {
                    let place = self.index.key("/target/openapi");
                    return Err(Diagnostics(vec![self.index.error(place, format!("{name}: {error}"))]));
                }
            },
        };
        let output = build(&Input {
            plan: &self.plan,
            index: &self.index,
            walked: &self.walked,
            identities: &self.identities,
            logins: &self.logins,
            document: parsed.as_ref().map(|(name, document)| (*name, document)),
        });
        let diagnostics = Diagnostics(output.diagnostics).sorted();
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let mut spec = output.spec;
        if self.quick {
            quick::restrict(&mut spec);
        }
        Ok(spec)
    }
}

/// The environment variables that a plan names, and which of them are not set.
pub fn variables(draft: &Draft) -> Vec<Variable> {
    draft.walked.variables.clone()
}

/// The keys of a section as the plan has them.
fn names(value: &Value, section: &str) -> Vec<String> {
    value
        .get(section)
        .and_then(Value::as_object)
        .map(|map| map.keys().cloned().collect())
        .unwrap_or_default()
}

/// Merges a profile into `checks` and `limits`.
fn apply(profile: &str, value: &mut Value, index: &mut Index) -> Option<gate_yaml::Diagnostic> {
    let profiles = names(value, "profiles");
    let Some(changes) = value
        .pointer(&join("/profiles", profile))
        .and_then(Value::as_object)
        .cloned()
    else {
        return Some(
            index
                .error(index.key("/profiles"), format!("there is no profile `{profile}`"))
                .maybe_help(remedy(profile, profiles.iter().map(String::as_str))),
        );
    };
    let root = value.as_object_mut()?;
    let from = join("/profiles", profile);
    for (key, change) in changes {
        let (section, to) = if key == "limits" {
            (
                root.entry("limits").or_insert_with(|| Value::Object(Map::new())),
                "/limits".to_owned(),
            )
        } else {
            let checks = root.entry("checks").or_insert_with(|| Value::Object(Map::new()));
            let Some(checks) = checks.as_object_mut() else { continue };
            (checks.entry(key.clone()).or_insert(Value::Null), join("/checks", &key))
        };
        merge(section, change);
        index.overlay(&join(&from, &key), &to);
    }
    None
}

/// Maps are merged, everything else is replaced.
fn merge(base: &mut Value, change: Value) {
    match (base, change) {
        (Value::Object(base), Value::Object(change)) => {
            for (key, value) in change {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, change) => *base = change,
    }
}

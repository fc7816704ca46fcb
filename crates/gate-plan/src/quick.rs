//! No plan at all: an address, a document and two tokens. It can save itself as a plan.

use gate_spec::Spec;
use gate_yaml::Diagnostics;

use crate::draft::{Draft, read};

/// What `launchgate run --url U --openapi D --token-a A --token-b B` says.
#[derive(Clone)]
pub struct Quick {
    /// The target's address.
    pub url: String,
    /// The OpenAPI document: a file, an address, or a path on the target.
    pub openapi: Option<String>,
    /// Whether `openapi` is known to be a file: an absolute path is one on the target otherwise.
    pub openapi_is_file: bool,
    /// The token of identity `a`.
    pub token_a: String,
    /// The token of identity `b`.
    pub token_b: String,
    /// The header that the tokens go into; Bearer where there is none.
    pub header: Option<String>,
}

impl std::fmt::Debug for Quick {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Quick")
            .field("url", &self.url)
            .field("openapi", &self.openapi)
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

const TOKEN_A: &str = "LAUNCHGATE_TOKEN_A";
const TOKEN_B: &str = "LAUNCHGATE_TOKEN_B";

/// A draft without a plan: identities `a` and `b`, nothing created or changed.
///
/// # Errors
/// What is wrong with the address or the tokens.
pub fn quick(quick: &Quick) -> Result<Draft, Diagnostics> {
    let env = |name: &str| match name {
        TOKEN_A => Some(quick.token_a.clone()),
        TOKEN_B => Some(quick.token_b.clone()),
        _ => None,
    };
    let mut draft = read("launchgate.yml", &quick_yaml(quick), &env, None)?;
    draft.quick = true;
    Ok(draft)
}

/// The same as a plan to save; the tokens stay in the environment.
pub fn quick_yaml(quick: &Quick) -> String {
    let mut out = String::from("version: 1\ntarget:\n");
    out.push_str(&format!("  url: {}\n", quoted(&quick.url)));
    if let Some(openapi) = &quick.openapi {
        let place = quoted(openapi);
        let place = if quick.openapi_is_file {
            format!("{{ file: {place} }}")
        } else {
            place
        };
        out.push_str(&format!("  openapi: {place}\n"));
    }
    out.push_str("identities:\n");
    for (name, variable) in [("a", TOKEN_A), ("b", TOKEN_B)] {
        let send = quick.header.as_ref().map_or_else(String::new, |header| {
            format!(", send: {{ header: {{ {}: \"{{{{token}}}}\" }} }}", quoted(header))
        });
        out.push_str(&format!("  {name}: {{ token: \"${{{variable}}}\"{send} }}\n"));
    }
    out
}

/// A JSON text is a YAML text.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text.replace('$', "$$")).to_string()
}

/// Takes out whatever creates or changes.
pub(crate) fn restrict(spec: &mut Spec) {
    spec.target.writes = false;
    spec.settings.read_only = true;
    for operation in spec.operations.values_mut() {
        if !operation.method().is_safe() {
            operation.skip =
                Some("without a plan nothing is created or changed; save it as launchgate.yml first".to_owned());
        }
    }
    for resource in spec.resources.values_mut() {
        resource.create = None;
        resource.delete = None;
    }
    spec.resources.retain(|_, resource| !resource.lists.is_empty());
    let names: Vec<gate_model::ResourceName> = spec.resources.keys().cloned().collect();
    for resource in spec.resources.values_mut() {
        if resource.parent.as_ref().is_some_and(|parent| !names.contains(parent)) {
            resource.parent = None;
        }
    }
    for operation in spec.operations.values_mut() {
        if operation.resource.as_ref().is_some_and(|name| !names.contains(name)) {
            operation.resource = None;
        }
        for (_, source) in &mut operation.params {
            if let gate_spec::ParamSource::Id(name) | gate_spec::ParamSource::Key(name, _) = source
                && !names.contains(name)
            {
                *source = gate_spec::ParamSource::Unknown {
                    sample: serde_json::Value::from("1"),
                };
            }
        }
    }
    for resource in spec.resources.values_mut() {
        let calls = resource.lists.iter_mut().chain(resource.read.iter_mut());
        for call in calls {
            if let Some(operation) = call.operation.as_ref().and_then(|id| spec.operations.get(id)) {
                call.params.clone_from(&operation.params);
            }
        }
    }
}

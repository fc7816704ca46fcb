//! What a case is called in the baseline: its id, with roles in the place of identities. The plan may call its test users
//! what it likes; who may do what is told by relations and roles.

use std::collections::BTreeMap;

use gate_model::{Case, RunReport};

/// The names of identities that a report's ids may hold, with what stands for each.
pub(crate) struct Keys {
    /// Longest first, so that `alice2` is not read as `alice`.
    names: Vec<(String, String)>,
}

impl Keys {
    pub(crate) fn of(report: &RunReport) -> Self {
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        for identity in &report.identities {
            names.insert(identity.name.clone(), format!("role:{}", identity.roles.join("+")));
        }
        let mut names: Vec<(String, String)> = names.into_iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Self { names }
    }

    /// The key of a case.
    pub(crate) fn key(&self, case: &Case) -> String {
        let id = case.id.as_str();
        if !id.contains("identity:") && !id.contains("{{") {
            return id.to_owned();
        }
        let mut key = id.to_owned();
        for (name, role) in &self.names {
            if let Some(start) = key.strip_suffix(&format!("identity:{name}")) {
                key = format!("{start}{role}");
            }
            // `{{alice.project.id}}` names whose object it is.
            key = key.replace(&format!("{{{{{name}."), "{{");
        }
        key
    }
}

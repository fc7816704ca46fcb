//! The environment variables that a plan may read: `LAUNCHGATE_*`, those that the caller allows, and in credential fields
//! whatever such a field names.

use gate_plan::Environment;

/// A view of the process environment.
#[derive(Clone, Debug, Default)]
pub struct AllowedVariables {
    allowed: Vec<String>,
    fixed: Vec<(String, String)>,
}

/// Variables with this prefix may always be read.
const PREFIX: &str = "LAUNCHGATE_";

impl AllowedVariables {
    /// Allows these names beside the prefix.
    pub fn new(allowed: &[String]) -> Self {
        Self {
            allowed: allowed.to_vec(),
            fixed: Vec::new(),
        }
    }

    /// Gives a variable a value of the program's own.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fixed.push((name.to_owned(), value.to_owned()));
        self
    }

    fn fixed(&self, name: &str) -> Option<String> {
        self.fixed
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    }

    fn is_allowed(&self, name: &str) -> bool {
        name.starts_with(PREFIX) || self.allowed.iter().any(|allowed| allowed == name)
    }
}

impl Environment for AllowedVariables {
    fn get(&self, name: &str) -> Option<String> {
        self.fixed(name)
            .or_else(|| self.is_allowed(name).then(|| std::env::var(name).ok()).flatten())
    }

    fn get_credential(&self, name: &str) -> Option<String> {
        self.fixed(name).or_else(|| std::env::var(name).ok())
    }

    fn withheld(&self, name: &str) -> bool {
        !self.is_allowed(name) && std::env::var_os(name).is_some()
    }
}

//! The plan without its comments: what is read, tried and at last written.

use std::collections::BTreeMap;

use gate_model::OperationId;
use gate_plan::{Diagnostics, Draft};
use gate_spec::Spec;
use serde_json::Value;

use crate::asked::{Asked, Credential, Person};

/// The name under which the plan is read here.
const NAME: &str = "launchgate.yml";

/// A plan on its way.
#[derive(Clone, Debug)]
pub(crate) struct Skeleton {
    /// The address.
    pub(crate) url: String,
    /// The value of `target.openapi`, as YAML.
    pub(crate) openapi: Option<String>,
    /// The path parameter that names the tenant.
    pub(crate) tenant_param: Option<String>,
    /// A line below `logins:`, where the document shows no login.
    pub(crate) login: Option<String>,
    /// The users, by name.
    pub(crate) people: Vec<Someone>,
    /// Lines below `resources:`, of what was tried.
    pub(crate) creates: Vec<String>,
    /// Bodies of operations, where they are otherwise than derived.
    pub(crate) bodies: Vec<(OperationId, Value)>,
    /// Operations that are left out, with the reason.
    pub(crate) skips: Vec<(OperationId, String)>,
    /// The secrets, by variable.
    secrets: BTreeMap<String, String>,
}

/// A user of the plan.
#[derive(Clone, Debug)]
pub(crate) struct Someone {
    pub(crate) name: String,
    pub(crate) tenant: Option<String>,
    pub(crate) tenant_id: Option<String>,
    pub(crate) role: Option<String>,
    /// His credentials, as the plan writes them.
    credentials: String,
}

impl Skeleton {
    pub(crate) fn new(asked: &Asked) -> Self {
        let names = names(&asked.people);
        let people = asked.people.iter().zip(names).map(|(person, name)| Someone {
            name,
            tenant: None,
            tenant_id: None,
            role: None,
            credentials: credentials(person, asked.token_header.as_deref()),
        });
        let secrets = asked
            .people
            .iter()
            .map(|person| (person.variable(), person.secret().expose().clone()))
            .collect();
        Self {
            url: asked.url.trim_end_matches('/').to_owned(),
            openapi: None,
            tenant_param: None,
            login: None,
            people: people.collect(),
            creates: Vec::new(),
            bodies: Vec::new(),
            skips: Vec::new(),
            secrets,
        }
    }

    /// The names of the variables that it reads.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.secrets.keys().map(String::as_str)
    }

    /// The same for its first user alone.
    pub(crate) fn of_the_first(&self) -> Self {
        let mut first = self.clone();
        first.people.truncate(1);
        first
    }

    /// The address as the plan writes it.
    pub(crate) fn url_line(&self) -> String {
        let url = self.url.replace('$', "$$").replace('}', "%7D");
        Value::from(format!("${{LAUNCHGATE_URL:-{url}}}")).to_string()
    }

    /// The plan without comments.
    pub(crate) fn text(&self) -> String {
        let mut out = format!("version: 1\ntarget:\n  url: {}\n", self.url_line());
        if let Some(openapi) = &self.openapi {
            out.push_str(&format!("  openapi: {openapi}\n"));
        }
        if let Some(param) = &self.tenant_param {
            out.push_str(&format!("  tenant_in: {{ path: {} }}\n", quoted(param)));
        }
        if let Some(login) = &self.login {
            out.push_str(&format!("logins:\n  {login}\n"));
        }
        out.push_str("identities:\n");
        for someone in &self.people {
            out.push_str(&format!("  {}\n", someone.line()));
        }
        if !self.creates.is_empty() {
            out.push_str("resources:\n");
            self.creates
                .iter()
                .for_each(|line| out.push_str(&format!("  {line}\n")));
        }
        if !self.skips.is_empty() || !self.bodies.is_empty() {
            out.push_str("operations:\n");
            self.body_lines()
                .chain(self.skip_lines())
                .for_each(|line| out.push_str(&format!("  {line}\n")));
        }
        out
    }

    /// The lines of operations with bodies of their own. A JSON text is a YAML text; what is not ours names no variable.
    pub(crate) fn body_lines(&self) -> impl Iterator<Item = String> {
        let line = |(operation, body): &(OperationId, Value)| {
            let body = body.to_string().replace("$$", "$$$$").replace("${", "$${");
            format!("{}: {{ json: {body} }}", quoted(operation.as_str()))
        };
        self.bodies.iter().map(line)
    }

    /// The lines of operations that are left out.
    pub(crate) fn skip_lines(&self) -> impl Iterator<Item = String> {
        let line = |(operation, reason): &(OperationId, String)| {
            format!("{}: {{ skip: {} }}", quoted(operation.as_str()), quoted(reason))
        };
        self.skips.iter().map(line)
    }

    /// Reads it.
    pub(crate) fn draft(&self) -> Result<Draft, Diagnostics> {
        self.read(&self.text())
    }

    /// Reads a text with the variables of this plan.
    pub(crate) fn read(&self, text: &str) -> Result<Draft, Diagnostics> {
        let env = |name: &str| self.secrets.get(name).cloned();
        gate_plan::read(NAME, text, &env, None)
    }

    /// Reads it together with its document.
    pub(crate) fn spec(&self, document: (&str, &str)) -> Result<Spec, Diagnostics> {
        self.draft()?.finish(Some(document))
    }
}

impl Someone {
    /// The line below `identities:`.
    pub(crate) fn line(&self) -> String {
        let mut parts = Vec::new();
        if let Some(tenant) = &self.tenant {
            parts.push(format!("tenant: {tenant}"));
        }
        if let Some(id) = &self.tenant_id {
            parts.push(format!("tenant_id: {}", quoted(id)));
        }
        if let Some(role) = &self.role {
            parts.push(format!("role: {role}"));
        }
        parts.push(self.credentials.clone());
        format!("{}: {{ {} }}", self.name, parts.join(", "))
    }
}

/// A JSON text is a YAML text; what is not ours names no variable.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text.replace("$$", "$$$$").replace("${", "$${")).to_string()
}

fn credentials(person: &Person, header: Option<&str>) -> String {
    let variable = person.variable();
    match (&person.credential, person.user(), header) {
        (Credential::Token(_), _, Some(header)) => {
            format!("api_key: {{ header: {}, value: \"${{{variable}}}\" }}", quoted(header))
        }
        (_, Some((field, user)), _) => {
            format!("as: {{ {field}: {}, password: \"${{{variable}}}\" }}", quoted(user))
        }
        _ => format!("token: \"${{{variable}}}\""),
    }
}

/// The users' names: what stands before the `@`, where that tells them apart.
fn names(people: &[Person; 2]) -> [String; 2] {
    let own = people.each_ref().map(|person| {
        let (_, user) = person.user()?;
        plain(user.split('@').next().unwrap_or_default())
    });
    match own {
        [Some(a), Some(b)] if a != b => [a, b],
        _ => ["a".to_owned(), "b".to_owned()],
    }
}

/// A text as a word of the plan, where it can be one.
pub(crate) fn plain(text: &str) -> Option<String> {
    let word: String = text
        .to_ascii_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let word = word.trim_matches('-');
    let fits = word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.len() <= 40
        && text.chars().all(|c| c.is_ascii_alphanumeric() || " ._-+".contains(c));
    // Words that YAML reads as something else.
    let special = matches!(
        word,
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null" | "anonymous"
    );
    (fits && !special).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_become_names() {
        assert_eq!(plain("Ann.Lee").as_deref(), Some("ann-lee"));
        assert_eq!(plain("Acme Inc").as_deref(), Some("acme-inc"));
        for odd in [
            "",
            "7",
            "on",
            "a: b",
            "x\ny",
            "anonymous",
            "${HOME}",
            "é",
            &"x".repeat(41),
        ] {
            assert_eq!(plain(odd), None, "{odd}");
        }
    }
}

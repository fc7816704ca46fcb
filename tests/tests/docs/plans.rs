//! Plans in the documentation.

use gate_plan::{Environment, Options, read_with};

/// What a part leaves out.
const TARGET: &str = "target: { url: \"http://127.0.0.1:8080\" }\n";
const IDENTITIES: &str = "identities:\n  \
    alice:   { tenant: acme,   as: { email: alice@acme.test,     password: \"${ALICE_PASSWORD}\" } }\n  \
    mallory: { tenant: globex, as: { email: mallory@globex.test, password: \"${MALLORY_PASSWORD}\" } }\n";
const LOGINS: &str = "logins: { password: { request: { post: /login, json: { e: \"{{email}}\", p: \"{{password}}\" } }, token: $.token } }\n";

/// Every credential is set; nothing else is.
struct Credentials;

impl Environment for Credentials {
    fn get(&self, _: &str) -> Option<String> {
        None
    }

    fn get_credential(&self, name: &str) -> Option<String> {
        Some(format!("the-value-of-{name}"))
    }
}

/// A part with what it leaves out.
pub fn completed(part: &str) -> String {
    let mut plan = String::new();
    let has = |key: &str| part.lines().any(|line| line.starts_with(key));
    if !has("target:") {
        plan.push_str(TARGET);
    }
    if !has("identities:") {
        plan.push_str(IDENTITIES);
        if !has("logins:") {
            plan.push_str(LOGINS);
        }
    }
    plan.push_str(part);
    plan
}

/// Reads a plan without its document.
///
/// # Errors
/// What is wrong with it.
pub fn read(place: &str, plan: &str) -> Result<(), String> {
    let draft = read_with(place, plan, &Credentials, &Options::default()).map_err(|wrong| wrong.to_string())?;
    if draft.document().is_none() {
        draft.finish(None).map_err(|wrong| wrong.to_string())?;
    }
    Ok(())
}

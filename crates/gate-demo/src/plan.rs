//! The test plan for the demo, as its users would write it.

use crate::{Tokens, signing_key};

/// The plan for bearer tokens; the base URL is `${DEMO_URL}`.
pub const PLAN: &str = include_str!("../demo-plan.yml");

/// How its login ends.
const BEARER: &str = "    token: $.access_token\n";
/// How a login with a cookie ends.
const COOKIE: &str = r#"    capture: { csrf: $.csrf_token }
    send: { cookies: all, unsafe_headers: { X-CSRF-Token: "{{csrf}}" } }
"#;

/// The plan for a kind of tokens.
#[must_use]
pub fn plan(tokens: Tokens) -> String {
    let plan = if tokens == Tokens::Cookie {
        PLAN.replace(BEARER, COOKIE)
    } else {
        PLAN.to_owned()
    };
    // A cookie is no token that could be made with a key.
    match signing_key(tokens).filter(|_| tokens != Tokens::Cookie) {
        Some(key) => format!("{plan}{}", keys(&key)),
        None => plan,
    }
}

/// The end of `checks`, with which the plan ends, and the section with the demo's own signing key, so that tokens can be made that are genuine and yet must be refused.
fn keys(key: &str) -> String {
    let key = serde_json::Value::from(key).to_string();
    format!(
        "  auth: {{ max_lifetime: 15m }}\n\n# The demo's own signing key: tokens are made with it that are genuine and yet must be refused.\ntokens:\n  signing_key: {key}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_differ_in_the_login_and_the_key() {
        assert_eq!(plan(Tokens::Opaque), PLAN);
        assert!(plan(Tokens::Rs256).starts_with(PLAN) && plan(Tokens::Rs256).contains("signing_key: "));
        assert_eq!(plan(Tokens::Cookie).replace(COOKIE, BEARER), PLAN);
        assert_ne!(plan(Tokens::Cookie), PLAN);
    }
}

//! The test plan for the demo, as its users would write it.

use crate::Tokens;

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
    if tokens == Tokens::Cookie {
        PLAN.replace(BEARER, COOKIE)
    } else {
        PLAN.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_differ_in_the_login_alone() {
        assert_eq!(plan(Tokens::Opaque), PLAN);
        assert_eq!(plan(Tokens::Cookie).replace(COOKIE, BEARER), PLAN);
        assert_ne!(plan(Tokens::Cookie), PLAN);
    }
}

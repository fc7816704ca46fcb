//! `auth/weak-signing-secret`: can nobody guess the secret that tokens are signed with?

use gate_model::{IdentityName, Missing};
use gate_spec::Spec;
use token_forge::{Jws, SecretClass, weak_secret, weak_secret_count};

use crate::offline::{Said, TokenCheck};

/// The check.
pub(crate) fn check() -> TokenCheck {
    TokenCheck::new(include_str!("check.md"), |_| None::<Missing>, read)
}

fn read(spec: &Spec, name: &IdentityName, token: &Jws) -> Said {
    let alg = token.alg().unwrap_or_default();
    if !alg.starts_with("HS") {
        return Said::DoesNotApply(format!(
            "{name}'s token is signed with {alg}, which takes no secret that could be guessed"
        ));
    }
    let host = spec.target.url.split("://").nth(1).unwrap_or_default();
    let host = host.split(['/', ':']).next().unwrap_or_default();
    match weak_secret(token, &[host]) {
        Some(found) => Said::Violated(format!(
            "the secret that signs {name}'s token ({alg}) can be guessed: it is {} ({})",
            words(found.class),
            found.source
        )),
        None => Said::Holds(format!(
            "none of {} known secrets signs {name}'s token ({alg})",
            weak_secret_count()
        )),
    }
}

fn words(class: SecretClass) -> &'static str {
    match class {
        SecretClass::Empty => "empty",
        SecretClass::DocumentationSample => "a sample of a documentation",
        SecretClass::ProductDefault => "the default of a product",
        SecretClass::CommonWord => "a common word",
        SecretClass::Placeholder => "a placeholder that was never replaced",
        SecretClass::Sequence => "a sequence",
        SecretClass::Derived => "made of a name in the token or of the host",
    }
}

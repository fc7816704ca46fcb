//! Which kind of bad credential a row of the corpus is, and which check asks it, so that a report can say on how many operations each kind
//! was tried.

use gate_exchange::Presented;
use gate_model::CredentialClass;

/// The kind of bad credential that somebody presents; `None` for good ones, and for rows that no kind is counted of.
pub fn credential_class(presented: &Presented) -> Option<CredentialClass> {
    match presented {
        Presented::Nothing => Some(CredentialClass::Missing),
        Presented::Session | Presented::Private(_) => None,
        Presented::Altered(altered) => of_row(altered.row.split(':').next().unwrap_or_default()),
    }
}

fn of_row(row: &str) -> Option<CredentialClass> {
    Some(match row {
        "empty-credential" => CredentialClass::Empty,
        "wrong-scheme" | "no-scheme" => CredentialClass::WrongScheme,
        "garbage-credential" | "null-credential" => CredentialClass::Garbage,
        "other-environment-token" => CredentialClass::OtherEnvironment,
        "token-in-query" | "key-in-query" => CredentialClass::InQuery,
        "expired-token" | "exp-past" => CredentialClass::Expired,
        "payload-changed" | "basic-wrong-password" => CredentialClass::Tampered,
        row if row.starts_with("opaque-flipped") || row.starts_with("signature-flipped") => CredentialClass::Tampered,
        row if row.starts_with("alg-none") => CredentialClass::AlgNone,
        _ => return None,
    })
}

/// The check whose cases decide about a kind.
pub fn asked_by(class: CredentialClass) -> &'static str {
    match class {
        CredentialClass::Missing => "auth/anonymous",
        CredentialClass::Empty | CredentialClass::Garbage | CredentialClass::Tampered | CredentialClass::AlgNone => {
            "auth/forged-credential"
        }
        CredentialClass::WrongScheme | CredentialClass::InQuery => "auth/credential-placement",
        CredentialClass::OtherEnvironment => "auth/foreign-token",
        CredentialClass::Expired => "auth/expired-token",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kind without a row would be counted as tried nowhere for good.
    #[test]
    fn every_kind_is_asked_by_the_check_that_has_its_rows() {
        let rows_of = |check: &str| match check {
            "auth/forged-credential" => crate::forged_credential::ROWS,
            "auth/credential-placement" => crate::credential_placement::ROWS,
            "auth/foreign-token" => crate::foreign_token::ROWS,
            "auth/expired-token" => crate::expired_token::ROWS,
            other => panic!("{other} has no rows"),
        };
        for class in CredentialClass::ALL
            .into_iter()
            .filter(|class| *class != CredentialClass::Missing)
        {
            let rows = rows_of(asked_by(class));
            assert!(rows.iter().any(|row| of_row(row) == Some(class)), "{class}");
        }
        let known = crate::checks();
        for class in CredentialClass::ALL {
            assert!(
                known.iter().any(|check| check.page().id.as_str() == asked_by(class)),
                "{class}"
            );
        }
    }
}

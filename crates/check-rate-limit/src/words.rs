//! What the names of fields and operations say: accounts, secrets, and what ought to be limited.

/// Words of a field that names an account.
const ACCOUNT: [&str; 9] = [
    "email",
    "mail",
    "username",
    "login",
    "account",
    "phone",
    "mobile",
    "identifier",
    "handle",
];
/// Words of a field that holds a secret which an attacker guesses.
const SECRET: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "otp",
    "code",
    "token",
    "credential",
];

/// A name in lower case without what separates its words.
pub(crate) fn squashed(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a field names an account.
pub(crate) fn names_account(field: &str) -> bool {
    let name = squashed(field);
    name == "user" || name == "phonenumber" || (ACCOUNT.iter().any(|word| name.contains(word)) && !names_secret(field))
}

/// Whether a field holds a secret that is guessed.
pub(crate) fn names_secret(field: &str) -> bool {
    let name = squashed(field);
    // What a client is, and how it grants, is no secret of a user.
    if matches!(
        name.as_str(),
        "clientsecret" | "countrycode" | "zipcode" | "postalcode" | "tokentype"
    ) {
        return false;
    }
    name == "pin" || SECRET.iter().any(|word| name.contains(word))
}

/// What an operation does that ought to be limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Checks a password.
    Login,
    /// Checks or sends a one-time code.
    Code,
    /// Begins or ends the reset of a password.
    Reset,
    /// Invites somebody, by mail as a rule.
    Invitation,
    /// Takes a file.
    Upload,
}

impl Sort {
    /// Whether guessing is what an attacker gains by it.
    pub(crate) fn guesses(self) -> bool {
        match self {
            Self::Login | Self::Code | Self::Reset => true,
            Self::Invitation | Self::Upload => false,
        }
    }

    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Login => "a login",
            Self::Code => "a one-time code",
            Self::Reset => "a reset of a password",
            Self::Invitation => "an invitation",
            Self::Upload => "an upload",
        }
    }
}

/// What the path of an operation says it does. `last` decides, the segments before it help.
pub(crate) fn sort_of(path: &str) -> Option<Sort> {
    let segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty() && !segment.contains('{'))
        .map(squashed)
        .collect();
    let last = segments.last()?.as_str();
    let has = |word: &str| segments.iter().any(|segment| segment.contains(word));
    let is = |words: &[&str]| words.contains(&last);
    if has("reset") && has("password") || has("forgot") || has("recover") && has("password") {
        return Some(Sort::Reset);
    }
    if [
        "otp",
        "totp",
        "mfa",
        "2fa",
        "onetime",
        "magiclink",
        "passcode",
        "verifycode",
    ]
    .iter()
    .any(|word| has(word))
    {
        return Some(Sort::Code);
    }
    if is(&["login", "signin", "logon", "authenticate", "sessions", "session"])
        || (last == "token" && ["auth", "oauth", "oauth2"].iter().any(|word| has(word)))
    {
        return Some(Sort::Login);
    }
    if ["invite", "invitation"].iter().any(|word| last.starts_with(word)) {
        return Some(Sort::Invitation);
    }
    if ["upload", "attachment", "import"]
        .iter()
        .any(|word| last.starts_with(word))
    {
        return Some(Sort::Upload);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_by_their_names() {
        for name in ["email", "userName", "user", "phone_number", "login"] {
            assert!(names_account(name) && !names_secret(name), "{name}");
        }
        for name in ["password", "newPassword", "otp", "code", "reset_token", "pin"] {
            assert!(names_secret(name) && !names_account(name), "{name}");
        }
        for name in ["client_secret", "country_code", "remember", "pinned", "grant_type"] {
            assert!(!names_secret(name) && !names_account(name), "{name}");
        }
    }

    #[test]
    fn operations_are_told_by_their_paths() {
        for (path, sort) in [
            ("/auth/login", Some(Sort::Login)),
            ("/oauth2/token", Some(Sort::Login)),
            ("/auth/otp/verify", Some(Sort::Code)),
            ("/auth/password-reset/confirm", Some(Sort::Reset)),
            ("/forgotPassword", Some(Sort::Reset)),
            ("/teams/{id}/invitations", Some(Sort::Invitation)),
            ("/files/upload", Some(Sort::Upload)),
            ("/projects/{id}", None),
            ("/device-token", None),
            ("/reset", None),
        ] {
            assert_eq!(sort_of(path), sort, "{path}");
        }
    }
}

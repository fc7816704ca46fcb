//! What a value is by the name of its field, where it also looks like one that was made for somebody.

/// How certain it is that nobody may see a value, and where it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// What a password is stored as, by name: counts in every successful answer.
    Stored,
    /// A password or a token that stands for one, by name: counts in reads. A write may show once what it made.
    Secret,
    /// A key, by name: the same.
    Key,
}

/// A shorter value may be a word, a hint, or the first part of a key that tells it from others.
const LEAST: usize = 8;
const LEAST_KEY: usize = 16;
/// Longer texts are no key.
const MOST: usize = 4096;
/// So many characters of one kind in a row hide something.
const MASK: usize = 4;
/// Keys that are made to be published begin so.
const PUBLISHED: [&str; 6] = ["pk_", "pk.", "pub_", "public", "AIza", "rzp_test"];

/// What a value is by its name; `None` where it is nothing, or does not look like it.
pub(super) fn named(name: &str, text: &str) -> Option<(Kind, &'static str)> {
    let (kind, words) = words_of(&squashed(name))?;
    let least = match kind {
        Kind::Stored | Kind::Secret => LEAST,
        Kind::Key => LEAST_KEY,
    };
    let text = text.trim();
    (looks_made(text, least) && !PUBLISHED.iter().any(|public| text.starts_with(public))).then_some((kind, words))
}

fn words_of(name: &str) -> Option<(Kind, &'static str)> {
    Some(match name {
        "passwordhash" | "passwordhashed" | "hashedpassword" | "passhash" | "pwdhash" | "pwhash" | "passwdhash"
        | "encryptedpassword" | "passworddigest" | "passwordsalt" | "passwordencrypted" => {
            (Kind::Stored, "what a password is stored as")
        }
        "password" | "passwd" | "pwd" | "userpassword" | "plainpassword" | "temporarypassword" | "temppassword"
        | "initialpassword" => (Kind::Secret, "a password"),
        "resettoken"
        | "passwordresettoken"
        | "resetpasswordtoken"
        | "resetpasswordcode"
        | "passwordresetcode"
        | "forgotpasswordtoken"
        | "passwordtoken"
        | "resetcode" => (Kind::Secret, "a token that sets a password"),
        "verificationtoken"
        | "emailverificationtoken"
        | "emailtoken"
        | "confirmationtoken"
        | "emailconfirmationtoken"
        | "activationtoken"
        | "magiclinktoken"
        | "remembertoken" => (Kind::Secret, "a token that goes by mail or stays in a cookie"),
        "otpsecret" | "totpsecret" | "mfasecret" | "twofactorsecret" | "twofasecret" | "otpseed" | "twofactorkey" => {
            (Kind::Secret, "the secret of a second factor")
        }
        "recoverycodes" | "backupcodes" | "otpbackupcodes" | "twofactorrecoverycodes" | "mfarecoverycodes" => {
            (Kind::Secret, "codes that stand for a second factor")
        }
        "apikey" | "apisecret" | "secretkey" | "secretaccesskey" | "clientsecret" | "privatekey" | "signingkey"
        | "signingsecret" | "webhooksecret" | "encryptionkey" | "jwtsecret" => (Kind::Key, "a key"),
        "accesstoken"
        | "refreshtoken"
        | "sessiontoken"
        | "authtoken"
        | "bearertoken"
        | "personalaccesstoken"
        | "oauthtoken"
        | "apitoken" => (Kind::Key, "a token that stands for somebody"),
        _ => return None,
    })
}

/// Whether a value was made for somebody: of letters and digits, in one piece, and not masked. Labels, hints and words are not.
fn looks_made(text: &str, least: usize) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    (least..=MOST).contains(&text.len())
        && digits > 0
        && letters > 0
        && !text.contains(char::is_whitespace)
        && !text.contains("://")
        && !text.starts_with(['{', '<', '[', '/'])
        && !is_masked(text)
        && !is_moment(text)
}

/// Whether a part of it is hidden: a row of one character, or of dots.
pub(super) fn is_masked(text: &str) -> bool {
    let (mut before, mut row) = ('\0', 0);
    for char in text.chars() {
        row = if char == before { row + 1 } else { 1 };
        before = char;
        let hides = matches!(char, '*' | '•' | '.' | '…' | 'x' | 'X' | '#' | '?');
        if char == '…' || (hides && row >= MASK - 1) || row > MASK {
            return true;
        }
    }
    text.contains("redacted") || text.contains("REDACTED") || text.contains("hidden")
}

/// Whether it is a date, as `password_reset_at` and its like hold.
fn is_moment(text: &str) -> bool {
    let digits = |range: std::ops::Range<usize>| {
        text.get(range)
            .is_some_and(|part| part.bytes().all(|b| b.is_ascii_digit()))
    };
    digits(0..4) && text.get(4..5) == Some("-") && digits(5..7) && text.get(7..8) == Some("-") && digits(8..10)
}

/// A name without case and without what joins its words.
pub(crate) fn squashed(name: &str) -> String {
    name.chars()
        .filter(|char| char.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str, text: &str) -> Option<Kind> {
        named(name, text).map(|(kind, _)| kind)
    }

    #[test]
    fn names_count_however_they_are_written() {
        for name in ["password_hash", "passwordHash", "PasswordHash", "PASSWORD-HASH"] {
            assert_eq!(
                kind(name, "5f4dcc3b5aa765d61d8327deb882cf99"),
                Some(Kind::Stored),
                "{name}"
            );
        }
        assert_eq!(kind("resetPasswordToken", "k3J9xQ0pLm"), Some(Kind::Secret));
        assert_eq!(kind("api_key", "k3J9xQ0pLmk3J9xQ0pLm"), Some(Kind::Key));
        // A link that is shared has one, and so has one's own webhook.
        assert_eq!(kind("token", "k3J9xQ0pLmk3J9xQ0pLm"), None);
        assert_eq!(kind("secret", "k3J9xQ0pLmk3J9xQ0pLm"), None);
    }

    #[test]
    fn what_was_not_made_for_somebody_is_nothing() {
        for (name, text) in [
            ("password", "********"),
            ("password", "hunter2x****"),
            ("password", "xxxxxxxx12"),
            ("password", "Please choose 8 characters"),
            ("password", "Password"),
            ("password", "[redacted1]"),
            ("password", "https://example.test/reset1"),
            ("password", "/account/password/reset1"),
            ("password_changed_at", "2026-11-28T03:00:00Z"),
            ("reset_token", "2026-11-28T03:00:00Z"),
            ("password_policy", "min8chars1"),
            ("next_page_token", "k3J9xQ0pLmk3J9xQ0pLm"),
            ("csrf_token", "k3J9xQ0pLmk3J9xQ0pLm"),
            // What tells a key from others.
            ("api_key", "sk_3J9xQ0pL"),
            ("api_key", "sk_live_51H…a9f2b3c4"),
            ("api_key", "sk_live_xxxxxxxxa9f2"),
            ("api_key", "pk_live_51H8x9a9f2b3c4"),
            ("apiKey", "AIzaSyD3J9xQ0pLmk3J9xQ0pLmk3J9"),
        ] {
            assert_eq!(kind(name, text), None, "{name}: {text}");
        }
    }
}

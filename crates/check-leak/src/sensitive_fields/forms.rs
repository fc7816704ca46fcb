//! What a value is by its form alone: the hash of a password, or a private key.

use std::sync::LazyLock;

use regex::Regex;

/// The forms in which passwords are stored: crypt(3) and its kin, PHC strings, Django, Werkzeug, phpass, and the schemes of RFC 2307.
static HASH: LazyLock<Regex> = LazyLock::new(|| {
    let forms = [
        r"(?:\$wp)?\$2[abxy]\$[0-3][0-9]\$[./A-Za-z0-9]{53}",
        r"\$argon2(?:id|i|d)\$(?:v=[0-9]+\$)?m=[0-9]+,t=[0-9]+,p=[0-9]+(?:,[a-z]+=[^$\s]*)?\$[A-Za-z0-9+/=]{8,}\$[A-Za-z0-9+/=]{16,}",
        r"\$scrypt\$ln=[0-9]+,r=[0-9]+,p=[0-9]+\$[A-Za-z0-9+/=.]+\$[A-Za-z0-9+/=.]{16,}",
        r"scrypt:[0-9]+:[0-9]+:[0-9]+\$[A-Za-z0-9]+\$[0-9a-f]{64,}",
        r"scrypt\$[0-9]+\$[A-Za-z0-9]+\$[0-9]+\$[0-9]+\$[A-Za-z0-9+/=]{40,}",
        r"pbkdf2_sha(?:1|256|512)\$[0-9]+\$[^$\s]+\$[A-Za-z0-9+/=]{20,}",
        r"pbkdf2:sha(?:1|256|512)(?::[0-9]+)?\$[A-Za-z0-9]+\$[0-9a-f]{40,}",
        r"\$pbkdf2(?:-sha(?:1|256|512))?\$[0-9a-z=,]+\$[A-Za-z0-9+/=.]+\$[A-Za-z0-9+/=.]{16,}",
        r"\$1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}",
        r"\$5\$(?:rounds=[0-9]+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43}",
        r"\$6\$(?:rounds=[0-9]+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}",
        r"\$(?:y|gy|7)\$[./A-Za-z0-9]+\$[./A-Za-z0-9]*\$[./A-Za-z0-9]{43}",
        r"\$[PH]\$[./A-Za-z0-9]{31}",
        r"\{(?:SSHA(?:256|384|512)?|SMD5|CRYPT)\}[A-Za-z0-9+/=$.]{24,}",
    ];
    Regex::new(&format!("(?:{})", forms.join("|"))).expect("a fixed pattern")
});

/// PEM of a private key (RFC 7468).
static PRIVATE_KEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"-----BEGIN (?:[A-Z0-9]+ ){0,2}PRIVATE KEY-----[A-Za-z0-9+/=\s\\:,.-]{100,}").expect("a fixed pattern")
});

/// What a text holds by its form: the words for it, and the part that it is.
pub(super) fn formed(text: &str) -> Option<(&'static str, &str)> {
    if text.contains(['$', '{'])
        && let Some(found) = HASH
            .find_iter(text)
            .find(|found| stands_alone(text, found.start(), found.end()))
    {
        return Some(("the hash of a password", found.as_str()));
    }
    if text.contains("PRIVATE KEY-----")
        && let Some(found) = PRIVATE_KEY.find(text)
    {
        return Some(("a private key", found.as_str()));
    }
    None
}

/// Whether nothing before or behind belongs to it, as it would in a longer encoded text.
fn stands_alone(text: &str, from: usize, to: usize) -> bool {
    let part = |char: char| char.is_ascii_alphanumeric() || matches!(char, '$' | '.' | '/' | '+');
    // The end of a sentence is no part of it.
    let behind = text[to..].trim_start_matches('.');
    !text[..from].ends_with(part) && !behind.starts_with(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BCRYPT: &str = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";

    #[test]
    fn hashes_are_known_by_their_form() {
        for hash in [
            BCRYPT,
            "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21l$RdescudvJCsgt3ub+b4dWRWJTmaaJObG",
            "pbkdf2_sha256$600000$Yx5Zq1v8Q0Kk$4Jt3N9f8nqYw0XrD2s5v7y1z3A6b9C2d5E8f1G4h7J0=",
            "pbkdf2:sha256:600000$Yx5Zq1v8Q0Kk$9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "scrypt:32768:8:1$Yx5Zq1v8Q0Kk$9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
            "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",
            "$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/",
            "$P$BE6n2rrfXGn4dWZ1Pj5O1eVdYVHnBa0",
            "{SSHA}DkMTwBl+a/3DQTxCYEApdUtNXGgdUac3",
        ] {
            let embedded = format!("user=1 hash={hash}, next");
            for text in [hash, &embedded, &format!("{hash}.")] {
                assert_eq!(
                    formed(text).map(|(kind, _)| kind),
                    Some("the hash of a password"),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn what_only_begins_like_one_is_none() {
        let longer = format!("{BCRYPT}abc");
        let inside = format!("abc{BCRYPT}");
        for other in [
            "$2b$12$short",
            "$100",
            "$1$ and $5$",
            "7d444840-9dc0-41d1-b245-5ffdce74fad2",
            "pbkdf2_sha256",
            "{SSHA}",
            "${PASSWORD}",
            &longer,
            &inside,
        ] {
            assert_eq!(formed(other), None, "{other}");
        }
    }

    #[test]
    fn a_private_key_is_known_where_there_is_one() {
        let key = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
            "MIIEvQ".repeat(40)
        );
        assert_eq!(formed(&key).map(|(kind, _)| kind), Some("a private key"));
        assert_eq!(formed("-----BEGIN PRIVATE KEY-----\n…"), None);
        let public = key.replace("PRIVATE", "PUBLIC");
        assert_eq!(formed(&public), None);
    }
}

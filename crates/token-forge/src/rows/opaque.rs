//! Tokens that say nothing to whoever carries them, and user names with passwords: what a sloppy comparison lets through.

use crate::base64url;
use crate::forge::{Forged, Input, Maker, Sent, Variant};
use crate::row::{Acceptance, Family, Group, Row, Severity};

const COMPARED: &[&str] = &["RFC 6750 section 3.1", "ASVS 7.2.1", "CWE-287", "CWE-697"];
const BASIC: &[&str] = &["RFC 7617 section 2", "ASVS 6.2.1", "CWE-287"];

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "opaque-flipped-first",
        family: Family::Opaque,
        group: Group::Core,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: COMPARED,
        explanation: "The first character of the token is another: a server that accepts it does not look the token up.",
        maker: Maker::Any(|input| flipped(input, |_| 0)),
    },
    Row {
        id: "opaque-flipped-middle",
        family: Family::Opaque,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: COMPARED,
        explanation: "A character in the middle of the token is another: a server that accepts it compares a part.",
        maker: Maker::Any(|input| flipped(input, |length| length / 2)),
    },
    Row {
        id: "opaque-flipped-last",
        family: Family::Opaque,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::High),
        sources: COMPARED,
        explanation: "The last character of the token is another, also after decoding: a server that accepts it compares only the \
                      beginning.",
        maker: Maker::Any(|input| flipped(input, |length| length - 1)),
    },
    Row {
        id: "opaque-truncated",
        family: Family::Opaque,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: COMPARED,
        explanation: "The token without its last character, its first half, and its first character: a server that accepts one \
                      searches for a beginning.",
        maker: Maker::Any(truncated),
    },
    Row {
        id: "opaque-extended",
        family: Family::Opaque,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Medium),
        sources: COMPARED,
        explanation: "The token with characters behind it: a server that accepts it cuts what it stores or compares, so that \
                      different tokens are the same.",
        maker: Maker::Any(|input| {
            let token = input.token;
            Forged::tokens([
                ("one", Some(format!("{token}A"))),
                ("many", Some(format!("{token}{}", "A".repeat(64)))),
            ])
        }),
    },
    Row {
        id: "opaque-other-case",
        family: Family::Opaque,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["RFC 6750 section 2.1", "CWE-178"],
        explanation: "The token in capitals and in small letters: hexadecimal tokens may be compared without case; of others it \
                      takes away much of what makes them hard to guess.",
        maker: Maker::Any(other_case),
    },
    Row {
        id: "opaque-joined",
        family: Family::Opaque,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["RFC 6750 section 2.1", "RFC 9110 section 5.3", "CWE-436"],
        explanation: "The token beside garbage, joined by a comma or a space, in both orders: two readers may see two tokens.",
        maker: Maker::Any(|input| {
            let token = input.token;
            Forged::tokens([
                ("comma-first", Some(format!("{token},forged"))),
                ("comma-last", Some(format!("forged,{token}"))),
                ("space-first", Some(format!("{token} forged"))),
                ("space-last", Some(format!("forged {token}"))),
            ])
        }),
    },
    Row {
        id: "opaque-wildcard",
        family: Family::Opaque,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["ASVS 1.2.4", "CWE-155", "CWE-89", "CWE-943"],
        explanation: "Signs that match everything in some query language (%, *, a condition that is always true): a server that \
                      accepts one puts the token into a query.",
        maker: Maker::Any(|_| {
            let signs = [
                ("percent", "%"),
                ("star", "*"),
                ("quote", "' OR '1'='1"),
                ("operator", "{\"$ne\":null}"),
            ];
            Forged::tokens(signs.map(|(label, sign)| (label, Some(sign.to_owned()))))
        }),
    },
    Row {
        id: "basic-wrong-password",
        family: Family::Basic,
        group: Group::Core,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: BASIC,
        explanation: "The right user with another password, and with the right one and more behind it: passwords are compared whole.",
        maker: Maker::Any(|input| {
            basic(input, |user, password| {
                vec![
                    ("other", format!("{user}:forged-password")),
                    ("longer", format!("{user}:{password}A")),
                ]
            })
        }),
    },
    Row {
        id: "basic-part-of-password",
        family: Family::Basic,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["RFC 7617 section 2", "ASVS 6.2.8", "CWE-287", "CWE-697"],
        explanation: "The right user with the password but its last character, and with its first one: a server that accepts one compares \
                      only as much as was sent.",
        maker: Maker::Any(|input| {
            basic(input, |user, password| {
                let first = |length: usize| password.chars().take(length).collect::<String>();
                let count = password.chars().count();
                let mut cut = vec![("less-one", count.saturating_sub(1)), ("one", 1)];
                cut.retain(|(_, length)| *length > 0 && *length < count);
                cut.into_iter()
                    .map(|(label, length)| (label, format!("{user}:{}", first(length))))
                    .collect()
            })
        }),
    },
    Row {
        id: "basic-other-case",
        family: Family::Basic,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Medium),
        sources: &["RFC 7617 section 2", "ASVS 6.2.8", "CWE-178"],
        explanation: "The right user with the password in the other case, letter by letter: passwords are verified as they were set.",
        maker: Maker::Any(|input| {
            basic(input, |user, password| {
                let other: String = password
                    .chars()
                    .map(|letter| match letter {
                        'a'..='z' => letter.to_ascii_uppercase(),
                        _ => letter.to_ascii_lowercase(),
                    })
                    .collect();
                if other == password {
                    Vec::new()
                } else {
                    vec![("swapped", format!("{user}:{other}"))]
                }
            })
        }),
    },
    Row {
        id: "basic-empty-password",
        family: Family::Basic,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["RFC 7617 section 2", "ASVS 6.2.1", "CWE-258", "CWE-287"],
        explanation: "The right user with an empty password, without a colon, and an empty user: a directory may take an empty \
                      password for an anonymous login that succeeds.",
        maker: Maker::Any(|input| {
            basic(input, |user, password| {
                vec![
                    ("empty", format!("{user}:")),
                    ("no-colon", user.to_owned()),
                    ("empty-user", format!(":{password}")),
                ]
            })
        }),
    },
];

/// Another character of the same kind. Of base64 its highest bit changes, so that the decoded bytes differ.
fn another(old: char) -> char {
    match old {
        '0'..='9' if old == '9' => '0',
        'f' | 'F' => '0',
        'a'..='e' | 'A'..='E' | '0'..='8' => char::from_u32(u32::from(old) + 1).unwrap_or('0'),
        _ => {
            let value = u8::try_from(old).ok().and_then(base64url::value);
            value.map_or('x', |value| base64url::character(value ^ 0x20))
        }
    }
}

fn flipped(input: &Input<'_>, at: fn(usize) -> usize) -> Forged {
    let mut characters: Vec<char> = input.token.chars().collect();
    if characters.is_empty() {
        return Forged::not_applicable("the credential is empty");
    }
    let at = at(characters.len());
    let hexadecimal = characters.iter().all(|old| old.is_ascii_hexdigit() || *old == '-');
    let old = characters[at];
    characters[at] = match u8::try_from(old).ok().and_then(base64url::value) {
        _ if hexadecimal => another(old),
        Some(value) => base64url::character(value ^ 0x20),
        None => another(old),
    };
    Forged::token(Some(characters.into_iter().collect()))
}

fn truncated(input: &Input<'_>) -> Forged {
    let count = input.token.chars().count();
    let first = |length: usize| {
        let cut = input.token.chars().take(length).collect();
        (length > 0 && length < count).then_some(cut)
    };
    Forged::tokens([
        ("less-one", first(count.saturating_sub(1))),
        ("half", first(count / 2)),
        ("one", first(1)),
    ])
}

fn other_case(input: &Input<'_>) -> Forged {
    let different = |text: String| (text != input.token).then_some(text);
    Forged::tokens([
        ("upper", different(input.token.to_uppercase())),
        ("lower", different(input.token.to_lowercase())),
    ])
}

fn basic(input: &Input<'_>, make: fn(&str, &str) -> Vec<(&'static str, String)>) -> Forged {
    let decoded = base64url::decode_any(input.token).and_then(|bytes| String::from_utf8(bytes).ok());
    let Some((user, password)) = decoded.as_deref().and_then(|pair| pair.split_once(':')) else {
        return Forged::not_applicable("the credential is no base64 of a user name and a password");
    };
    let made = make(user, password).into_iter();
    let header = |pair: String| Sent::Authorization(format!("Basic {}", base64url::encode_standard(pair)));
    Forged::variants(made.map(|(label, pair)| Variant::sent(label, header(pair))))
}

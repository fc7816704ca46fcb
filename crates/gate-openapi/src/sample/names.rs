//! What a field's name says about the text it holds, for the many documents that say only "string".

/// What the text of a field stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Written by people for people: names, titles, descriptions, comments.
    Prose,
    /// Nothing is known.
    Unknown,
    /// A name that has to be unique, such as a login name.
    Handle,
    /// A form of text that a server may check: the sample given follows it.
    Formed {
        /// The format's name, in the words of JSON Schema where it has one.
        format: &'static str,
        /// A text of this form.
        sample: &'static str,
    },
    /// Refers to something or decides something: identifiers, states, roles, secrets, places of files.
    Control,
}

const PROSE: &[&str] = &[
    "name",
    "title",
    "description",
    "desc",
    "comment",
    "comments",
    "note",
    "notes",
    "message",
    "body",
    "text",
    "content",
    "summary",
    "subject",
    "bio",
    "about",
    "label",
    "caption",
    "headline",
    "remark",
    "remarks",
    "details",
    "memo",
    "address",
    "street",
    "city",
    "company",
    "reason",
    "nickname",
    "firstname",
    "lastname",
    "fullname",
    "displayname",
    "question",
    "answer",
    "review",
    "feedback",
    "abstract",
    "purpose",
    "annotation",
    "topic",
];

const HANDLES: &[&str] = &["username", "login", "handle", "slug", "subdomain", "account", "user"];

const CONTROL: &[&str] = &[
    "id",
    "ids",
    "uuid",
    "guid",
    "uid",
    "key",
    "token",
    "secret",
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "pin",
    "otp",
    "code",
    "hash",
    "signature",
    "nonce",
    "csrf",
    "state",
    "status",
    "role",
    "roles",
    "type",
    "kind",
    "scope",
    "scopes",
    "permission",
    "permissions",
    "level",
    "mode",
    "sort",
    "order",
    "filter",
    "cursor",
    "page",
    "locale",
    "gender",
    "format",
    "version",
    "path",
    "file",
    "filename",
    "image",
    "avatar",
    "icon",
    "logo",
    "photo",
    "picture",
    "ref",
    "href",
    "host",
    "hostname",
    "port",
    "ip",
    "cron",
    "schedule",
    "query",
    "regex",
    "pattern",
    "template",
    "script",
    "expression",
    "category",
    "plan",
    "tier",
    "priority",
    "visibility",
    "provider",
    "method",
    "action",
    "operation",
    "event",
    "grant",
    "captcha",
    "coupon",
    "card",
    "cvv",
    "iban",
    "bic",
    "ssn",
    "vat",
    "tax",
    "amount",
    "price",
    "quantity",
    "count",
    "size",
    "number",
    "base64",
    "data",
    "mime",
    "encoding",
    "checksum",
    "owner",
    "parent",
    "model",
    "region",
    "zone",
    "cidr",
    "namespace",
    "bucket",
    "arn",
    "redirect",
    "callback",
    "sku",
    "isbn",
];

const FORMED: &[(&[&str], &str, &str)] = &[
    (&["email", "mail", "emailaddress"], "email", "sample@example.com"),
    (
        &["url", "uri", "link", "website", "homepage", "webhook"],
        "uri",
        "https://example.com/sample",
    ),
    (
        &["phone", "phonenumber", "mobile", "telephone", "tel", "fax", "msisdn"],
        "phone",
        "+12025550123",
    ),
    (&["date", "birthday", "birthdate", "dob"], "date", "2030-01-15"),
    (&["datetime", "timestamp", "at"], "date-time", "2030-01-15T12:00:00Z"),
    (&["currency"], "currency", "USD"),
    (&["country"], "country", "US"),
    (&["language", "lang"], "language", "en"),
    (&["timezone", "tz"], "timezone", "UTC"),
    (&["color", "colour"], "color", "#336699"),
    (
        &["zip", "postcode", "zipcode", "postal", "postalcode"],
        "postcode",
        "10001",
    ),
];

/// What a field of this name holds, judged by its last word (`billing_address` is an address, `parentId` an id).
pub(crate) fn meaning(name: &str) -> Meaning {
    let words = words(name);
    let Some(last) = words.last() else {
        return Meaning::Unknown;
    };
    let joined = words.concat();
    let pair = words.len().checked_sub(2).map(|at| words[at..].concat());
    let is = |list: &[&str]| {
        [Some(joined.as_str()), pair.as_deref(), Some(last.as_str())]
            .into_iter()
            .flatten()
            .any(|word| list.contains(&word) || list.contains(&singular(word)))
    };
    if let Some((_, format, sample)) = FORMED.iter().find(|(list, _, _)| is(list)) {
        return Meaning::Formed { format, sample };
    }
    if is(HANDLES) {
        Meaning::Handle
    } else if is(CONTROL)
        || words
            .iter()
            .any(|word| matches!(word.as_str(), "password" | "token" | "secret"))
    {
        Meaning::Control
    } else if is(PROSE) {
        Meaning::Prose
    } else {
        Meaning::Unknown
    }
}

/// A plural without its ending; other words lose nothing that would make them another known word.
fn singular(word: &str) -> &str {
    word.strip_suffix('s')
        .filter(|stem| stem.len() > 2 && !stem.ends_with('s'))
        .unwrap_or(word)
}

/// The lower-case words of `snake_case`, `kebab-case`, `camelCase` and `PascalCase`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous_lower = false;
    let mut open = false;
    for c in name.chars().take(200) {
        if !c.is_alphanumeric() {
            open = false;
            previous_lower = false;
            continue;
        }
        if !open || (c.is_uppercase() && previous_lower) {
            words.push(String::new());
            open = true;
        }
        previous_lower = c.is_lowercase() || c.is_numeric();
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{Meaning, meaning};

    #[test]
    fn the_last_word_decides() {
        assert_eq!(meaning("display_name"), Meaning::Prose);
        assert_eq!(meaning("parentId"), Meaning::Control);
        assert_eq!(meaning("userID"), Meaning::Control);
        assert_eq!(meaning("username"), Meaning::Handle);
        assert_eq!(meaning("passwordConfirmation"), Meaning::Control);
        assert_eq!(meaning("flavour"), Meaning::Unknown);
        assert_eq!(meaning("include_claim_keys"), Meaning::Control);
        assert_eq!(meaning("labels"), Meaning::Prose);
        assert_eq!(meaning("shipping_address"), Meaning::Prose);
        assert!(matches!(
            meaning("contactEmail"),
            Meaning::Formed { format: "email", .. }
        ));
        assert!(matches!(
            meaning("created_at"),
            Meaning::Formed {
                format: "date-time",
                ..
            }
        ));
        assert!(matches!(
            meaning("phone_number"),
            Meaning::Formed { format: "phone", .. }
        ));
        assert_eq!(meaning(""), Meaning::Unknown);
    }
}

//! A rule as it is written in a file of `rules/` or by a user. The build script reads the same type, so that built-in
//! rules are tables in the program and cost nothing at the start.

use std::borrow::Cow;

use serde::Deserialize;

/// Text that is part of the program or was read.
pub type Text = Cow<'static, str>;
/// A list of texts.
pub type Texts = Cow<'static, [Text]>;

/// The rules of one provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFile {
    /// Who issues the secrets.
    pub provider: Text,
    /// Where the provider documents them.
    pub source: Text,
    /// The rules.
    #[serde(rename = "rule", default)]
    pub rules: Vec<RuleDefinition>,
}

/// One kind of secret: where to look, what it looks like, and how sure a match is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleDefinition {
    /// `provider/kind`, kebab-case; never changes, because fingerprints hold it.
    pub id: Text,
    /// What it is, for people.
    pub title: Text,
    /// Who issues it; taken from the file.
    #[serde(default)]
    pub provider: Text,
    /// Where it is documented; taken from the file when the rule has none of its own.
    #[serde(default)]
    pub source: Text,
    /// How a match is looked for.
    #[serde(default)]
    pub find: Find,
    /// Literal texts, case-insensitive, at least one of which is in every match (token) or in the name (assignment).
    #[serde(default)]
    pub keywords: Texts,
    /// Regular expression over bytes. Its first group, if it has one, is the secret. For a token it is tried from the
    /// keyword on; for an assignment the whole value has to match; for a file it is searched line by line.
    #[serde(default)]
    pub pattern: Text,
    /// How far before the keyword a token may begin, in bytes.
    #[serde(default)]
    pub back: u16,
    /// How far after the keyword's start a token may end, in bytes.
    #[serde(default = "reach")]
    pub reach: u16,
    /// For an assignment: words of which the name (beside the keyword) has to hold one.
    #[serde(default)]
    pub needs: Texts,
    /// Globs over the end of the path (`*` within a name); only such files are looked at.
    #[serde(default)]
    pub files: Texts,
    /// Lowest Shannon entropy of the secret in bits per byte; 0 asks for nothing.
    #[serde(default)]
    pub entropy: f32,
    /// What can be checked without a network.
    #[serde(default)]
    pub check: Check,
    /// How sure a match is.
    #[serde(default)]
    pub confidence: Confidence,
    /// Public by design: a match is a note with this advice and never fails a build.
    #[serde(default)]
    pub advice: Option<Text>,
    /// Texts that have to be found, each in pieces that are joined. For tests only.
    #[serde(default)]
    pub examples: Vec<Example>,
    /// Texts in which this rule must not find anything that fails.
    #[serde(default)]
    pub counterexamples: Vec<Example>,
}

fn reach() -> u16 {
    512
}

/// A text in pieces, so that no file of this repository holds what looks like a secret, and the path it is in.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Example {
    /// The pieces of a text in a file that says nothing by its name.
    Pieces(Vec<String>),
    /// With a path.
    At {
        /// The path.
        path: String,
        /// The pieces.
        text: Vec<String>,
    },
}

/// How a rule looks for its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Find {
    /// A text that is known by its own shape.
    #[default]
    Token,
    /// A value that is given to a name.
    Assignment,
    /// Something in a file that is known by its path.
    File,
}

/// What is known of a match without asking anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// The shape is met by other things too.
    Low,
    /// The shape and the place agree.
    #[default]
    Medium,
    /// Hardly anything else has this shape.
    High,
}

/// A check of the value that needs no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// None but the pattern.
    #[default]
    None,
    /// Six base-62 digits of a CRC-32 end the token (GitHub, npm).
    Crc32Base62,
    /// GitLab's routable tokens: length and CRC-32 in base 36 after the last point.
    GitlabRoutable,
    /// A JSON Web Token with a header that names an algorithm (RFC 7519).
    Jwt,
    /// A private key whose armour decodes to a key (RFC 7468, RFC 4716, RFC 4253).
    Pem,
    /// An AWS access key id: base 32 (account number within).
    AwsKeyId,
    /// Base64 that decodes to `user:password`.
    BasicAuth,
    /// A password in a URL: no template, no placeholder.
    UrlPassword,
    /// A human's or a machine's password behind a name such as `password`.
    Password,
    /// A random value behind a name such as `secret` or `token`.
    Random,
    /// Anything that is not a placeholder: the file is one that holds credentials.
    Stored,
    /// A hash of a password.
    PasswordHash,
    /// A UUID that is used as a key: not nil, not made of one digit.
    Uuid,
}

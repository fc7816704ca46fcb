//! What was found: rule, place, how sure, and the secret itself, which nothing here prints.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::decode::Decoder;
use crate::judge::Setting;
use crate::rule::{Confidence, Text};

/// Whether a finding fails a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth reading.
    Note,
    /// A secret.
    Fail,
}

/// Why a finding is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The checksum within holds, or the key parses.
    Proven,
    /// The checksum within does not hold: nobody issued this.
    WrongChecksum,
    /// Meant to be seen by everybody.
    PublicByDesign,
    /// Its time is over.
    Expired,
    /// The provider marks it as one for tests.
    TestCredential,
    /// In tests or fixtures.
    InTests,
    /// In documentation, samples or templates.
    InExamples,
    /// In a lock file, a bundle or a vendored package.
    InGenerated,
    /// For a server on this machine or within a private network of containers.
    LocalHost,
    /// Could be chosen by hand and guessed.
    Weak,
    /// A UUID, which is an identifier more often than a key.
    Uuid,
    /// Compared with, not given.
    Compared,
    /// A hash of a password, which can be guessed offline.
    Hash,
    /// Likely, not certain.
    Uncertain,
}

impl Reason {
    /// Half a sentence for reports.
    pub fn text(self) -> &'static str {
        match self {
            Self::Proven => "its structure proves it",
            Self::WrongChecksum => "its checksum is wrong: nobody issued it",
            Self::PublicByDesign => "public by design",
            Self::Expired => "it has expired",
            Self::TestCredential => "the provider issues it for tests",
            Self::InTests => "in tests",
            Self::InExamples => "in documentation or samples",
            Self::InGenerated => "in a generated file",
            Self::LocalHost => "for a local server",
            Self::Weak => "easy to guess",
            Self::Uuid => "a UUID",
            Self::Compared => "only compared with",
            Self::Hash => "a hash that can be guessed offline",
            Self::Uncertain => "not certain",
        }
    }
}

/// A secret. Neither `Debug` nor anything else shows it; only [`SecretValue::expose`] gives it away.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretValue(Box<[u8]>);

impl SecretValue {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// The bytes. Whoever takes them must not print them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The length and at most three first characters of a long token: `ghp… (40 characters)`.
    pub fn sketch(&self) -> String {
        let length = self.0.len();
        let head: String = self.0.iter().take(3).map(|byte| char::from(*byte)).collect();
        if length >= 20 && head.bytes().all(|byte| byte.is_ascii_graphic()) {
            format!("{head}… ({length} characters)")
        } else {
            format!("({length} characters)")
        }
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[{} bytes]", self.0.len())
    }
}

/// The commit that brought a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// Its id.
    pub id: String,
    /// Who wrote it: name and address.
    pub author: String,
    /// Seconds since 1970.
    pub time: i64,
}

/// A secret at its place.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule.
    pub rule: Text,
    /// What it is.
    pub title: Text,
    /// Who issued it.
    pub provider: Text,
    /// Whether it fails a build.
    pub level: Level,
    /// How sure.
    pub confidence: Confidence,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What to do about something that is public by design.
    pub advice: Option<Text>,
    /// The file, from the root of what was scanned.
    pub path: Arc<str>,
    /// The parts of containers on the way to it, outermost first.
    pub parts: Vec<String>,
    /// What kind of file that is.
    pub setting: Setting,
    /// From 1; 0 in what has no lines, such as a program.
    pub line: u32,
    /// From 1, in bytes.
    pub column: u32,
    /// Where the original text is, in bytes of the file or the innermost part.
    pub span: Range<u64>,
    /// What was decoded on the way, outermost first.
    pub decoders: Vec<Decoder>,
    /// Who brought it, where history was looked at.
    pub commit: Option<CommitInfo>,
    /// A comment on its line that allows it: the words used.
    pub allowed_by: Option<&'static str>,
    /// In a pull request: whether its base had it already.
    pub in_base: bool,
    /// The secret.
    pub secret: SecretValue,
}

impl Finding {
    /// Whether it fails a build, before any suppression.
    pub fn fails(&self) -> bool {
        self.level == Level::Fail && !self.in_base
    }
}

#[cfg(test)]
mod tests {
    use super::SecretValue;

    #[test]
    fn a_secret_does_not_show_itself() {
        let secret = SecretValue::new(b"correct horse battery staple");
        assert_eq!(format!("{secret:?}"), "[28 bytes]");
        assert_eq!(secret.sketch(), "cor… (28 characters)");
        assert_eq!(SecretValue::new(b"hunter2").sketch(), "(7 characters)");
    }
}

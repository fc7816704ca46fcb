//! Whether a match is a secret, and how much it matters: structure, randomness, placeholders, the place it is in.

mod lists;
mod names;
mod password;
mod place;
mod placeholder;
mod random;
mod tokens;
mod words;

use crate::assignment::Form;
use crate::finding::{Level, Reason};
use crate::rule::{Check, Confidence, Find, RuleDefinition};

pub(crate) use names::{Promise, promise};
pub use place::Setting;
pub(crate) use place::{Kind, Place, ends_like};

use tokens::Structure;

/// Whether a value stands for another.
pub(crate) fn is_placeholder_value(value: &[u8]) -> bool {
    placeholder::is_placeholder(value)
}

/// What is known about a match beside its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) place: Place,
    /// The name that the value is given to.
    pub(crate) name: &'a [u8],
    pub(crate) form: Form,
    pub(crate) quoted: bool,
    pub(crate) computed: bool,
    /// A blank before the value is a separator here: `--password x`, `ENV PASSWORD x`.
    pub(crate) introduced: bool,
    /// The whole match of a token rule.
    pub(crate) whole: &'a [u8],
    /// Seconds since 1970.
    pub(crate) now: u64,
}

/// What a match is.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) level: Level,
    pub(crate) confidence: Confidence,
    pub(crate) reasons: Vec<Reason>,
}

impl Verdict {
    fn fail(confidence: Confidence) -> Self {
        Self {
            level: Level::Fail,
            confidence,
            reasons: Vec::new(),
        }
    }

    fn note(reason: Reason) -> Self {
        Self {
            level: Level::Note,
            confidence: Confidence::Low,
            reasons: vec![reason],
        }
    }

    fn because(mut self, reason: Reason) -> Self {
        self.reasons.push(reason);
        self
    }
}

/// The verdict on `value`, or none if it is no secret.
pub(crate) fn judge(rule: &RuleDefinition, value: &[u8], context: &Context<'_>) -> Option<Verdict> {
    if rule.entropy > 0.0 && words::entropy(value) < rule.entropy {
        return None;
    }
    let verdict = match rule.check {
        Check::Password => password::judge(value, context)?,
        Check::Random => random::judge(value, context)?,
        Check::UrlPassword => password::judge_url(value, context)?,
        Check::Stored => (!placeholder::is_template(value) && value.len() > 1 && !is_sentence(value))
            .then(|| Verdict::fail(rule.confidence))?,
        Check::PasswordHash => Verdict::fail(rule.confidence).because(Reason::Hash),
        Check::BasicAuth => {
            let plain = tokens::basic_auth(value)?;
            (!placeholder::is_placeholder(&plain)).then(|| Verdict::fail(rule.confidence))?
        }
        Check::Uuid => (words::distinct(value) > 6 && !placeholder::is_example_token(value))
            .then(|| Verdict::fail(rule.confidence))?,
        Check::Pem => structure(tokens::pem(context.whole), rule.confidence)?,
        _ if placeholder::is_example_token(value) => return None,
        // Beside a provider's name, letters and digits alone are as often a name of something in a program.
        Check::None if rule.find == Find::Assignment && !random::is_made_by_machine(value) => return None,
        Check::None => Verdict::fail(rule.confidence),
        Check::Crc32Base62 => structure(tokens::crc32_base62(value), rule.confidence)?,
        Check::GitlabRoutable => structure(tokens::gitlab_routable(value), rule.confidence)?,
        Check::Jwt => structure(tokens::jwt(value, context.now), rule.confidence)?,
        Check::AwsKeyId => structure(tokens::aws_key_id(value), rule.confidence)?,
    };
    Some(placed(rule, verdict, context.place.setting))
}

fn is_sentence(value: &[u8]) -> bool {
    value.contains(&b' ')
        && value.iter().filter(|byte| byte.is_ascii_alphabetic()).count() * 10 > value.len() * 7
        && words::surprise(value) < 1.2
}

fn structure(structure: Structure, confidence: Confidence) -> Option<Verdict> {
    match structure {
        Structure::Proven => Some(Verdict::fail(Confidence::High).because(Reason::Proven)),
        Structure::Plausible => Some(Verdict::fail(confidence)),
        Structure::Broken => Some(Verdict::note(Reason::WrongChecksum)),
        Structure::Public => Some(Verdict::note(Reason::PublicByDesign)),
        Structure::Expired => Some(Verdict::note(Reason::Expired)),
        Structure::Other => None,
    }
}

/// The verdict where it is: what is public by design, for tests or for readers does not fail a build, unless it is a token
/// that only a provider can have made.
fn placed(rule: &RuleDefinition, mut verdict: Verdict, setting: Setting) -> Verdict {
    if rule.advice.is_some() {
        verdict.level = Level::Note;
        verdict.reasons.push(Reason::PublicByDesign);
    }
    // A key that parses is a key wherever it is; what only looks like a secret is one for tests among tests.
    let certain = verdict.confidence == Confidence::High && !rule.id.starts_with("private-key/");
    let structural = rule.find == Find::Token
        && !matches!(
            rule.check,
            Check::Password | Check::Random | Check::UrlPassword | Check::BasicAuth | Check::Jwt | Check::Stored
        );
    let (reason, stays) = match setting {
        Setting::Product => (None, true),
        Setting::Test => (Some(Reason::InTests), certain || structural),
        Setting::Example => (Some(Reason::InExamples), certain),
        Setting::Generated => (Some(Reason::InGenerated), certain),
    };
    verdict.reasons.extend(reason);
    if !stays {
        verdict.level = Level::Note;
    }
    if verdict.confidence == Confidence::Low && verdict.level == Level::Fail {
        verdict.level = Level::Note;
        verdict.reasons.push(Reason::Uncertain);
    }
    verdict
}

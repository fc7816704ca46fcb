//! All rules of a scan: the built-in ones and those of the user, and which keyword leads to which rule.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use thiserror::Error;

use super::definition::{Check, Confidence, Find, RuleDefinition, RuleFile, Text};
use super::pattern::Rule;

static BUILT_IN: &[RuleDefinition] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// Why rules of a user cannot be used.
#[derive(Debug, Error)]
pub enum RuleError {
    /// Not TOML, or not a rule file.
    #[error("failed to read the rules: {0}")]
    Syntax(#[from] toml::de::Error),
    /// The pattern is no regular expression, or too large.
    #[error("failed to use rule `{id}`: {source}")]
    Pattern {
        /// The rule.
        id: String,
        /// What is wrong with the pattern.
        #[source]
        source: Box<regex::Error>,
    },
    /// Nothing leads to the rule.
    #[error(
        "failed to use rule `{0}`: a token or an assignment needs a keyword of at least 3 characters, a file rule needs `files`"
    )]
    NoKeyword(String),
    /// Two rules have one id.
    #[error("failed to use rule `{0}`: the id is taken")]
    Taken(String),
    /// No rule has this id.
    #[error("failed to switch off rule `{0}`: there is no such rule")]
    Unknown(String),
}

/// The rules of a scan.
#[derive(Debug)]
pub struct Catalog {
    pub(crate) rules: Vec<Rule>,
}

impl Default for Catalog {
    fn default() -> Self {
        Self::built_in()
    }
}

impl Catalog {
    /// The rules that come with the crate.
    pub fn built_in() -> Self {
        Self {
            rules: BUILT_IN.iter().map(|rule| Rule::new(Cow::Borrowed(rule))).collect(),
        }
    }

    /// Adds the rules of a file in the format of the built-in ones.
    ///
    /// # Errors
    /// When the text is no rule file, a pattern does not compile, an id is taken or nothing leads to a rule.
    pub fn with_toml(self, text: &str) -> Result<Self, RuleError> {
        let file: RuleFile = toml::from_str(text)?;
        let rules = file.rules.into_iter().map(|mut rule| {
            rule.provider = file.provider.clone();
            if rule.source.is_empty() {
                rule.source = file.source.clone();
            }
            rule
        });
        self.with_rules(rules.collect())
    }

    /// Adds rules of the user.
    ///
    /// # Errors
    /// When a pattern does not compile, an id is taken or nothing leads to a rule.
    pub fn with_rules(mut self, rules: Vec<RuleDefinition>) -> Result<Self, RuleError> {
        let mut ids: BTreeSet<String> = self.definitions().map(|rule| rule.id.to_string()).collect();
        for rule in rules {
            let id = rule.id.to_string();
            if !ids.insert(id.clone()) {
                return Err(RuleError::Taken(id));
            }
            let leads = match rule.find {
                Find::File => !rule.files.is_empty(),
                Find::Token | Find::Assignment => {
                    !rule.keywords.is_empty() && rule.keywords.iter().all(|keyword| keyword.len() >= 3)
                }
            };
            if !leads {
                return Err(RuleError::NoKeyword(id));
            }
            let rule = Rule::new(Cow::Owned(rule));
            rule.compile().map_err(|source| RuleError::Pattern {
                id,
                source: Box::new(source),
            })?;
            self.rules.push(rule);
        }
        Ok(self)
    }

    /// Without the rules of these ids.
    ///
    /// # Errors
    /// When no rule has one of the ids: a misspelt id would switch off nothing.
    pub fn without(mut self, ids: &[&str]) -> Result<Self, RuleError> {
        for id in ids {
            let before = self.rules.len();
            self.rules.retain(|rule| rule.definition.id != **id);
            if self.rules.len() == before {
                return Err(RuleError::Unknown((*id).to_owned()));
            }
        }
        Ok(self)
    }

    /// Every rule as data.
    pub fn definitions(&self) -> impl Iterator<Item = &RuleDefinition> {
        self.rules.iter().map(|rule| &*rule.definition)
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Each keyword once, with the rules behind it.
    pub(crate) fn keywords(&self) -> Vec<(Text, Vec<u16>)> {
        let mut found: HashMap<String, usize> = HashMap::new();
        let mut list: Vec<(Text, Vec<u16>)> = Vec::new();
        for (at, rule) in self.rules.iter().enumerate() {
            for keyword in rule.definition.keywords.iter() {
                let place = *found.entry(keyword.to_ascii_lowercase()).or_insert_with(|| {
                    list.push((keyword.clone(), Vec::new()));
                    list.len() - 1
                });
                list[place].1.push(u16::try_from(at).unwrap_or(u16::MAX));
            }
        }
        list
    }
}

//! Environment files beside each other: what is required and missing, one secret in two environments, a value of production in
//! a file for development, and a secret under a prefix that ends in every browser.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Level, SecretValue};
use crate::judge::{self, is_placeholder_value};
use crate::rule::Text;
use crate::scanner::Scanner;

/// Prefixes that build tools put into what every visitor gets: Next.js, Vite, Expo, Create React App, Nuxt, Gatsby, SvelteKit
/// and Astro, Vue CLI, Angular (NgxEnv), Rsbuild.
const PUBLIC: [&str; 11] = [
    "NEXT_PUBLIC_",
    "VITE_",
    "EXPO_PUBLIC_",
    "REACT_APP_",
    "NUXT_PUBLIC_",
    "GATSBY_",
    "PUBLIC_",
    "VUE_APP_",
    "NG_APP_",
    "STORYBOOK_",
    "ASTRO_PUBLIC_",
];
/// Names of hosts and databases that only production has.
const PRODUCTION: [&str; 4] = ["prod", "production", "live", "prd"];

/// One variable of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// From 1.
    pub line: u32,
    /// Its value, without quotes.
    pub value: SecretValue,
}

/// A file of variables.
#[derive(Debug, Clone)]
pub struct EnvFile {
    /// Where it is.
    pub path: String,
    /// What it is for.
    pub environment: Environment,
    /// What it sets, in order.
    pub variables: Vec<Variable>,
}

/// What an environment file is for, by its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Environment {
    /// Names what is needed: `.env.example`, `.env.sample`, `.env.template`, `.env.dist`.
    Example,
    /// One person's machine, tests: `.env.development`, `.env.local`, `.env.test`.
    Development,
    /// `.env.production`.
    Production,
    /// Another name, `staging`, or none for `.env` itself.
    Named(String),
}

/// What is wrong with environment files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvFault {
    /// A required variable is missing or empty.
    Missing {
        /// The file that lacks it.
        path: String,
        /// The variable.
        name: String,
        /// Who requires it.
        required_by: String,
    },
    /// Two environments have one secret.
    Shared {
        /// File and line, name.
        first: (String, u32, String),
        /// File and line, name.
        second: (String, u32, String),
    },
    /// A file for development holds what is of production.
    ProductionValue {
        /// The file.
        path: String,
        /// From 1.
        line: u32,
        /// The variable.
        name: String,
        /// Why it is of production.
        why: &'static str,
    },
    /// A secret of the server is put into what every visitor gets.
    PublicPrefix {
        /// The file.
        path: String,
        /// From 1.
        line: u32,
        /// The variable.
        name: String,
        /// The rule that knows the value, or none if the name says it.
        rule: Option<Text>,
    },
}

impl EnvFile {
    /// Reads `NAME=value` lines, with `export`, quotes and comments as dotenv has them.
    pub fn parse(path: &str, text: &str) -> Self {
        let mut variables = Vec::new();
        for (at, line) in (1u32..).zip(text.lines()) {
            let line = line.trim_start();
            let line = line.strip_prefix("export ").unwrap_or(line);
            let Some((name, value)) = line.split_once('=') else {
                continue;
            };
            let name = name.trim();
            let named = !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
            if named {
                variables.push(Variable {
                    name: name.to_owned(),
                    line: at,
                    value: SecretValue::new(unquoted(value.trim()).as_bytes()),
                });
            }
        }
        Self {
            path: path.to_owned(),
            environment: Environment::of(path),
            variables,
        }
    }

    fn get(&self, name: &str) -> Option<&Variable> {
        self.variables.iter().rev().find(|variable| variable.name == name)
    }
}

impl Environment {
    /// By the name of the file.
    pub fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        let words: Vec<&str> = name
            .split(['.', '-', '_'])
            .filter(|word| !["", "env"].contains(word))
            .collect();
        let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
        if has(&["example", "sample", "template", "dist", "tmpl", "defaults"]) {
            Self::Example
        } else if has(&["production", "prod", "live", "prd"]) {
            Self::Production
        } else if has(&["development", "dev", "local", "test", "testing", "ci"]) {
            Self::Development
        } else {
            Self::Named(words.join("."))
        }
    }
}

fn unquoted(value: &str) -> &str {
    for quote in ['"', '\'', '`'] {
        if let Some(rest) = value.strip_prefix(quote)
            && let Some(end) = rest.find(quote)
        {
            return &rest[..end];
        }
    }
    value.split(" #").next().unwrap_or(value).trim_end()
}

/// What is wrong with these files. `required` are names that the plan asks for in every environment, beside those of example
/// files in the same folder.
pub fn check_env_files(scanner: &Scanner, files: &[EnvFile], required: &[String]) -> Vec<EnvFault> {
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| file.environment != Environment::Example) {
        missing(file, files, required, &mut faults);
        public(scanner, file, &mut faults);
        if file.environment == Environment::Development {
            of_production(scanner, file, &mut faults);
        }
    }
    shared(files, &mut faults);
    faults
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn missing(file: &EnvFile, files: &[EnvFile], required: &[String], faults: &mut Vec<EnvFault>) {
    let mut wanted: BTreeMap<&str, &str> = required.iter().map(|name| (name.as_str(), "the plan")).collect();
    let examples = files
        .iter()
        .filter(|other| other.environment == Environment::Example && folder(&other.path) == folder(&file.path));
    for example in examples {
        wanted.extend(
            example
                .variables
                .iter()
                .map(|variable| (variable.name.as_str(), example.path.as_str())),
        );
    }
    // `.env` itself is what the others stand on.
    let below = files.iter().find(|other| {
        other.environment == Environment::Named(String::new()) && folder(&other.path) == folder(&file.path)
    });
    for (name, required_by) in wanted {
        let set = |file: &EnvFile| {
            file.get(name)
                .is_some_and(|variable| !variable.value.expose().is_empty())
        };
        if !set(file) && !below.is_some_and(set) {
            faults.push(EnvFault::Missing {
                path: file.path.clone(),
                name: name.to_owned(),
                required_by: required_by.to_owned(),
            });
        }
    }
}

fn public(scanner: &Scanner, file: &EnvFile, faults: &mut Vec<EnvFault>) {
    for variable in &file.variables {
        let Some(rest) = PUBLIC.iter().find_map(|prefix| variable.name.strip_prefix(prefix)) else {
            continue;
        };
        let rule = rule_of(scanner, rest, &variable.value);
        let upper = rest.to_ascii_uppercase();
        let server = ["SECRET", "PRIVATE", "PASSWORD", "SERVICE_ROLE", "ADMIN_KEY", "SIGNING"]
            .iter()
            .any(|word| upper.contains(word));
        let value = variable.value.expose();
        if rule.is_some() || (server && value.len() >= 8 && !is_placeholder_value(value)) {
            faults.push(EnvFault::PublicPrefix {
                path: file.path.clone(),
                line: variable.line,
                name: variable.name.clone(),
                rule,
            });
        }
    }
}

/// The rule that takes the value for a secret of a server, where it was given to this name in a product.
fn rule_of(scanner: &Scanner, name: &str, value: &SecretValue) -> Option<Text> {
    let line = [name.as_bytes(), b"=", value.expose(), b"\n"].concat();
    let found = scanner.scan("settings.env", &line).findings;
    found
        .into_iter()
        .find(|found| found.level == Level::Fail)
        .map(|found| found.rule)
}

fn of_production(scanner: &Scanner, file: &EnvFile, faults: &mut Vec<EnvFault>) {
    for variable in &file.variables {
        let text = String::from_utf8_lossy(variable.value.expose()).into_owned();
        let live = ["sk_live_", "rk_live_", "rzp_live_", "live_", "access-production-"]
            .iter()
            .any(|prefix| text.starts_with(prefix));
        let host = text
            .split_once("://")
            .map(|(_, rest)| rest.split(['/', '?']).next().unwrap_or(rest).to_ascii_lowercase());
        let named = host.is_some_and(|host| {
            let host = host.rsplit('@').next().unwrap_or_default().to_owned();
            host.split(['.', '-', '_', ':']).any(|word| PRODUCTION.contains(&word))
        });
        let why = match (
            live && rule_of(scanner, &variable.name, &variable.value).is_some(),
            named,
        ) {
            (true, _) => "a live key",
            (false, true) => "a host of production",
            (false, false) => continue,
        };
        faults.push(EnvFault::ProductionValue {
            path: file.path.clone(),
            line: variable.line,
            name: variable.name.clone(),
            why,
        });
    }
}

fn shared(files: &[EnvFile], faults: &mut Vec<EnvFault>) {
    let mut seen: BTreeMap<&[u8], (&EnvFile, &Variable)> = BTreeMap::new();
    let mut told: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    for file in files.iter().filter(|file| file.environment != Environment::Example) {
        for variable in &file.variables {
            let value = variable.value.expose();
            let secret =
                judge::promise(variable.name.as_bytes()).is_some() && value.len() >= 8 && !is_placeholder_value(value);
            if !secret {
                continue;
            }
            let (first, other) = *seen.entry(value).or_insert((file, variable));
            if first.environment != file.environment && told.insert((&first.path, &file.path, &variable.name)) {
                faults.push(EnvFault::Shared {
                    first: (first.path.clone(), other.line, other.name.clone()),
                    second: (file.path.clone(), variable.line, variable.name.clone()),
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{EnvFault, EnvFile, Environment, check_env_files};
    use crate::Scanner;

    fn faults(files: &[(&str, &str)], required: &[&str]) -> Vec<EnvFault> {
        let files: Vec<EnvFile> = files.iter().map(|(path, text)| EnvFile::parse(path, text)).collect();
        let required: Vec<String> = required.iter().map(|name| (*name).to_owned()).collect();
        check_env_files(&Scanner::default(), &files, &required)
    }

    #[test]
    fn files_say_by_their_name_what_they_are_for() {
        for (path, environment) in [
            ("a/.env.example", Environment::Example),
            (".env.production", Environment::Production),
            (".env.development.local", Environment::Development),
            ("prod.env", Environment::Production),
            (".env.staging", Environment::Named("staging".into())),
            (".env", Environment::Named(String::new())),
        ] {
            assert_eq!(Environment::of(path), environment, "{path}");
        }
    }

    #[test]
    fn what_is_required_and_missing_is_named_with_who_requires_it() {
        let found = faults(
            &[
                (".env.example", "A=\nB=x\n"),
                (".env", "A=1\n"),
                (".env.production", "B=\n"),
                ("sub/.env.dev", "C=1\n"),
            ],
            &["C"],
        );
        let named: Vec<(&str, &str)> = found
            .iter()
            .filter_map(|fault| match fault {
                EnvFault::Missing { path, name, .. } => Some((path.as_str(), name.as_str())),
                _ => None,
            })
            .collect();
        assert_eq!(
            named,
            [
                (".env", "B"),
                (".env", "C"),
                (".env.production", "B"),
                (".env.production", "C")
            ]
        );
    }

    #[test]
    fn a_secret_in_two_environments_is_told_once() {
        let line = format!("DB_{}WORD=\"kW7pq{}\"\n", "PASS", "v2Zx9");
        let found = faults(
            &[
                (".env.staging", &line),
                (".env.production", &line),
                (".env.example", &line),
            ],
            &[],
        );
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(matches!(&found[0], EnvFault::Shared { first, second } if first.0 == ".env.staging" && second.1 == 1));
        let plain = faults(
            &[
                (".env.staging", "DB_HOST=database1\n"),
                (".env.production", "DB_HOST=database1\n"),
            ],
            &[],
        );
        assert_eq!(plain, []);
    }

    #[test]
    fn production_in_development_and_secrets_for_browsers_are_found() {
        let live = format!("STRIPE_KEY={}_{}\n", "sk_live", "q8ZrT2vXw0LpKd7Ym3Bn5Gh1");
        let text = format!(
            "{live}DB_URL=postgres://db-prod.acme.dev/main\nAPI=https://api.dev.acme.dev\nNEXT_PUBLIC_{live}VITE_TITLE=Shop\nVITE_API_{}=hG7kq2Wz9x\n",
            "SECRET"
        );
        let found = faults(&[(".env.development", &text)], &[]);
        let kinds: Vec<(u32, &str)> = found
            .iter()
            .map(|fault| match fault {
                EnvFault::ProductionValue { line, why, .. } => (*line, *why),
                EnvFault::PublicPrefix { line, .. } => (*line, "public"),
                _ => (0, "other"),
            })
            .collect();
        assert_eq!(
            kinds,
            [
                (4, "public"),
                (6, "public"),
                (1, "a live key"),
                (2, "a host of production"),
                (4, "a live key")
            ]
        );
    }
}

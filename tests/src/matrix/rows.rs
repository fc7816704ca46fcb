//! The file `matrix.yml` as data, and what must be true of it as a whole.

use std::collections::{BTreeMap, BTreeSet};

use gate_demo::{Config, Hole, Sabotage, Tokens};
use serde::Deserialize;
use serde_json::Value;

use super::Repository;

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// The demo without any switch.
    pub clean: Clean,
    /// One hole each: exactly these cases are red, everything else is as in the clean row.
    pub holes: Vec<Row>,
    /// Holes behind an oddity: the same.
    pub combined: Vec<Row>,
    /// Oddities of a sound server: nothing is red, everything is as in the clean row.
    pub sound: Vec<Row>,
    /// Broken servers and broken plans: no proof where the control fell, and never green.
    pub never_green: Vec<Row>,
}

/// What the clean row pins.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clean {
    /// How many cases pass.
    pub pass: usize,
    /// The cases that the demo's plan lacks an input for.
    pub not_testable: BTreeSet<String>,
    /// The same where a login gives other tokens, by their kind; `*` stands for any text.
    #[serde(default)]
    pub not_testable_with: BTreeMap<String, BTreeSet<String>>,
}

/// Which part of the file a row stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The demo without any switch.
    Clean,
    /// One hole.
    Hole,
    /// Holes and an oddity.
    Combined,
    /// A sound server.
    Sound,
    /// A broken server or plan.
    NeverGreen,
}

/// One run of the gate.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Row {
    /// What tells rows with the same switches apart.
    pub name: Option<String>,
    /// Holes that are open; `every` is every hole but those that only cost time.
    pub hole: Many,
    /// Oddities of the server.
    pub sabotage: Many,
    /// What a login gives: `rs256`, `cookie`, … Default: what the demo gives, or what the hole needs.
    pub tokens: Option<String>,
    /// Of a hole that no check finds yet: the check that will. The row must turn nothing red then, and the day on which it
    /// does the line has to go.
    pub unseen: Option<String>,
    /// Whether the server is stopped before the gate begins.
    pub down: bool,
    /// Laid over the demo's plan: maps are merged, `null` takes a key away, everything else replaces.
    pub plan: Option<Value>,
    /// The repository that secrets are looked for in; none by default, and then nothing is.
    pub repository: Option<Repository>,
    /// Whether latency is sampled too. Off where it proves nothing and costs seconds.
    pub latency: bool,
    /// Whether limits are waited for until they are lifted. Off where it proves nothing and costs seconds.
    pub recovery: bool,
    /// The cases that must fail, `*` stands for any text; `every` stands for all that are red in the rows of single holes.
    pub red: Many,
    /// Cases whose outcome is another than in the clean row.
    pub unlike_clean: BTreeMap<String, Unlike>,
    /// The cases that may pass as well, with the reason: in a row that can never be green those whose controls did not
    /// fall, elsewhere those that depend on the order of things. `*` stands for any text.
    pub may_pass: BTreeMap<String, String>,
    /// In a row that can never be green: what the reasons of the undecided cases must say, one of them each.
    pub says: Many,
    /// The exit codes that are right. Default: what the part of the file asks for.
    pub exit: Vec<u8>,
    /// In a row that can never be green: root causes that the report may show at most.
    pub causes: Option<usize>,
    /// Wall time of the run in seconds, at most.
    pub seconds: Option<u64>,
}

/// An outcome that a row has of its own, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unlike {
    /// The outcome.
    pub outcome: gate_model::OutcomeKind,
    /// Why that is right.
    pub reason: String,
}

/// One text or several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "OneOrMany")]
pub struct Many(pub Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Many {
    fn from(either: OneOrMany) -> Self {
        match either {
            OneOrMany::One(one) => Self(vec![one]),
            OneOrMany::Many(many) => Self(many),
        }
    }
}

/// Stands for every hole, and for every case that a hole turns red.
pub(super) const EVERY: &str = "every";

impl Row {
    /// What the row is called in the list of tests.
    pub fn title(&self) -> String {
        let mut words: Vec<String> = self.name.iter().cloned().collect();
        words.extend(self.hole.0.iter().cloned());
        words.extend(self.sabotage.0.iter().cloned());
        words.extend(self.tokens.iter().map(|tokens| format!("tokens={tokens}")));
        if self.down {
            words.push("down".to_owned());
        }
        words.join(" + ")
    }

    /// The holes that are open.
    ///
    /// # Panics
    /// Where the demo has no hole of that name.
    pub fn holes(&self) -> BTreeSet<Hole> {
        let each = self.hole.0.iter().flat_map(|name| {
            if name == EVERY {
                Hole::ALL.iter().copied().filter(|hole| is_among_every(*hole)).collect()
            } else {
                vec![name.parse().expect("the demo knows the hole")]
            }
        });
        each.collect()
    }

    /// How the demo is started.
    ///
    /// # Panics
    /// Where the demo does not know a name.
    pub fn config(&self) -> Config {
        let tokens = self.tokens.as_deref().unwrap_or_default();
        let mut config = Config {
            holes: self.holes(),
            sabotage: self.sabotages(),
            ..Config::default()
        };
        if !tokens.is_empty() {
            config.tokens = tokens.parse().expect("the demo knows the tokens");
        }
        config
    }

    /// The oddities of the server.
    ///
    /// # Panics
    /// Where the demo has no oddity of that name.
    pub fn sabotages(&self) -> BTreeSet<Sabotage> {
        let each = self.sabotage.0.iter().map(|name| name.parse());
        each.collect::<Result<_, _>>().expect("the demo knows the oddity")
    }
}

/// Whether a hole is one of `every`: those that cost time, and those of tokens and sessions, which stand in each other's way,
/// are not.
fn is_among_every(hole: Hole) -> bool {
    const FAMILIES: [&str; 8] = [
        "open-",
        "optional-",
        "idor-",
        "denial-",
        "write-",
        "delete-",
        "leak-",
        "late-",
    ];
    !costs_time(hole) && FAMILIES.iter().any(|family| hole.name().starts_with(family))
}

/// Whether a hole only makes the server slow; it is seen by sampling alone.
fn costs_time(hole: Hole) -> bool {
    matches!(hole, Hole::SlowProjectList | Hole::SlowProjectRead)
}

impl Matrix {
    /// Reads the file.
    ///
    /// # Errors
    /// Where it is not what this version reads.
    pub fn read(text: &str) -> Result<Self, serde_yaml::Error> {
        serde_yaml::from_str(text)
    }

    /// Every row with its part of the file, the clean row first.
    pub fn rows(&self) -> Vec<(Kind, Row)> {
        let clean = Row {
            name: Some("clean".to_owned()),
            latency: true,
            recovery: true,
            ..Row::default()
        };
        let part = |kind: Kind, rows: &[Row]| rows.iter().cloned().map(|row| (kind, row)).collect::<Vec<_>>();
        let mut all = vec![(Kind::Clean, clean)];
        all.extend(part(Kind::Hole, &self.holes));
        all.extend(part(Kind::Combined, &self.combined));
        all.extend(part(Kind::Sound, &self.sound));
        all.extend(part(Kind::NeverGreen, &self.never_green));
        all
    }

    /// Every case that a row of a single hole expects to be red.
    pub fn every_red(&self) -> BTreeSet<String> {
        let quick = self
            .holes
            .iter()
            .filter(|row| row.holes().into_iter().all(is_among_every));
        quick.flat_map(|row| row.red.0.iter().cloned()).collect()
    }

    /// What is wrong with the file as a whole: holes, oddities and kinds of tokens without a row, checks that are red nowhere, rows of the
    /// same name.
    pub fn faults(&self, checks: &[String]) -> Vec<String> {
        let mut faults = Vec::new();
        for hole in Hole::ALL {
            if !self.holes.iter().any(|row| row.hole.0 == [hole.name()]) {
                faults.push(format!("hole {hole} has no row of its own"));
            }
        }
        for (form, _) in Sabotage::forms() {
            let name = form.trim_end_matches("=N");
            let known = |text: &String| text.split('=').next() == Some(name);
            let rows = self.sound.iter().chain(&self.never_green);
            if !rows.clone().any(|row| row.sabotage.0.iter().any(known)) {
                faults.push(format!("oddity {form} has no row"));
            }
        }
        for check in checks {
            let red = self.holes.iter().chain(&self.combined).flat_map(|row| &row.red.0);
            if !red.clone().any(|case| case.split(' ').next() == Some(check)) {
                faults.push(format!("check {check} is red in no row"));
            }
        }
        for (part, row) in self.holes.iter().map(|row| ("holes", row)) {
            if row.red.0.is_empty() == row.unseen.is_none() {
                let title = row.title();
                faults.push(format!(
                    "{part}: {title} names either what it turns red or the check that will see it"
                ));
            }
        }
        for tokens in Tokens::ALL {
            if tokens != Tokens::default()
                && !self
                    .sound
                    .iter()
                    .any(|row| row.tokens.as_deref() == Some(tokens.name()))
            {
                faults.push(format!("tokens {tokens} have no sound row"));
            }
        }
        let mut titles = BTreeSet::new();
        for (_, row) in self.rows() {
            if !titles.insert(row.title()) {
                faults.push(format!("two rows are called {}", row.title()));
            }
        }
        faults
    }
}

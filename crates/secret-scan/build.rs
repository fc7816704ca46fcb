//! Turns the files of `rules/` into one table of Rust constants.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/rule/definition.rs"]
#[allow(dead_code, unused_imports)]
mod definition;

use definition::{RuleDefinition, RuleFile, Texts};

fn main() {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=src/rule/definition.rs");
    let mut files: Vec<PathBuf> = fs::read_dir("rules")
        .expect("the folder of rules is beside the build script")
        .map(|entry| entry.expect("a folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    let mut table = String::from("&[\n");
    for path in files {
        let text = fs::read_to_string(&path).expect("a rule file is text");
        let file: RuleFile = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for rule in &file.rules {
            write_rule(&mut table, &file, rule);
        }
    }
    table.push_str("]\n");
    let out = env::var("OUT_DIR").expect("cargo names the folder");
    fs::write(Path::new(&out).join("rules.rs"), table).expect("the folder of the build can be written");
}

fn write_rule(table: &mut String, file: &RuleFile, rule: &RuleDefinition) {
    let source = if rule.source.is_empty() {
        &file.source
    } else {
        &rule.source
    };
    let advice = match &rule.advice {
        Some(text) => format!("Some(Cow::Borrowed({text:?}))"),
        None => "None".to_owned(),
    };
    writeln!(
        table,
        "RuleDefinition {{ id: Cow::Borrowed({:?}), title: Cow::Borrowed({:?}), provider: Cow::Borrowed({:?}), source: \
         Cow::Borrowed({:?}), find: Find::{:?}, keywords: {}, pattern: Cow::Borrowed({:?}), back: {}, reach: {}, needs: {}, \
         files: {}, entropy: {:?}, check: Check::{:?}, confidence: Confidence::{:?}, advice: {advice}, examples: Vec::new(), \
         counterexamples: Vec::new() }},",
        rule.id,
        rule.title,
        file.provider,
        source,
        rule.find,
        list(&rule.keywords),
        rule.pattern,
        rule.back,
        rule.reach,
        list(&rule.needs),
        list(&rule.files),
        rule.entropy,
        rule.check,
        rule.confidence,
    )
    .expect("a text can be written to");
}

fn list(texts: &Texts) -> String {
    let mut out = String::from("Cow::Borrowed(&[");
    for text in texts.iter() {
        write!(out, "Cow::Borrowed({text:?}),").expect("a text can be written to");
    }
    out.push_str("])");
    out
}

//! Looks for secrets in every report of a run.

use std::sync::LazyLock;

use gate_model::{Redactor, RunReport};
use gate_report::Console;
use regex::Regex;

/// The beginning of a JSON Web Token: base64 of `{"`.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| Regex::new("eyJ[A-Za-z0-9_-]{8,}").expect("a pattern"));

/// Every report of a run by name, on the console as much as can be had.
fn reports(report: &RunReport) -> Result<Vec<(String, Vec<u8>)>, String> {
    let context = gate_report::Context {
        pages: launchgate::checks::pages(),
        below: String::new(),
    };
    let files = gate_report::directory_files(report, &context).map_err(|error| error.to_string())?;
    let mut all: Vec<(String, Vec<u8>)> = files.into_iter().map(|file| (file.path, file.bytes)).collect();
    for (color, verbose) in [(false, false), (false, true), (true, true)] {
        let console = Console {
            color,
            verbose,
            width: 100,
        };
        let name = format!("console, color {color}, verbose {verbose}");
        all.push((name, console.render(report).into_bytes()));
    }
    Ok(all)
}

/// Where a report holds a secret, as it is or encoded, or anything that looks like a token. Says where, never what.
pub fn leaks(report: &RunReport, secrets: &[String]) -> Vec<String> {
    let all = match reports(report) {
        Ok(all) => all,
        Err(error) => return vec![format!("a report cannot be made: {error}")],
    };
    let encoded = Redactor::new(secrets.iter().map(String::as_str));
    let mut found = Vec::new();
    for (name, bytes) in all {
        let text = String::from_utf8_lossy(&bytes);
        if let Some(at) = secrets.iter().find_map(|secret| text.find(secret.as_str())) {
            found.push(format!("{name} holds a secret in its line {}", line(&text, at)));
        } else if encoded.finds(&bytes) {
            found.push(format!("{name} holds a secret, encoded"));
        }
        if let Some(token) = TOKEN.find(&text) {
            let line = line(&text, token.start());
            found.push(format!("{name} holds what looks like a token in its line {line}"));
        }
    }
    found
}

fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

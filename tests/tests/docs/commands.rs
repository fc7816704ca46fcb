//! Commands in the documentation: judged by the program's own reader, or run.

use std::process::Command;
use std::sync::LazyLock;

use gate_demo::{CREDENTIALS, Config, Demo};
use launchgate::invocation;
use regex::Regex;
use serde_yaml::Value;

use super::program;

/// The commands of a shell snippet: without comments, with continued lines joined.
pub fn lines(text: &str) -> Vec<String> {
    text.replace("\\\n", " ")
        .lines()
        .map(|line| line.split(" #").next().unwrap_or_default().trim().to_owned())
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// Reads a command as the program would.
///
/// # Errors
/// Why the program would refuse it, or that it is not ours.
pub fn judge(line: &str) -> Result<(), String> {
    // Of others' programs it is read what they are given of ours.
    let image = line
        .split_once(" launchgate ")
        .filter(|_| line.starts_with("docker run "));
    let line = image.map_or_else(|| line.to_owned(), |(_, arguments)| format!("launchgate {arguments}"));
    let line = line.as_str();
    if ["cargo test --workspace", "ci/package.sh x86_64-unknown-linux-musl dist"].contains(&line)
        || ["docker build --target ", "gh attestation verify ", "sha256sum "]
            .iter()
            .any(|known| line.starts_with(known))
    {
        return Ok(());
    }
    let ours = line
        .strip_prefix("launchgate")
        .or_else(|| line.strip_prefix("cargo run --"))
        .ok_or_else(|| format!("`{line}` is no command of ours"))?;
    let arguments = std::iter::once("launchgate".to_owned()).chain(words(ours));
    match invocation::read(arguments) {
        Ok(_) => Ok(()),
        Err(error) if error.exit_code() == 0 => Ok(()),
        Err(error) => Err(format!("`{line}`: {error}")),
    }
}

/// Splits at spaces outside double quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            letter => words.last_mut().expect("there is one").push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The commands of ours in a CI file.
///
/// # Errors
/// Where it is no YAML.
pub fn in_ci(text: &str) -> Result<Vec<String>, String> {
    fn walk(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::String(text) => {
                found.extend(lines(text).into_iter().filter(|line| line.starts_with("launchgate ")));
            }
            Value::Sequence(items) => items.iter().for_each(|item| walk(item, found)),
            Value::Mapping(fields) => fields.iter().for_each(|(_, field)| walk(field, found)),
            _ => {}
        }
    }
    let value: Value = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    let mut found = Vec::new();
    walk(&value, &mut found);
    Ok(found)
}

/// Runs a command of ours in an empty folder and returns what it prints on stdout.
pub fn run(command: &str) -> String {
    let arguments = words(command.strip_prefix("launchgate").expect("it is a command of ours"));
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(program::path())
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .output()
        .expect("the program runs");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Runs a plan, as it stands, against a demo of its own.
pub fn run_plan_on_the_demo(plan: &str) -> (Option<i32>, String) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime starts");
    let demo = runtime
        .block_on(Demo::start(Config::default()))
        .expect("the demo finds a free port");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("launchgate.yml"), plan).expect("the plan is written");
    let mut command = Command::new(program::path());
    command
        .arg("run")
        .current_dir(folder.path())
        .env_clear()
        .env("LAUNCHGATE_URL", demo.url());
    for user in CREDENTIALS {
        command.env(format!("{}_PASSWORD", user.name.to_uppercase()), user.password);
    }
    let output = command.output().expect("the program runs");
    runtime.block_on(demo.stop());
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

/// What differs from run to run.
static VOLATILE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|127\.0\.0\.1:\d+|lg[ch][a-z0-9]+|[0-9.,]+ m?s\b")
        .expect("a regex")
});

/// Whether a text stands for another: the same lines in the same order, `…` for any lines, volatile parts aside. Lines may be cut
/// short at their end.
///
/// # Errors
/// The first line that is not there.
pub fn resembles(shown: &str, printed: &str) -> Result<(), String> {
    let shown = VOLATILE.replace_all(shown, "[*]");
    let printed = VOLATILE.replace_all(printed, "[*]");
    let mut rest = printed.lines();
    let mut gap = false;
    for line in shown.lines() {
        if line == "…" {
            gap = true;
            continue;
        }
        let fits = |candidate: &str| !line.is_empty() && candidate.starts_with(line) || candidate == line;
        let found = if gap {
            rest.any(fits)
        } else {
            rest.next().is_some_and(fits)
        };
        if !found {
            return Err(line.to_owned());
        }
        gap = false;
    }
    Ok(())
}

#[test]
fn a_text_with_gaps_is_compared_in_order() {
    let printed = "one 12 ms\ntwo\nthree\nfour\n";
    assert_eq!(resembles("one 7 ms\n…\nfour\n", printed), Ok(()));
    assert_eq!(resembles("one 7 ms\nthree\n", printed), Err("three".to_owned()));
    assert_eq!(resembles("…\nthree\n…\ntwo\n", printed), Err("two".to_owned()));
}

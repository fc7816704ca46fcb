//! Pages that are made from the program: one for each check, and the command line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use clap::CommandFactory as _;
use launchgate::cli::Cli;

/// All of them, by their path from the root.
pub fn pages() -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    let mut index = String::from(
        "# Checks\n\nEach is a question that is answered yes or no, with proof. `launchgate explain ID` prints its page.\n\n\
         | check | question | severity | impact |\n| --- | --- | --- | --- |\n",
    );
    for check in launchgate::checks::all(&Arc::default(), &Arc::default()) {
        let page = check.page();
        let name = format!("{}.md", page.id.as_str().replace('/', "-"));
        let question = page.question.split_whitespace().collect::<Vec<_>>().join(" ");
        writeln!(
            index,
            "| [`{}`]({name}) | {} | {} | {} |",
            page.id,
            cell(&question),
            page.severity,
            page.impact
        )
        .expect("texts take everything");
        let text = format!(
            "<!-- made from the check's check.md; edit that, then UPDATE_DOCS=1 -->\n\n# {}\n\nSeverity {}, impact {}. {}.\n\n{}\n",
            page.id,
            page.severity,
            page.impact,
            page.references.join(", "),
            page.text.trim()
        );
        pages.insert(format!("docs/checks/{name}"), text);
    }
    pages.insert("docs/checks/README.md".to_owned(), index);
    pages.insert("docs/cli.md".to_owned(), command_line());
    pages
}

fn command_line() -> String {
    let mut page = String::from(
        "<!-- made from the program; edit its flags, then UPDATE_DOCS=1 -->\n\n# Command line\n\nEvery flag is a variable too. A flag wins over a \
         variable, a variable over the plan. An empty variable is none. Flags that take lists may be given often, or once \
         with commas.\n",
    );
    let mut cli = Cli::command();
    cli.build();
    describe(&cli, "", &mut page);
    page
}

fn describe(command: &clap::Command, above: &str, page: &mut String) {
    let name = format!("{above}{}", command.get_name());
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    write!(page, "\n## {name}\n\n{}.\n", about.trim_end_matches('.')).expect("texts take everything");
    let global = |argument: &&clap::Arg| above.is_empty() || !argument.is_global_set();
    let arguments: Vec<&clap::Arg> = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set() && !["help", "version"].contains(&argument.get_id().as_str()))
        .filter(global)
        .collect();
    if !arguments.is_empty() {
        page.push_str("\n| argument | variable | meaning |\n| --- | --- | --- |\n");
    }
    for argument in arguments {
        let value = argument
            .get_value_names()
            .filter(|_| argument.get_action().takes_values())
            .and_then(<[_]>::first)
            .map(|name| name.to_string());
        let shown = match (argument.get_long(), value) {
            (Some(long), Some(value)) => format!("`--{long} {value}`"),
            (Some(long), None) => format!("`--{long}`"),
            (None, value) => format!("`{}`", value.unwrap_or_else(|| argument.get_id().to_string())),
        };
        let variable = argument
            .get_env()
            .map(|name| format!("`{}`", name.to_string_lossy()))
            .unwrap_or_default();
        // clap drops the period at the end of a comment.
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        let mut help = format!("{}.", help.trim_end_matches('.'));
        let defaults: Vec<String> = argument
            .get_default_values()
            .iter()
            .map(|value| format!("`{}`", value.to_string_lossy()))
            .collect();
        if argument.get_action().takes_values() && !defaults.is_empty() {
            write!(help, " Default: {}.", defaults.join(", ")).expect("texts take everything");
        }
        writeln!(page, "| {shown} | {variable} | {} |", cell(&help)).expect("texts take everything");
    }
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        describe(below, &format!("{name} "), page);
    }
}

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

/// The anchors of a page's headings, as the forges make them.
pub fn anchors(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'))
                .map(|letter| if letter == ' ' { '-' } else { letter })
                .collect()
        })
        .collect()
}

//! `launchgate init`: asks for what is missing, and writes the plan that `gate-init` makes.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use check_secrets::Desk;
use gate_engine::Selection;
use gate_init::{Asked, Credential, Document, Hint, InitError, Made, Person};
use gate_model::{Secret, SharedRedactor, Verdict};
use gate_objects::Canaries;
use gate_report::write_atomically;

use super::rehearsal;
use crate::cli::InitArgs;
use crate::load::{self, LoadError};
use crate::{checks, output, remedy};

/// Writes a first plan. 0: written, and both users were proven. 4: written, with what is still missing as a comment, or nothing
/// answered. 2: not written.
pub(super) async fn init(mut args: InitArgs) -> Result<u8, LoadError> {
    if args.plan.exists() && !args.force {
        return Err(refuse(format!(
            "{} is there already; --force replaces it, --plan FILE writes another",
            args.plan.display()
        )));
    }
    let can_ask = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if can_ask {
        ask_for_the_rest(&mut args)?;
    }
    let asked = asked(&args, can_ask)?;
    let mut made = gate_init::init(&asked).await.map_err(|error| match error {
        InitError::TargetSilent(reason) => LoadError::TargetSilent(reason),
        InitError::Wrong(diagnostics) => LoadError::Wrong(diagnostics),
        other => refuse(other.to_string()),
    })?;
    let tried = if made.proven() && !args.no_rehearsal {
        rehearsal::rehearse(&mut made, &args.plan).await
    } else {
        String::new()
    };
    let text = made.text(&hints(&made))?;
    write_atomically(&args.plan, text.as_bytes()).map_err(|error| refuse(error.to_string()))?;
    output::print(&summary(&made, &tried, &args.plan));
    Ok(if made.proven() {
        Verdict::Proven.exit_code()
    } else {
        Verdict::Undecided.exit_code()
    })
}

fn refuse(text: String) -> LoadError {
    LoadError::Unreadable(anyhow!(text))
}

/// What was given, or all that is missing at once.
fn asked(args: &InitArgs, could_ask: bool) -> Result<Asked, LoadError> {
    let mut missing = Vec::new();
    if args.url.is_none() {
        missing.push("--url URL (LAUNCHGATE_URL): the address of the running API".to_owned());
    }
    let mut people = Vec::new();
    for (letter, user, password, token) in [
        ('A', &args.user_a, &args.password_a, &args.token_a),
        ('B', &args.user_b, &args.password_b, &args.token_b),
    ] {
        let low = letter.to_ascii_lowercase();
        let credential = match (user, password, token) {
            (_, _, Some(token)) => Credential::Token(Secret::new(token.clone())),
            (Some(user), Some(password), None) => Credential::Password {
                user: user.clone(),
                password: Secret::new(password.clone()),
            },
            (Some(_), None, None) => {
                missing.push(format!("LAUNCHGATE_PASSWORD_{letter} (--password-{low}): the password"));
                continue;
            }
            (None, _, None) => {
                missing.push(format!(
                    "--user-{low} NAME with LAUNCHGATE_PASSWORD_{letter}, or LAUNCHGATE_TOKEN_{letter}: a test user"
                ));
                continue;
            }
        };
        people.push(Person { letter, credential });
    }
    let (Some(url), Ok(people)) = (&args.url, <[Person; 2]>::try_from(people)) else {
        let why = if could_ask {
            "missing:"
        } else {
            "missing, and this is no terminal to ask on:"
        };
        return Err(refuse(format!("{why}\n  {}", missing.join("\n  "))));
    };
    let document = args
        .openapi
        .as_deref()
        .map(|place| document(place, &args.plan))
        .transpose()?;
    Ok(Asked {
        url: url.clone(),
        document,
        people,
        token_header: args.token_header.clone(),
    })
}

/// A file where there is one of that name, else a place on the network.
fn document(place: &str, plan: &Path) -> Result<Document, LoadError> {
    if !Path::new(place).is_file() {
        let named = place.starts_with('/') || place.starts_with("http://") || place.starts_with("https://");
        return if named {
            Ok(Document::Place(place.to_owned()))
        } else {
            Err(refuse(format!(
                "there is no file {place}; an address begins with http, a path on the API with `/`"
            )))
        };
    }
    Ok(Document::File {
        path: from_the_plan(Path::new(place), plan)?,
        text: load::read_file(Path::new(place))?,
    })
}

/// The path of a file from the folder that the plan is in.
fn from_the_plan(file: &Path, plan: &Path) -> Result<String, LoadError> {
    let folder = plan.parent().unwrap_or(Path::new(""));
    if file.is_relative() && folder.as_os_str().is_empty() {
        return Ok(load::slashes(file));
    }
    let full = |path: &Path| std::path::absolute(path).map_err(|error| refuse(error.to_string()));
    let (file, folder) = (full(file)?, full(folder).or_else(|_| full(Path::new(".")))?);
    let mut there = file.components().peekable();
    let mut here = folder.components().peekable();
    while there.peek().is_some() && there.peek() == here.peek() {
        there.next();
        here.next();
    }
    let up = here
        .filter(|part| matches!(part, Component::Normal(_)))
        .map(|_| PathBuf::from(".."));
    let path: PathBuf = up.chain(there.map(|part| PathBuf::from(part.as_os_str()))).collect();
    Ok(load::slashes(&path))
}

/// The cases that a run would not try, and what lets it.
fn hints(made: &Made) -> Vec<Hint> {
    let spec = Arc::new(made.spec.clone());
    let desk = Arc::new(Desk::new(check_secrets::Place::default(), SharedRedactor::default()));
    let checks = checks::all(&Arc::default(), &desk);
    let planned = gate_engine::plan(&spec, &checks, &Arc::new(Canaries::new()), &Selection::default());
    let lacking = planned.not_testable.into_iter().map(|(case, mut missing)| {
        remedy::complete_missing(&case, &mut missing);
        Hint {
            cases: 1,
            what: missing.what,
            add: missing.add,
        }
    });
    lacking.collect()
}

fn summary(made: &Made, tried: &str, plan: &Path) -> String {
    let mut text = format!("document  {}\n", made.document());
    if let Some(login) = made.login() {
        text.push_str(&format!("login     {login}\n"));
    }
    for proof in &made.proofs {
        let how = match &proof.result {
            Ok(how) => format!("proven: {how}"),
            Err(reason) => format!("NOT PROVEN: {}", reason.detail),
        };
        text.push_str(&format!("user      {}  {how}\n", proof.identity));
    }
    for resource in made.spec.resources.values() {
        text.push_str(&format!("object    {}\n", gate_init::resource_line(resource)));
    }
    text.push_str(tried);
    text.push_str(&format!("\nwrote {}\n", plan.display()));
    if made.proven() {
        text.push_str(&format!(
            "next: with {} in the environment, `launchgate list` and `launchgate run`\n",
            made.variables().join(" and ")
        ));
    } else {
        text.push_str("next: see what is missing in it, beside NOT PROVEN and MISSING; or correct the logins and run this again with --force\n");
    }
    text
}

/// Asks on the terminal for what neither flags nor variables say.
fn ask_for_the_rest(args: &mut InitArgs) -> Result<(), LoadError> {
    ask(
        &mut args.url,
        "Address of the running API, such as http://127.0.0.1:8080",
        false,
    )?;
    for (user, password, token, whose) in [
        (&mut args.user_a, &mut args.password_a, &args.token_a, "One test user"),
        (
            &mut args.user_b,
            &mut args.password_b,
            &args.token_b,
            "A second one, who must not see what is the first one's",
        ),
    ] {
        if token.is_none() {
            ask(user, &format!("{whose}: e-mail address or name"), false)?;
            if user.is_some() {
                ask(password, "Password (not shown, and not written anywhere)", true)?;
            }
        }
    }
    Ok(())
}

fn ask(value: &mut Option<String>, question: &str, hidden: bool) -> Result<(), LoadError> {
    if value.is_some() {
        return Ok(());
    }
    output::complain(&format!("{question}:"));
    let answer = if hidden {
        rpassword::read_password()
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    };
    let answer = answer.map_err(|error| refuse(format!("the terminal cannot be read: {error}")))?;
    let answer = answer.trim_end_matches(['\r', '\n']);
    *value = (!answer.is_empty()).then(|| answer.to_owned());
    Ok(())
}

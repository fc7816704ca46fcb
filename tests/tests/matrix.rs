//! The mutation matrix: each switch of the demo turns exactly the named cases red and leaves all others proven; broken
//! servers and broken plans are never green. One test per row of `matrix.yml`, each on a fresh demo of its own.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use gate_model::Notice;
use launchgate_tests::matrix::{Expectations, Kind, Many, Matrix, Row, Started, drive, leaks};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each row is a server and a gate of its own, and mostly waits for what may come late.
    arguments.test_threads.get_or_insert(4);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(folder.join("matrix.yml")).expect("tests/matrix.yml is there");
    let matrix = Matrix::read(&text).expect("tests/matrix.yml is what this version reads");
    let expectations = Arc::new(Expectations::of(&matrix));
    let mut trials = vec![Trial::test("whole", {
        let matrix = matrix.clone();
        move || whole(&matrix)
    })];
    trials.push(Trial::test("the judge can say no", {
        let expectations = Arc::clone(&expectations);
        move || judge(&expectations)
    }));
    for (kind, row) in matrix.rows() {
        let expectations = Arc::clone(&expectations);
        let part = match kind {
            Kind::Clean => "clean",
            Kind::Hole => "hole",
            Kind::Combined => "combined",
            Kind::Sound => "sound",
            Kind::NeverGreen => "never-green",
        };
        trials.push(Trial::test(row.title(), move || one(kind, &row, &expectations)).with_kind(part));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Every hole and every oddity has a row, and every check is red somewhere.
fn whole(matrix: &Matrix) -> Result<(), Failed> {
    let board = Arc::default();
    let checks: Vec<String> = launchgate::checks::all(&board, &Arc::default())
        .iter()
        .map(|check| check.page().id.as_str().to_owned())
        .collect();
    complain(&matrix.faults(&checks))
}

/// Runs that are not as expected are complained about, and so are secrets in reports.
fn judge(expectations: &Expectations) -> Result<(), Failed> {
    let case = "access/read-other-tenant GET /projects/{projectId} as other-tenant";
    let sound = Row::default();
    let holed = Row {
        hole: Many(vec!["idor-project-read".to_owned()]),
        ..Row::default()
    };
    let expecting = Row {
        red: Many(vec![case.to_owned()]),
        ..Row::default()
    };
    let runtime = runtime()?;
    let (clean, red) = (runtime.block_on(drive(&sound))?, runtime.block_on(drive(&holed))?);
    let told = |kind, row, ran| expectations.complaints(kind, row, ran).join("\n");
    let nos = [
        (told(Kind::Sound, &sound, &red), format!("{case} is fail")),
        (told(Kind::Hole, &expecting, &clean), format!("{case} is pass")),
        (told(Kind::NeverGreen, &sound, &clean), format!("{case} is pass")),
        (told(Kind::NeverGreen, &sound, &red), format!("{case} is fail")),
        (told(Kind::Clean, &sound, &clean), "cases passed".to_owned()),
    ];
    for (told, wanted) in nos {
        if !told.contains(&wanted) {
            return Err(format!("expected a complaint about {wanted:?} among: {told}").into());
        }
    }
    let Started::Report(mut report) = clean.started else {
        return Err("the clean run came to no report".into());
    };
    report
        .notices
        .push(Notice::info("eyJhbGciOiJIUzI1NiJ9 and hunter2hunter2"));
    let found = leaks(&report, &["hunter2hunter2".to_owned()]).join("\n");
    for (name, what) in [
        ("console", "a secret"),
        ("result.json", "a secret"),
        ("console", "a token"),
    ] {
        if !found.lines().any(|line| line.contains(name) && line.contains(what)) {
            return Err(format!("expected {what} to be found in {name}, found: {found}").into());
        }
    }
    Ok(())
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build()
}

fn one(kind: Kind, row: &Row, expectations: &Expectations) -> Result<(), Failed> {
    let ran = runtime()?.block_on(drive(row))?;
    note(row, ran.took);
    complain(&expectations.complaints(kind, row, &ran))
}

fn complain(complaints: &[String]) -> Result<(), Failed> {
    if complaints.is_empty() {
        return Ok(());
    }
    Err(format!("\n  {}", complaints.join("\n  ")).into())
}

/// Keeps how long a row took, for whoever wants to know.
fn note(row: &Row, took: Duration) {
    let name: String = row
        .title()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("matrix");
    if fs::create_dir_all(&folder).is_ok() {
        // Nobody depends on it.
        let _ = fs::write(folder.join(name), format!("{} ms\n", took.as_millis()));
    }
}

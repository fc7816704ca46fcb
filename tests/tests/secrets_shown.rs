//! No report of a scan for secrets shows five bytes of a secret that it found: in no format, in no encoding, wherever the secret stood,
//! also where a file, a commit or a reason is named after it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use check_secrets::{Desk, Kind, Place, Source};
use gate_model::{CaseResult, Counts, FailOn, Outcome, REPORT_VERSION, RunReport, SharedRedactor, Verdict};
use gate_report::{Console, Context};
use launchgate_tests::matrix::{fresh_token, git};
use proptest::prelude::*;

/// How many bytes in a row may not be shown.
const SHORTEST: usize = 5;

/// Ways in which a secret is written into a file.
#[derive(Clone, Copy, Debug)]
enum Hidden {
    Plain,
    Base64,
    Hex,
    Percent,
    Escapes,
    FileName,
    Url,
}

impl Hidden {
    const ALL: [Self; 7] = [
        Self::Plain,
        Self::Base64,
        Self::Hex,
        Self::Percent,
        Self::Escapes,
        Self::FileName,
        Self::Url,
    ];

    fn write(self, folder: &Path, number: usize, secret: &str) {
        let line = format!("key = '{secret}'\n");
        let text = match self {
            Self::Plain | Self::FileName => line,
            Self::Base64 => format!("data: {}\n", STANDARD.encode(line)),
            Self::Hex => format!("data: {}\n", hex(line.as_bytes())),
            Self::Percent => format!("x?q={}\n", percent(line.as_bytes())),
            Self::Escapes => format!("{{\"k\": \"{}\"}}\n", escapes(line.as_bytes())),
            Self::Url => format!("DATABASE_URL=postgres://app:{}@db.acme.test/x\n", &secret[4..24]),
        };
        let name = match self {
            Self::FileName => format!("dir-{secret}/{secret}-{number}.txt"),
            _ => format!("file-{number}.env"),
        };
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn percent(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

fn escapes(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\u{byte:04x}")).collect()
}

/// Every way in which five bytes of a secret could stand in a text.
fn forms(secret: &str) -> Vec<String> {
    let body = &secret.as_bytes()[4..];
    let mut forms = Vec::new();
    for part in body.windows(SHORTEST) {
        forms.push(String::from_utf8_lossy(part).into_owned());
        forms.push(hex(part));
        forms.push(hex(part).to_uppercase());
        forms.push(percent(part));
        forms.push(escapes(part));
    }
    // In base 64 five bytes are seven digits at least, of which the first and the last may hold bits of neighbours.
    for shift in 0..3 {
        let shifted = [&vec![b'x'; shift][..], body].concat();
        for text in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            let own = &text.as_bytes()[4..text.len() - 2];
            forms.extend(own.windows(7).map(|part| String::from_utf8_lossy(part).into_owned()));
        }
    }
    forms
}

fn report(desk: &Desk, cases: Vec<CaseResult>) -> RunReport {
    let verdict = Verdict::of(&cases, FailOn::default());
    RunReport {
        version: REPORT_VERSION,
        tool: "0".to_owned(),
        started_at: "2026-11-22T10:00:00Z".to_owned(),
        duration_ms: 1,
        target: String::new(),
        plan: None,
        verdict,
        exit_code: verdict.exit_code(),
        counts: Counts::of(&cases),
        coverage: gate_model::Coverage::default(),
        identities: Vec::new(),
        cases,
        access: Vec::new(),
        baseline: None,
        full_scan: None,
        latency: Vec::new(),
        sources: desk.take(),
        notices: desk.take_notices(),
        leftovers: Vec::new(),
        requests_sent: 0,
    }
}

fn shown(report: &RunReport) -> Vec<(String, String)> {
    let context = Context {
        pages: launchgate::checks::pages(),
        below: String::new(),
    };
    let files = gate_report::directory_files(report, &context).expect("rendered");
    let mut all: Vec<(String, String)> = files
        .into_iter()
        .map(|file| (file.path, String::from_utf8_lossy(&file.bytes).into_owned()))
        .collect();
    for (color, verbose) in [(false, false), (true, true)] {
        let console = Console {
            color,
            verbose,
            width: 80,
        };
        all.push((format!("console {verbose}"), console.render(report)));
        all.push((format!("places {verbose}"), console.render_places(report)));
    }
    all
}

fn look(folder: &Path, kinds: &[Kind]) -> RunReport {
    let place = Place {
        folder: folder.to_owned(),
        plan_folder: folder.to_owned(),
        ..Place::default()
    };
    let desk = Arc::new(Desk::new(place, SharedRedactor::default()));
    let mut sources: Vec<Source> = kinds.iter().map(|kind| Source::of(*kind)).collect();
    sources.push(Source::of_file(Kind::Artifact, folder.join("bundle")));
    report(&desk, check_secrets::alone(&desk, &sources))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_report_shows_five_bytes_of_a_found_secret(
        hidden in proptest::collection::vec(proptest::sample::select(Hidden::ALL.to_vec()), 1..6),
        in_git in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let here = folder.path();
        let secrets: Vec<String> = hidden.iter().map(|_| fresh_token()).collect();
        for (number, (hidden, secret)) in hidden.iter().zip(&secrets).enumerate() {
            hidden.write(here, number, secret);
        }
        // The first one is in an artefact, an environment file and the words of a commit, too.
        let first = &secrets[0];
        fs::create_dir_all(here.join("bundle")).expect("made");
        fs::write(here.join("bundle/app.js"), format!("var key='{first}';\n")).expect("written");
        fs::write(here.join(".env.production"), format!("API_KEY={first}\n")).expect("written");
        fs::write(here.join(".env.staging"), format!("API_KEY={first}\n")).expect("written");
        let mut kinds = vec![Kind::WorkingTree, Kind::Environment];
        if in_git {
            git(here, &["init", "-q", "-b", "main"]).expect("git");
            git(here, &["add", "-A"]).expect("git");
            kinds.push(Kind::Staged);
            let author = format!("--author=Ann <{first}@acme.test>");
            git(here, &["commit", "-q", "-m", first, &author]).expect("git");
            kinds.push(Kind::History);
        }
        let report = look(here, &kinds);
        let found: usize = report.cases.iter().map(|case| match &case.outcome {
            Outcome::Fail { findings } => findings.len(),
            _ => 0,
        }).sum();
        prop_assert!(found >= hidden.len(), "{found} findings of {} secrets: {:?}", hidden.len(), report.cases);
        let all = shown(&report);
        for secret in &secrets {
            for form in forms(secret) {
                for (name, text) in &all {
                    prop_assert!(!text.contains(&form), "{name} shows a part of a secret that was {hidden:?}");
                }
            }
        }
    }
}

//! `secrets/environment`: do the environment files fit each other, and what each is for?

mod discover;

use std::path::{Path, PathBuf};
use std::time::Instant;

use gate_check::{ClosingProof, Judgement, Procedure, Verdict};
use gate_model::{
    Case, CheckPage, Finding, Fingerprint, FoundSecret, Impact, Location, Missing, RemarkKind, Severity, SourceRemark,
    SourceReport,
};
use secret_scan::{EnvFault, EnvFile, Standing, check_env_files};

use crate::desk::{Desk, folder_of};
use crate::mask::Mask;
use crate::rulebook::Rulebook;
use crate::source::Source;
use crate::verdict::not_scanned;

pub(crate) const PAGE: &str = include_str!("check.md");
/// The largest environment file, in bytes.
const LARGEST: u64 = 4 << 20;
/// Values from this length on, in bytes, are kept out of names; shorter ones are words.
const MASKED: usize = 16;
/// The folder that the planted files pretend to be in.
const PLANTED: &str = "launchgate-control/";

/// Compares the files of a source with each other.
pub(crate) fn decide(desk: &Desk, rulebook: &Rulebook, page: &CheckPage, source: &Source, case: &Case) -> Verdict {
    let began = Instant::now();
    let place = desk.place().cloned().unwrap_or_default();
    let files = match source.files.is_empty() {
        true => discover::files(folder_of(&place.folder)),
        false => source.files.clone(),
    };
    if files.is_empty() {
        return Verdict::not_testable(
            &case.id,
            Missing {
                what: "there is no environment file, so that nothing was compared".to_owned(),
                add: Some(
                    "checks: { secrets: { env: { files: [deploy/staging.env, deploy/production.env] } } }".to_owned(),
                ),
            },
        );
    }
    let (read, bytes) = match read(&files) {
        Ok(read) => read,
        Err(reason) => return Verdict::undecided(&case.id, not_scanned(reason)),
    };
    let count = read.len();
    let values = read
        .iter()
        .flat_map(|file| &file.variables)
        .map(|variable| &variable.value);
    let mask = Mask::of(values.filter(|value| value.expose().len() >= MASKED));
    let planted = planted();
    let expected = planted.len() - 1;
    let faults = check_env_files(&rulebook.scanner, &[read, planted].concat(), &source.required);
    let (controls, faults): (Vec<EnvFault>, Vec<EnvFault>) = faults.into_iter().partition(is_planted);
    let found = [
        controls.iter().any(|fault| matches!(fault, EnvFault::Shared { .. })),
        controls
            .iter()
            .any(|fault| matches!(fault, EnvFault::PublicPrefix { .. })),
    ];
    let mut findings = Vec::new();
    let mut remarks = Vec::new();
    for fault in &faults {
        let fault = Fault::of(fault).cleaned(&mask);
        let (fingerprint, standing) = rulebook.standing_of(fault.rule, &fault.name);
        let print = Fingerprint::from_digits(&fingerprint.to_string());
        match standing {
            Standing::Accepted(entry) => remarks.push(SourceRemark {
                kind: RemarkKind::Accepted,
                secret: fault.secret(),
                source: Some(fault.place.clone()),
                detail: format!("{} (until {})", entry.reason, entry.until),
                fingerprint: print,
            }),
            standing => findings.push(fault.finding(page, case, print, &standing)),
        }
    }
    desk.put(SourceReport {
        case: case.id.clone(),
        what: source.words(),
        files: count as u64,
        commits: 0,
        blobs: 0,
        bytes,
        duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        remarks,
        not_scanned: Vec::new(),
        left_out: 0,
    });
    let hits = found.iter().filter(|found| **found).count();
    let judgement = match findings.is_empty() {
        false => Judgement::Violated(findings),
        true => Judgement::Holds(format!(
            "{count} environment files fit each other and what they are for; both faults that were planted beside them were found"
        )),
    };
    Procedure::begin(case).close(ClosingProof::plants_found(hits, expected), judgement)
}

/// Two files with one secret, which one of them also gives to browsers: two faults that have to be found.
fn planted() -> Vec<EnvFile> {
    let secret: String = {
        use rand::Rng as _;
        let mut random = rand::rng();
        (0..24)
            .map(|_| char::from(b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789"[random.random_range(0..55)]))
            .collect()
    };
    let name = ["CONTROL_SECRET", "_KEY"].concat();
    let file = |path: &str, text: String| EnvFile::parse(&format!("{PLANTED}{path}"), &text);
    vec![
        file(".env.production", format!("{name}={secret}\n")),
        file(".env.staging", format!("{name}={secret}\n")),
        file(
            ".env.browser",
            format!("NEXT_PUBLIC_{name}={secret}x\n{name}={secret}y\n"),
        ),
    ]
}

fn is_planted(fault: &EnvFault) -> bool {
    match fault {
        EnvFault::Missing { path, .. }
        | EnvFault::ProductionValue { path, .. }
        | EnvFault::PublicPrefix { path, .. } => path.starts_with(PLANTED),
        EnvFault::Shared { first, second } => first.0.starts_with(PLANTED) || second.0.starts_with(PLANTED),
    }
}

fn read(files: &[PathBuf]) -> Result<(Vec<EnvFile>, u64), String> {
    let mut all = Vec::new();
    let mut bytes = 0;
    for path in files {
        let shown = shown(path);
        let failed = |why: String| format!("failed to read {shown}: {why}");
        let meta = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?;
        if meta.len() > LARGEST || !meta.is_file() {
            return Err(failed("it is no file, or too large".to_owned()));
        }
        let text = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        bytes += text.len() as u64;
        all.push(EnvFile::parse(&shown, &String::from_utf8_lossy(&text)));
    }
    Ok((all, bytes))
}

fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").map_or(text.clone(), str::to_owned)
}

/// A fault in the words of reports.
struct Fault {
    rule: &'static str,
    title: String,
    place: Location,
    detail: String,
    severity: Severity,
    impact: Impact,
    /// What stays the same when lines move.
    name: String,
}

impl Fault {
    fn of(fault: &EnvFault) -> Self {
        match fault {
            EnvFault::Missing {
                path,
                name,
                required_by,
            } => Self {
                rule: "environment/missing",
                title: format!("{name} is not set in {path}"),
                place: Location::new(path, 1, 1),
                detail: format!("{required_by} asks for {name}, and {path} does not set it, or sets it to nothing"),
                severity: Severity::Medium,
                impact: Impact::Downtime,
                name: format!("{path} {name}"),
            },
            EnvFault::Shared { first, second } => Self {
                rule: "environment/shared",
                title: format!("{} has the value of another environment in {}", second.2, second.0),
                place: Location::new(&second.0, second.1, 1),
                detail: format!(
                    "{} in {} line {} and {} in {} line {} are one secret: whoever gets at one environment gets at the other",
                    first.2, first.0, first.1, second.2, second.0, second.1
                ),
                severity: Severity::High,
                impact: Impact::DataExposure,
                name: format!("{} {} {} {}", first.0, first.2, second.0, second.2),
            },
            EnvFault::ProductionValue { path, line, name, why } => Self {
                rule: "environment/production-value",
                title: format!("{name} in {path} is one of production"),
                place: Location::new(path, *line, 1),
                detail: format!("{path} is for development, and {name} holds {why}"),
                severity: Severity::High,
                impact: Impact::DataExposure,
                name: format!("{path} {name}"),
            },
            EnvFault::PublicPrefix { path, line, name, rule } => Self {
                rule: "environment/public-prefix",
                title: format!("{name} in {path} is given to every visitor"),
                place: Location::new(path, *line, 1),
                detail: match rule {
                    Some(rule) => {
                        format!("build tools put {name} into what browsers get, and its value is a secret ({rule})")
                    }
                    None => format!("build tools put {name} into what browsers get, and it is a secret by its name"),
                },
                severity: Severity::Critical,
                impact: Impact::DataExposure,
                name: format!("{path} {name}"),
            },
        }
    }

    /// Without any value that is named in a path.
    fn cleaned(self, mask: &Mask) -> Self {
        Self {
            title: mask.clean(&self.title),
            detail: mask.clean(&self.detail),
            place: Location::new(mask.clean(&self.place.file), self.place.line, self.place.column),
            ..self
        }
    }

    fn secret(&self) -> FoundSecret {
        FoundSecret {
            rule: self.rule.to_owned(),
            title: self.title.clone(),
            sketch: "an environment variable".to_owned(),
            confidence: "high".to_owned(),
            reasons: Vec::new(),
            parts: Vec::new(),
            decoders: Vec::new(),
            commit: None,
        }
    }

    fn finding(self, page: &CheckPage, case: &Case, fingerprint: Fingerprint, standing: &Standing) -> Finding {
        let more = match standing {
            Standing::Lapsed(entry) => format!("; it was accepted until {}, which is over", entry.until),
            Standing::Claimed(words) => format!("; not silenced by {words}: that counts from the base"),
            _ => String::new(),
        };
        Finding {
            check: page.id.clone(),
            case: case.id.clone(),
            title: self.title.clone(),
            severity: self.severity,
            impact: self.impact,
            operation: None,
            actor: "whoever reads it".to_owned(),
            owner: None,
            detail: format!("{}{more}", self.detail),
            evidence: Vec::new(),
            remediation: page.remediation.clone(),
            references: page.references.clone(),
            secret: Some(self.secret()),
            source: Some(self.place),
            root_cause: format!("{} {}", case.id, fingerprint.as_str()),
            fingerprint,
        }
    }
}

#[cfg(test)]
mod tests {
    use secret_scan::Scanner;

    use super::*;

    #[test]
    fn both_planted_faults_are_found_and_no_other_file_is_drawn_in() {
        let own = EnvFile::parse(".env.production", "NAME=value\n");
        let faults = check_env_files(&Scanner::default(), &[vec![own], planted()].concat(), &[]);
        assert!(faults.iter().all(is_planted), "{faults:?}");
        assert!(
            faults.iter().any(|fault| matches!(fault, EnvFault::Shared { .. })),
            "{faults:?}"
        );
        assert!(
            faults
                .iter()
                .any(|fault| matches!(fault, EnvFault::PublicPrefix { .. })),
            "{faults:?}"
        );
    }
}

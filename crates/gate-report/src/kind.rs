//! The reports by name, and the files of a report directory.

use std::fmt;
use std::str::FromStr;

use gate_model::RunReport;

use crate::{Context, ReportError, json, junit, latency, sarif};

/// A report that is written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportKind {
    /// JUnit XML, as GitLab, Jenkins and the GitHub actions read it.
    Junit,
    /// The whole run, to be read back.
    Json,
    /// SARIF 2.1.0, as GitHub code scanning takes it.
    Sarif,
    /// Percentiles for programs.
    LatencyJson,
    /// Percentiles as a Markdown table.
    LatencyMarkdown,
    /// The percentile distribution of all operations together, in the text format of HdrHistogram, in milliseconds.
    LatencyHgrm,
}

impl ReportKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Junit,
        Self::Json,
        Self::Sarif,
        Self::LatencyJson,
        Self::LatencyMarkdown,
        Self::LatencyHgrm,
    ];

    /// The word for it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Junit => "junit",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::LatencyJson => "latency-json",
            Self::LatencyMarkdown => "latency-md",
            Self::LatencyHgrm => "latency-hgrm",
        }
    }

    /// Its file in a report directory.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Junit => "junit.xml",
            Self::Json => "result.json",
            Self::Sarif => "launchgate.sarif",
            Self::LatencyJson => "latency.json",
            Self::LatencyMarkdown => "latency.md",
            Self::LatencyHgrm => "latency.hgrm",
        }
    }
}

impl fmt::Display for ReportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ReportKind {
    type Err = ReportError;

    fn from_str(name: &str) -> Result<Self, ReportError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| ReportError::UnknownKind(crate::foreign::line(name, 60)))
    }
}

/// Makes one report.
///
/// # Errors
/// Where the run cannot be said in that format, such as a histogram that cannot be decoded.
pub fn render(kind: ReportKind, report: &RunReport, context: &Context) -> Result<Vec<u8>, ReportError> {
    match kind {
        ReportKind::Junit => junit::render(report),
        ReportKind::Json => json::render(report),
        ReportKind::Sarif => sarif::render(report, context),
        ReportKind::LatencyJson => latency::json::render(report),
        ReportKind::LatencyMarkdown => Ok(latency::markdown::render(report)),
        ReportKind::LatencyHgrm => latency::hgrm::render_merged(report),
    }
    .map(String::into_bytes)
}

/// A file of a report directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    /// Its path in the directory, with forward slashes; made of letters, digits, `-`, `.` and `_` alone.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// All reports as files of one directory: one of each kind, and below `latency/` the distribution of each operation, since
/// readers of the HdrHistogram text format plot one series per file.
///
/// # Errors
/// See [`render`].
pub fn directory_files(report: &RunReport, context: &Context) -> Result<Vec<ReportFile>, ReportError> {
    let mut files = Vec::new();
    for kind in ReportKind::ALL {
        files.push(ReportFile {
            path: kind.file_name().to_owned(),
            bytes: render(kind, report, context)?,
        });
    }
    files.extend(latency::hgrm::render_each(report)?);
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn names_are_read_back() {
        for kind in ReportKind::ALL {
            assert_eq!(kind.to_string().parse::<ReportKind>().expect("known"), kind);
        }
        let unknown = "ju\u{1b}nit".parse::<ReportKind>().expect_err("unknown").to_string();
        assert!(
            unknown.contains("ju\\u{1b}nit") && unknown.contains("latency-hgrm"),
            "{unknown}"
        );
    }

    #[test]
    fn a_directory_holds_every_kind_and_every_operation() {
        let files = directory_files(&sample::mixed(), &Context::default()).expect("rendered");
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "junit.xml",
                "result.json",
                "launchgate.sarif",
                "latency.json",
                "latency.md",
                "latency.hgrm",
                "latency/sampled-get-projects.hgrm",
                "latency/run-get-projects-id.hgrm",
            ]
        );
        assert!(files.iter().all(|file| !file.bytes.is_empty()));
    }
}

//! The reports by name, and the files of a report directory.

use std::fmt;
use std::str::FromStr;

use gate_model::RunReport;

use crate::{Context, ReportError, github, gitlab, html, json, junit, latency, markdown, metrics, sarif};

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
    /// One HTML page.
    Html,
    /// The summary of a CI job, as Markdown.
    Summary,
    /// The one comment of a pull or merge request, as Markdown.
    Comment,
    /// Workflow commands of GitHub Actions that mark lines.
    Annotations,
    /// Outputs of a step of GitHub Actions.
    Outputs,
    /// GitLab's code quality report.
    GitlabCodeQuality,
    /// GitLab's report of dynamic scans.
    GitlabDast,
    /// GitLab's report of secret detection.
    GitlabSecrets,
    /// GitLab's load performance report, in the shape of k6.
    GitlabLoadPerformance,
    /// OpenMetrics text.
    Metrics,
}

impl ReportKind {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Junit,
        Self::Json,
        Self::Sarif,
        Self::LatencyJson,
        Self::LatencyMarkdown,
        Self::LatencyHgrm,
        Self::Html,
        Self::Summary,
        Self::Comment,
        Self::Annotations,
        Self::Outputs,
        Self::GitlabCodeQuality,
        Self::GitlabDast,
        Self::GitlabSecrets,
        Self::GitlabLoadPerformance,
        Self::Metrics,
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
            Self::Html => "html",
            Self::Summary => "summary",
            Self::Comment => "comment",
            Self::Annotations => "annotations",
            Self::Outputs => "outputs",
            Self::GitlabCodeQuality => "gl-codequality",
            Self::GitlabDast => "gl-dast",
            Self::GitlabSecrets => "gl-secrets",
            Self::GitlabLoadPerformance => "gl-load-performance",
            Self::Metrics => "metrics",
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
            Self::Html => "report.html",
            Self::Summary => "summary.md",
            Self::Comment => "comment.md",
            Self::Annotations => "annotations.txt",
            Self::Outputs => "outputs.txt",
            Self::GitlabCodeQuality => "gl-code-quality-report.json",
            Self::GitlabDast => "gl-dast-report.json",
            Self::GitlabSecrets => "gl-secret-detection-report.json",
            Self::GitlabLoadPerformance => "gl-load-performance.json",
            Self::Metrics => "metrics.txt",
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
        ReportKind::Html => Ok(html::render(report)),
        ReportKind::Summary => Ok(markdown::summary::render(report)),
        ReportKind::Comment => Ok(markdown::comment::render(report)),
        ReportKind::Annotations => Ok(github::annotations::render(report, context)),
        ReportKind::Outputs => Ok(github::outputs::render(report)),
        ReportKind::GitlabCodeQuality => gitlab::code_quality::render(report, context),
        ReportKind::GitlabDast => gitlab::dast::render(report),
        ReportKind::GitlabSecrets => gitlab::secret_detection::render(report, context),
        ReportKind::GitlabLoadPerformance => gitlab::load_performance::render(report),
        ReportKind::Metrics => Ok(metrics::render(report)),
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
                "report.html",
                "summary.md",
                "comment.md",
                "annotations.txt",
                "outputs.txt",
                "gl-code-quality-report.json",
                "gl-dast-report.json",
                "gl-secret-detection-report.json",
                "gl-load-performance.json",
                "metrics.txt",
                "latency/sampled-get-projects.hgrm",
                "latency/run-get-projects-id.hgrm",
            ]
        );
        assert!(files.iter().all(|file| !file.bytes.is_empty()));
    }
}

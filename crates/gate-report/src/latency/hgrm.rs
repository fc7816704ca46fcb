//! The percentile distribution in the text format of HdrHistogram (`.hgrm`), in milliseconds.
//!
//! Layout of `AbstractHistogram.outputPercentileDistribution` in the Java original, which the plotters are written against:
//! lines of value, percentile, running count and 1/(1-percentile); the last line, of percentile 1, has no fourth column.
//! Plotters draw one series per file, so that each operation has a file of its own beside the merged one.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use gate_model::RunReport;
use hdrhistogram::Histogram;

use super::together::{Together, together};
use super::{histogram, phase};
use crate::{ReportError, ReportFile, foreign};

const MICROS_PER_MS: f64 = 1000.0;
/// Steps per halving of the distance to 100 %, as in the original.
const TICKS: u32 = 5;
/// The longest file name before its ending.
const MAX_NAME: usize = 80;

/// All operations together.
pub(crate) fn render_merged(report: &RunReport) -> Result<String, ReportError> {
    let Together {
        phase: wanted,
        operations,
        histogram,
    } = together(report)?;
    let title = format!("{operations} operations, {}", phase(wanted));
    Ok(distribution(&title, histogram.as_ref()))
}

/// Each operation with a histogram, as a file below `latency/`.
pub(crate) fn render_each(report: &RunReport) -> Result<Vec<ReportFile>, ReportError> {
    let mut taken = BTreeSet::new();
    let mut files = Vec::new();
    for latency in &report.latency {
        let Some(one) = histogram::decode(latency)? else {
            continue;
        };
        let stem = format!("{}-{}", phase(latency.phase), stem(latency.operation.as_str()));
        let mut name = stem.clone();
        let mut number = 1;
        while !taken.insert(name.clone()) {
            number += 1;
            name = format!("{stem}-{number}");
        }
        let title = format!(
            "{}, {}",
            foreign::line(latency.operation.as_str(), 200),
            phase(latency.phase)
        );
        files.push(ReportFile {
            path: format!("latency/{name}.hgrm"),
            bytes: distribution(&title, Some(&one)).into_bytes(),
        });
    }
    Ok(files)
}

/// Letters and digits of an operation, lower case, with `-` between: `get-projects-id`.
fn stem(operation: &str) -> String {
    let mut stem = String::new();
    for c in operation.chars().take(4 * MAX_NAME) {
        if c.is_ascii_alphanumeric() {
            stem.push(c.to_ascii_lowercase());
        } else if !stem.is_empty() && !stem.ends_with('-') {
            stem.push('-');
        }
    }
    stem.truncate(MAX_NAME);
    let stem = stem.trim_end_matches('-');
    if stem.is_empty() {
        "operation".to_owned()
    } else {
        stem.to_owned()
    }
}

fn distribution(title: &str, histogram: Option<&Histogram<u64>>) -> String {
    let mut out = format!("# {title}; values in milliseconds\n");
    let _ = writeln!(
        out,
        "{:>12} {:>14} {:>10} {:>14}\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    );
    let Some(histogram) = histogram.filter(|histogram| !histogram.is_empty()) else {
        footer(&mut out, 0.0, 0.0, 0.0, 0, 0);
        return out;
    };
    let ms = |micros: u64| micros as f64 / MICROS_PER_MS;
    let mut seen = 0_u64;
    for step in histogram.iter_quantiles(TICKS) {
        seen = seen.saturating_add(step.count_since_last_iteration());
        let (value, quantile) = (ms(step.value_iterated_to()), step.quantile_iterated_to());
        let _ = if quantile < 1.0 {
            writeln!(
                out,
                "{value:12.3} {quantile:2.12} {seen:10} {:14.2}",
                1.0 / (1.0 - quantile)
            )
        } else {
            writeln!(out, "{value:12.3} {quantile:2.12} {seen:10}")
        };
    }
    footer(
        &mut out,
        histogram.mean() / MICROS_PER_MS,
        histogram.stdev() / MICROS_PER_MS,
        ms(histogram.max()),
        histogram.len(),
        histogram.buckets(),
    );
    out
}

fn footer(out: &mut String, mean: f64, deviation: f64, max: f64, total: u64, buckets: u8) {
    // Decoding admits no more than three digits, which is 2,048 sub-buckets.
    let _ = writeln!(out, "#[Mean    = {mean:12.3}, StdDeviation   = {deviation:12.3}]");
    let _ = writeln!(out, "#[Max     = {max:12.3}, Total count    = {total:12}]");
    let _ = writeln!(out, "#[Buckets = {buckets:12}, SubBuckets     = {:12}]", 2048);
}

#[cfg(test)]
mod tests {
    use gate_model::LatencyPhase;

    use super::*;
    use crate::sample;

    #[test]
    fn a_distribution_looks_like_the_original() {
        let mut report = sample::report(Vec::new());
        report.latency = vec![sample::latency("GET /a", &[1_000, 2_000, 3_000, 4_000])];
        let text = render_merged(&report).expect("rendered");
        assert!(
            text.starts_with(
                "# 1 operations, sampled; values in milliseconds
       Value     Percentile TotalCount 1/(1-Percentile)

       1.000 0.000000000000          1           1.00
       1.000 0.100000000000          1           1.11
"
            ),
            "{text}"
        );
        assert!(
            text.ends_with(
                "       4.001 1.000000000000          4
#[Mean    =        2.501, StdDeviation   =        1.118]
#[Max     =        4.001, Total count    =            4]
#[Buckets =           16, SubBuckets     =         2048]
"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_run_without_samples_is_an_empty_distribution() {
        let text = render_merged(&sample::report(Vec::new())).expect("rendered");
        assert!(
            text.contains("Total count    =            0]") && !text.contains("NaN"),
            "{text}"
        );
    }

    #[test]
    fn histograms_that_grew_by_themselves_are_merged() {
        use base64::Engine as _;
        use hdrhistogram::serialization::{Serializer, V2Serializer};
        let grown = |operation: &str, values: &[u64]| {
            let mut histogram = Histogram::<u32>::new(3).expect("digits");
            values.iter().for_each(|value| histogram.record(*value).expect("grows"));
            let mut bytes = Vec::new();
            V2Serializer::new()
                .serialize(&histogram, &mut bytes)
                .expect("serialised");
            let mut latency = sample::latency(operation, &[]);
            latency.histogram = base64::engine::general_purpose::STANDARD.encode(bytes);
            latency
        };
        let mut report = sample::report(Vec::new());
        // Without exchanges, short ones, and one that took ten minutes.
        report.latency = vec![
            grown("GET /a", &[]),
            grown("GET /b", &[700, 900]),
            grown("GET /c", &[600_000_000]),
        ];
        let text = render_merged(&report).expect("rendered");
        assert!(
            text.starts_with("# 3 operations, sampled") && text.contains("Total count    =            3]"),
            "{text}"
        );
        assert!(text.contains("\n  600309.759 1.000000000000          3\n"), "{text}");
        assert_eq!(render_each(&report).expect("rendered").len(), 3);
    }

    #[test]
    fn phases_do_not_mix_and_names_do_not_collide() {
        let mut report = sample::report(Vec::new());
        report.latency = vec![
            sample::latency("GET /a/{id}", &[1_000]),
            sample::latency("GET /a/id", &[2_000, 2_000]),
            sample::latency("GET /../../etc/\u{1b}", &[3_000]),
            sample::latency("世界", &[3_000]),
        ];
        report.latency[1].phase = LatencyPhase::Run;
        report.latency.push(sample::latency("GET /a-id", &[5_000]));
        let merged = render_merged(&report).expect("rendered");
        assert!(merged.contains("Total count    =            4]"), "{merged}");
        let names: Vec<String> = render_each(&report)
            .expect("rendered")
            .into_iter()
            .map(|file| file.path)
            .collect();
        assert_eq!(
            names,
            [
                "latency/sampled-get-a-id.hgrm",
                "latency/run-get-a-id.hgrm",
                "latency/sampled-get-etc.hgrm",
                "latency/sampled-operation.hgrm",
                "latency/sampled-get-a-id-2.hgrm",
            ]
        );
    }
}

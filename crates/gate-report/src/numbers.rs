//! Figures as people write them.

/// `1,204`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `840 ms`, `41.2 s`, `3 min 20 s`.
pub(crate) fn duration(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..120_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

/// `1 case`, `2 cases`.
pub(crate) fn plural(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number as u64), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_readable() {
        assert_eq!(
            [count(0), count(999), count(1204), count(1_234_567)],
            ["0", "999", "1,204", "1,234,567"]
        );
        assert_eq!(
            [duration(840), duration(41_234), duration(200_000)],
            ["840 ms", "41.2 s", "3 min 20 s"]
        );
        assert_eq!(
            [plural(1, "case", "cases"), plural(0, "case", "cases")],
            ["1 case", "0 cases"]
        );
    }
}

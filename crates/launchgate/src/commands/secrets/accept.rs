//! `launchgate secrets accept`: adds a line to the accepted findings.

use std::path::Path;

use check_secrets::SUPPRESSIONS;
use gate_report::write_atomically;
use rand::Rng as _;
use secret_scan::{Fingerprint, FingerprintKey, Suppression, Suppressions};

use crate::cli::AcceptArgs;
use crate::output;

/// The longest reason, in characters.
const LONGEST: usize = 500;

/// Accepts a finding that the same scan finds, so that nothing is accepted that is not there.
pub(super) fn accept(args: &AcceptArgs) -> Result<u8, String> {
    let wanted: Fingerprint = args
        .fingerprint
        .trim()
        .to_ascii_lowercase()
        .parse()
        .map_err(|()| "a fingerprint is 32 hexadecimal digits, as a report shows it".to_owned())?;
    let reason = args.reason.split_whitespace().collect::<Vec<_>>().join(" ");
    if reason.is_empty() || reason.chars().count() > LONGEST {
        return Err(format!("--reason needs a text of at most {LONGEST} characters"));
    }
    let until = until(&args.expires)?;
    let (desk, sources) = super::desk(&args.scan, false)?;
    check_secrets::alone(&desk, &sources);
    let path = desk
        .repository()
        .unwrap_or_else(|| args.scan.folder())
        .join(SUPPRESSIONS);
    let mut entries = read(&path)?;
    // A new file brings a key of its own, under which the same secret has another fingerprint.
    let Some((rule, fingerprint)) = desk.rulebook()?.under(&wanted, entries.key()) else {
        return Err(format!(
            "nothing has the fingerprint {wanted} in what was looked at; name where it was found, such as --base, --history or --log"
        ));
    };
    entries.insert(
        fingerprint,
        Suppression {
            rule: rule.clone(),
            until: until.clone(),
            reason,
        },
    );
    write_atomically(&path, entries.format().as_bytes()).map_err(|error| error.to_string())?;
    output::print(&format!(
        "accepted {rule} until {until} in {}; it counts once it is in the base of a pull request\n",
        path.strip_prefix(".").unwrap_or(&path).display()
    ));
    Ok(0)
}

/// The entries of the file, or none with a new key.
fn read(path: &Path) -> Result<Suppressions, String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Suppressions::parse(&text).map_err(|error| format!("{}: {error}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key: [u8; 16] = rand::rng().random();
            Ok(Suppressions::new(FingerprintKey::new(&key)))
        }
        Err(error) => Err(format!("failed to read {}: {error}", path.display())),
    }
}

/// The last day: one that is named, or so long from now.
fn until(text: &str) -> Result<String, String> {
    let wrong = || format!("`{text}` is no day such as 2027-06-30, and no time such as 90d");
    let form = time::macros::format_description!("[year]-[month]-[day]");
    let today = time::OffsetDateTime::now_utc().date();
    let day = match time::Date::parse(text, form) {
        Ok(day) => day,
        Err(_) => {
            let length = humantime::parse_duration(text).map_err(|_| wrong())?;
            let days = i64::try_from(length.as_secs() / 86_400).map_err(|_| wrong())?;
            today.checked_add(time::Duration::days(days)).ok_or_else(wrong)?
        }
    };
    if day < today {
        return Err(format!("{day} is over already"));
    }
    day.format(form).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::until;

    #[test]
    fn ends_are_days_or_times_from_now() {
        assert_eq!(until("2999-12-31").as_deref(), Ok("2999-12-31"));
        assert!(until("90d").is_ok_and(|day| day.len() == 10));
        for wrong in ["2020-01-01", "2027-13-01", "soon", ""] {
            assert!(until(wrong).is_err(), "{wrong}");
        }
    }
}

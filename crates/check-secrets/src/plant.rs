//! The control of every source: secrets that were made for this run, which the same scan has to find.
//!
//! They are tokens of real forms with a right checksum, so that nothing but the whole engine finds them: the prefilter, the
//! rule, the judgement; and for the second one the container and the encoding around it as well. Nobody issued them.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use rand::Rng as _;
use secret_scan::{Catalog, Plant};

/// Rules whose tokens end with a CRC-32 in base 62, with what the tokens begin with. The first that is not switched off serves.
const FORMS: [(&str, &str); 4] = [
    ("github/personal-access-token", "ghp_"),
    ("npm/access-token", "npm_"),
    ("github/oauth-token", "gho_"),
    ("github/server-token", "ghs_"),
];
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Random digits of such a token.
const RANDOM: usize = 30;
/// Digits of its checksum.
const CHECKSUM: usize = 6;

/// What to plant, where the rules can find it: one as it is, one encoded within a compressed file. None where every rule
/// that it could be for is switched off.
pub(crate) fn plants(catalog: &Catalog) -> Vec<Plant> {
    let known = |(rule, _): &&(&str, &str)| catalog.definitions().any(|definition| definition.id == *rule);
    let Some((_, begin)) = FORMS.iter().find(known) else {
        return Vec::new();
    };
    let plain = token(begin);
    let hidden = token(begin);
    let line = |token: &str| format!("key = '{token}'\n");
    let mut plants = vec![Plant {
        path: "launchgate-control/plain.txt".to_owned(),
        bytes: line(&plain).into_bytes(),
        secret: plain.into_bytes(),
    }];
    if let Some(bytes) = compressed(&format!("data: {}\n", STANDARD.encode(line(&hidden)))) {
        plants.push(Plant {
            path: "launchgate-control/hidden.txt.gz".to_owned(),
            bytes,
            secret: hidden.into_bytes(),
        });
    }
    plants
}

fn token(begin: &str) -> String {
    let mut random = rand::rng();
    let body: String = (0..RANDOM)
        .map(|_| char::from(DIGITS[random.random_range(0..DIGITS.len())]))
        .collect();
    let mut rest = crc32fast::hash(body.as_bytes()) as usize;
    let mut tail = [b'0'; CHECKSUM];
    for digit in tail.iter_mut().rev() {
        *digit = DIGITS[rest % DIGITS.len()];
        rest /= DIGITS.len();
    }
    format!("{begin}{body}{}", String::from_utf8_lossy(&tail))
}

fn compressed(text: &str) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use secret_scan::{ScanOptions, Scanner, TreeOptions, scan_tree};

    use super::*;

    fn found(catalog: Catalog) -> (usize, usize) {
        let plants = plants(&catalog);
        let planted = plants.len();
        let options = ScanOptions {
            plants,
            ..ScanOptions::default()
        };
        let empty = tempfile::tempdir().expect("a folder");
        let scan = scan_tree(&Scanner::new(catalog, options), empty.path(), &TreeOptions::default());
        (scan.expect("a scan").plants_found, planted)
    }

    #[test]
    fn plants_are_found_plain_and_hidden_whichever_rule_is_left() {
        assert_eq!(found(Catalog::built_in()), (2, 2));
        for left in 1..FORMS.len() {
            let off: Vec<&str> = FORMS[..left].iter().map(|(rule, _)| *rule).collect();
            assert_eq!(
                found(Catalog::built_in().without(&off).expect("rules")),
                (2, 2),
                "{left}"
            );
        }
        let all = FORMS.map(|(rule, _)| rule);
        assert_eq!(found(Catalog::built_in().without(&all).expect("rules")), (0, 0));
    }

    #[test]
    fn no_two_runs_plant_the_same() {
        assert_ne!(
            plants(&Catalog::built_in())[0].secret,
            plants(&Catalog::built_in())[0].secret
        );
    }
}

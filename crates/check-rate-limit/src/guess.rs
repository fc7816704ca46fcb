//! Values that an attacker would send: accounts that do not exist, secrets that are wrong. Each is of the shape of what it stands
//! for, so that it is refused for being wrong and not for its form.

use rand::Rng as _;
use rand::seq::IndexedRandom as _;

/// The domain of invented addresses, which is never delivered to (RFC 2606 section 2).
const DOMAIN: &str = "launchgate.test";
const HEX: &[u8] = b"0123456789abcdef";

fn hex(length: usize) -> String {
    let mut rng = rand::rng();
    (0..length)
        .filter_map(|_| HEX.choose(&mut rng))
        .map(|digit| char::from(*digit))
        .collect()
}

fn digits_like(value: &str) -> String {
    let mut rng = rand::rng();
    value
        .chars()
        .map(|c| {
            if c.is_ascii_digit() {
                char::from(b'0' + rng.random_range(0..10u8))
            } else {
                c
            }
        })
        .collect()
}

fn is_number(value: &str) -> bool {
    value.chars().any(|c| c.is_ascii_digit())
        && value
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-'))
}

/// An account that does not exist, of the shape of one that does.
pub(crate) fn account(model: &str) -> String {
    match model.rsplit_once('@') {
        Some((_, domain)) if domain.contains('.') && !domain.contains("{{") => format!("lg-{}@{domain}", hex(12)),
        Some(_) => format!("lg-{}@{DOMAIN}", hex(12)),
        None if is_number(model) => digits_like(model),
        None => format!("lg{}", hex(12)),
    }
}

/// A secret that is wrong, of the shape of the right one: a code has as many digits, a password satisfies common rules.
pub(crate) fn secret(model: &str) -> String {
    let parts: Vec<usize> = model.split('-').map(str::len).collect();
    if is_number(model) {
        let other = digits_like(model);
        if other == model { secret(model) } else { other }
    } else if parts == [8, 4, 4, 4, 12] {
        let parts: Vec<String> = parts.into_iter().map(hex).collect();
        parts.join("-")
    } else {
        format!("Lg-{}-9x", hex(16))
    }
}

/// A word that no route is called.
pub(crate) fn word() -> String {
    format!("lg{}", hex(10))
}

/// An address of the documentation ranges (RFC 5737), which is nobody's.
pub(crate) fn ipv4() -> String {
    let last = rand::rng().random_range(1..255u8);
    let net = ["203.0.113", "198.51.100", "192.0.2"].choose(&mut rand::rng()).copied();
    format!("{}.{last}", net.unwrap_or("203.0.113"))
}

/// An address of the documentation range of IPv6 (RFC 3849).
pub(crate) fn ipv6() -> String {
    format!("2001:db8:{}::{}", hex(4), hex(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guesses_have_the_shape_of_what_they_stand_for() {
        assert!(account("alice@acme.test").ends_with("@acme.test"));
        assert!(account("x@localhost").ends_with("@launchgate.test"));
        assert_eq!(account("+49 170 1234567").len(), "+49 170 1234567".len());
        assert!(account("alice").starts_with("lg"));
        assert_eq!(secret("123456").len(), 6);
        assert_ne!(secret("1"), "1");
        assert_eq!(secret("c56a4180-65aa-42ec-a945-5fd21dec0538").len(), 36);
        assert_ne!(secret("hunter2"), secret("hunter2"));
    }
}

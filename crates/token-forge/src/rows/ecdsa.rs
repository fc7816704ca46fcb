//! Signatures of elliptic curves: zeros, other curves, other forms of the same signature.

use crate::algorithm::{Algorithm, KeyKind};
use crate::forge::{Forged, Input, Maker, Signer};
use crate::jws::{Jws, compact, signing_input};
use crate::row::{Acceptance, Family, Group, Row, Severity};

pub(super) const ROWS: &[Row] = &[
    Row {
        id: "psychic-signature",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Hole(Severity::Critical),
        sources: &["CVE-2022-21449", "RFC 8725 section 3.4", "ASVS 9.1.1", "CWE-347"],
        explanation: "Both numbers of the signature are zero (or the order of the curve), raw and in DER: such a signature verifies \
                      everything where the numbers are not checked first.",
        maker: Maker::Jwt(psychic),
    },
    Row {
        id: "signature-der",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["RFC 7518 section 3.4"],
        explanation: "The good signature in DER instead of two numbers of fixed length: it is genuine, but one token has several \
                      texts, which defeats deny lists of texts.",
        maker: Maker::Jwt(der_form),
    },
    Row {
        id: "signature-mirrored",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["RFC 7518 section 3.4", "RFC 8725 section 3.4"],
        explanation: "The second number is replaced by the order of the curve less itself: the signature is as good as before, but \
                      one token has several texts, which defeats deny lists of texts.",
        maker: Maker::Jwt(mirrored),
    },
    Row {
        id: "wrong-curve",
        family: Family::Jwt,
        group: Group::Full,
        acceptance: Acceptance::Note,
        sources: &["RFC 7518 section 3.4", "RFC 8725 section 3.4"],
        explanation: "The issuer's key signs under the name of an algorithm of another curve: each algorithm belongs to one curve, \
                      and only the issuer can make this token.",
        maker: Maker::Signed(wrong_curve),
    },
];

/// Orders of the curves (FIPS 186-5, SEC 2) in hexadecimal.
const ORDERS: [(Algorithm, &str); 3] = [
    (
        Algorithm::Es256,
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    ),
    (
        Algorithm::Es384,
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    ),
    (
        Algorithm::Es512,
        "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    ),
];

/// The order of the token's curve, big end first; a reason where it has none.
fn order(token: &Jws) -> Result<Vec<u8>, Forged> {
    let algorithm = token
        .algorithm()
        .filter(|algorithm| algorithm.key_kind() == KeyKind::Ec);
    let found = ORDERS.iter().find(|(known, _)| Some(*known) == algorithm);
    let (_, digits) = found.ok_or_else(|| Forged::not_applicable("the token is not signed with ECDSA"))?;
    let pairs = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16));
    Ok(pairs.map(|pair| pair.expect("the orders are hexadecimal")).collect())
}

fn halves<'a>(token: &'a Jws, order: &[u8]) -> Result<(&'a [u8], &'a [u8]), Forged> {
    let signature = token.signature().filter(|signature| signature.len() == 2 * order.len());
    signature
        .map(|signature| signature.split_at(order.len()))
        .ok_or_else(|| Forged::not_applicable("the signature has not the length of its algorithm"))
}

/// A sequence of two integers (X.690 section 8).
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len() - 1);
        let mut number = number[start..].to_vec();
        if number[0] >= 0x80 {
            number.insert(0, 0);
        }
        [vec![2, short(number.len())], number].concat()
    };
    let content = [integer(r), integer(s)].concat();
    let length = short(content.len());
    let head = if length < 0x80 {
        vec![0x30, length]
    } else {
        vec![0x30, 0x81, length]
    };
    [head, content].concat()
}

/// Two numbers of 66 bytes with their heads are the longest content.
fn short(length: usize) -> u8 {
    u8::try_from(length).expect("a signature of these curves has less than 256 bytes")
}

fn psychic(_: &Input<'_>, token: &Jws) -> Forged {
    let order = match order(token) {
        Ok(order) => order,
        Err(why) => return why,
    };
    let zero = vec![0; order.len()];
    let input = token.signing_input();
    let sign = |signature: &[u8]| Some(compact(&input, signature));
    Forged::tokens([
        ("zeros", sign(&[zero.clone(), zero.clone()].concat())),
        ("zeros-der", sign(&der(&zero, &zero))),
        ("order", sign(&[order.clone(), order.clone()].concat())),
        ("zero-and-order", sign(&[zero, order].concat())),
    ])
}

fn der_form(_: &Input<'_>, token: &Jws) -> Forged {
    let made = order(token).and_then(|order| {
        let (r, s) = halves(token, &order)?;
        Ok(Forged::token(Some(compact(&token.signing_input(), &der(r, s)))))
    });
    made.unwrap_or_else(|why| why)
}

fn mirrored(_: &Input<'_>, token: &Jws) -> Forged {
    let made = order(token).and_then(|order| {
        let (r, s) = halves(token, &order)?;
        let signature = [r.to_vec(), difference(&order, s)].concat();
        Ok(Forged::token(Some(compact(&token.signing_input(), &signature))))
    });
    made.unwrap_or_else(|why| why)
}

/// `whole - part`, both of the same length, `part` not larger.
fn difference(whole: &[u8], part: &[u8]) -> Vec<u8> {
    let mut borrow = false;
    let mut result = vec![0; whole.len()];
    for at in (0..whole.len()).rev() {
        let (less, first) = whole[at].overflowing_sub(part[at]);
        let (less, second) = less.overflowing_sub(u8::from(borrow));
        (result[at], borrow) = (less, first || second);
    }
    result
}

fn wrong_curve(_: &Input<'_>, token: &Jws, signer: &Signer) -> Forged {
    if let Err(why) = order(token) {
        return why;
    }
    let others = ORDERS.iter().map(|(algorithm, _)| *algorithm);
    let others = others.filter(|algorithm| Some(*algorithm) != token.algorithm());
    Forged::tokens(others.map(|algorithm| {
        let mut header = token.header().clone();
        header.insert("alg".to_owned(), algorithm.name().into());
        let input = signing_input(&header, token.payload_segment());
        let signature = signer.key.sign_with_hash_of(algorithm, input.as_bytes());
        (label(algorithm), signature.map(|signature| compact(&input, &signature)))
    }))
}

fn label(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Es256 => "es256",
        Algorithm::Es384 => "es384",
        _ => "es512",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_der_are_short_and_positive() {
        assert_eq!(der(&[0, 0], &[0, 0]), [0x30, 6, 2, 1, 0, 2, 1, 0]);
        assert_eq!(der(&[0, 0x80], &[1, 2]), [0x30, 8, 2, 2, 0, 0x80, 2, 2, 1, 2]);
        let long = der(&[0x7f; 66], &[0x7f; 66]);
        assert_eq!((long.len(), &long[..3]), (139, &[0x30, 0x81, 136][..]));
    }

    #[test]
    fn differences_borrow() {
        assert_eq!(difference(&[1, 0, 0], &[0, 0, 1]), [0, 255, 255]);
        assert_eq!(difference(&[5, 5], &[5, 5]), [0, 0]);
    }
}

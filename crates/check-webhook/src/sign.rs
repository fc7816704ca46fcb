//! Signs as a sender does: an HMAC (RFC 2104) over a text that holds the body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gate_spec::{SignatureHash, SignatureScheme, SignatureText, SignedMoment};
use hmac::Hmac;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment as a scheme writes it.
pub(crate) fn written(moment: SignedMoment, at: OffsetDateTime) -> String {
    match moment {
        SignedMoment::Seconds => at.unix_timestamp().to_string(),
        SignedMoment::Millis => (at.unix_timestamp_nanos() / 1_000_000).to_string(),
        SignedMoment::Rfc3339 => {
            let whole = at.replace_nanosecond(0).unwrap_or(at);
            whole.format(&Rfc3339).unwrap_or_default()
        }
    }
}

/// The signature of a body.
pub(crate) fn signature(scheme: &SignatureScheme, secret: &[u8], moment: &str, id: &str, body: &[u8]) -> String {
    let signed = payload(&scheme.payload, moment, id, body);
    let digest = match scheme.hash {
        SignatureHash::Sha1 => mac::<Hmac<Sha1>>(secret, &signed),
        SignatureHash::Sha256 => mac::<Hmac<Sha256>>(secret, &signed),
        SignatureHash::Sha512 => mac::<Hmac<Sha512>>(secret, &signed),
    };
    match scheme.text {
        SignatureText::Hex => digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        SignatureText::Base64 => STANDARD.encode(digest),
    }
}

fn mac<M: hmac::digest::KeyInit + hmac::Mac>(secret: &[u8], signed: &[u8]) -> Vec<u8> {
    let mut mac = <M as hmac::digest::KeyInit>::new_from_slice(secret).expect("an HMAC takes keys of any length");
    mac.update(signed);
    mac.finalize().into_bytes().to_vec()
}

/// What is signed: the body goes in byte for byte.
fn payload(text: &str, moment: &str, id: &str, body: &[u8]) -> Vec<u8> {
    let filled = text.replace("{{timestamp}}", moment).replace("{{id}}", id);
    let mut parts = filled.split("{{body}}");
    let mut signed = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        signed.extend_from_slice(body);
        signed.extend_from_slice(part.as_bytes());
    }
    signed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scheme(payload: &str, hash: SignatureHash, text: SignatureText) -> SignatureScheme {
        SignatureScheme {
            header: "X-Signature".to_owned(),
            value: "{{signature}}".to_owned(),
            payload: payload.to_owned(),
            hash,
            text,
            moment: SignedMoment::Seconds,
            timestamp_header: None,
            id_header: None,
        }
    }

    /// RFC 4231 test case 2, RFC 2202 test case 2, and the examples that GitHub and Standard Webhooks document.
    #[test]
    fn signatures_are_those_of_the_standards() {
        let sign = |scheme: &SignatureScheme, secret: &[u8], body: &str| {
            signature(
                scheme,
                secret,
                "1614265330",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                body.as_bytes(),
            )
        };
        let plain = scheme("{{body}}", SignatureHash::Sha256, SignatureText::Hex);
        assert_eq!(
            sign(&plain, b"Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let sha1 = scheme("{{body}}", SignatureHash::Sha1, SignatureText::Hex);
        assert_eq!(
            sign(&sha1, b"Jefe", "what do ya want for nothing?"),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        );
        assert_eq!(
            sign(&plain, b"It's a Secret to Everybody", "Hello, World!"),
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
        let svix = scheme(
            "{{id}}.{{timestamp}}.{{body}}",
            SignatureHash::Sha256,
            SignatureText::Base64,
        );
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
        assert_eq!(
            sign(&svix, &secret, r#"{"test": 2432232314}"#),
            "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}

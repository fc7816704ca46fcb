//! Histograms of a report: base64 of the HdrHistogram V2 encoding, microseconds. Result files are foreign, so sizes are
//! looked at before anything is allocated.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gate_model::OperationLatency;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;

use crate::{ReportError, foreign};

/// The longest base64 text that is decoded.
const MAX_BASE64: usize = 1 << 20;
/// Cookie of the uncompressed V2 encoding. The compressed one is refused: it may expand without bound.
const V2_COOKIE: [u8; 4] = [0x1c, 0x84, 0x93, 0x13];
/// Bytes before the counts: cookie, payload length, offset, digits, lowest, highest, ratio.
const HEADER: usize = 40;
/// More digits than this cost megabytes and mean nothing in a latency.
const MAX_DIGITS: u32 = 3;
/// The slowest exchange that is believed: one day, in microseconds.
const MAX_HIGHEST: u64 = 86_400_000_000;
/// A count of 2^56 or more is a forgery, and 2^63 would overflow in the decoder.
const MAX_VARINT: usize = 8;

/// The histogram of an operation; `None` where the report holds none.
pub(crate) fn decode(latency: &OperationLatency) -> Result<Option<Histogram<u64>>, ReportError> {
    if latency.histogram.is_empty() {
        return Ok(None);
    }
    bytes(&latency.histogram)
        .and_then(|bytes| from_v2(&bytes))
        .map(Some)
        .map_err(|reason| ReportError::Histogram {
            operation: foreign::line(latency.operation.as_str(), 200),
            reason,
        })
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    if text.len() > MAX_BASE64 {
        return Err(format!(
            "{} bytes of base64; at most {MAX_BASE64} are decoded",
            text.len()
        ));
    }
    STANDARD.decode(text.trim()).map_err(|error| error.to_string())
}

fn from_v2(bytes: &[u8]) -> Result<Histogram<u64>, String> {
    let Some((header, counts)) = bytes.split_at_checked(HEADER) else {
        return Err("shorter than its header".to_owned());
    };
    if header[..4] != V2_COOKIE {
        return Err("not the uncompressed V2 encoding".to_owned());
    }
    let word = |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (payload, digits) = (word(4), word(12));
    let highest = (u64::from(word(24)) << 32) | u64::from(word(28));
    if usize::try_from(payload) != Ok(counts.len()) {
        return Err(format!("states {payload} bytes of counts and holds {}", counts.len()));
    }
    if digits > MAX_DIGITS || highest > MAX_HIGHEST {
        return Err(format!(
            "{digits} digits up to {highest} microseconds are more than is believed"
        ));
    }
    if counts
        .windows(MAX_VARINT)
        .any(|window| window.iter().all(|byte| byte & 0x80 != 0))
    {
        return Err("a count is larger than is believed".to_owned());
    }
    let mut reader = bytes;
    Deserializer::new()
        .deserialize(&mut reader)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;
    use proptest::prelude::*;

    #[test]
    fn what_was_recorded_is_read() {
        let latency = sample::latency("GET /a", &[1_000, 2_000, 250_000]);
        let histogram = decode(&latency).expect("decoded").expect("not empty");
        assert_eq!(histogram.len(), 3);
        assert!(histogram.equivalent(histogram.max(), 250_000));
    }

    #[test]
    fn forged_headers_are_refused_before_anything_is_allocated() {
        let good = STANDARD
            .decode(sample::latency("GET /a", &[1_000]).histogram)
            .expect("base64");
        let forged = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            from_v2(&bytes).expect_err("refused")
        };
        assert!(forged(3, 0x14).contains("V2"));
        assert!(forged(4, 0x7f).contains("states"));
        assert!(forged(15, 5).contains("5 digits"));
        assert!(forged(24, 0x3f).contains("more than is believed"));
        let mut overflow = good[..HEADER].to_vec();
        overflow[4..8].copy_from_slice(&9_u32.to_be_bytes());
        overflow.extend([0xff; 9]);
        assert!(from_v2(&overflow).expect_err("refused").contains("a count"));
        assert!(bytes(&"A".repeat(MAX_BASE64 + 1)).is_err());
    }

    proptest! {
        #[test]
        fn no_payload_panics(counts in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = STANDARD.decode(sample::latency("GET /a", &[1_000]).histogram).expect("base64")[..HEADER].to_vec();
            bytes[4..8].copy_from_slice(&u32::try_from(counts.len()).expect("small").to_be_bytes());
            bytes.extend(counts);
            let _ = from_v2(&bytes);
        }
    }
}

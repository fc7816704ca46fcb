//! Content codings (RFC 9110 section 8.4), undone within a bound.

use std::io::Read;

use bytes::Bytes;

/// Codings that are undone one after the other; more of them is nobody's honest answer.
const MAX_CODINGS: usize = 3;

/// A body without its codings.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) body: Bytes,
    pub(crate) truncated: bool,
}

/// Undoes the codings that a `Content-Encoding` names. What cannot be undone stays as it came.
pub(crate) fn decode(codings: Option<&str>, raw: Bytes, max: usize) -> Decoded {
    let mut decoded = Decoded {
        body: raw,
        truncated: false,
    };
    let codings: Vec<String> = codings
        .unwrap_or_default()
        .split(',')
        .map(|coding| coding.trim().to_ascii_lowercase())
        .filter(|coding| !coding.is_empty() && coding != "identity")
        .collect();
    if codings.len() > MAX_CODINGS || decoded.body.is_empty() {
        return decoded;
    }
    for coding in codings.iter().rev() {
        let bytes: &[u8] = &decoded.body;
        let outcome = match coding.as_str() {
            "gzip" | "x-gzip" => read(flate2::read::MultiGzDecoder::new(bytes), max),
            "deflate" => match read(flate2::read::ZlibDecoder::new(bytes), max) {
                // Some servers send deflate without its zlib frame.
                (body, true) if body.is_empty() => read(flate2::read::DeflateDecoder::new(bytes), max),
                other => other,
            },
            "br" => read(brotli::Decompressor::new(bytes, 4096), max),
            _ => return decoded,
        };
        let (body, truncated) = outcome;
        if truncated && body.is_empty() {
            // It is not what its header says.
            return decoded;
        }
        decoded = Decoded {
            body: body.into(),
            truncated: decoded.truncated || truncated,
        };
    }
    decoded
}

/// Reads up to a bound; says whether there was more, or the end is broken.
fn read(decoder: impl Read, max: usize) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    let failed = decoder.take(max as u64 + 1).read_to_end(&mut body).is_err();
    let more = body.len() > max;
    body.truncate(max);
    (body, failed || more)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Bytes {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory").into()
    }

    #[test]
    fn a_bomb_stops_at_the_bound() {
        let bomb = gzip(&vec![0; 10_000_000]);
        assert!(bomb.len() < 20_000);
        let decoded = decode(Some("gzip"), bomb.clone(), 1000);
        assert_eq!((decoded.body.len(), decoded.truncated), (1000, true));
        let twice = decode(Some("gzip, gzip"), gzip(&bomb), 100_000);
        assert_eq!((twice.body.len(), twice.truncated), (100_000, true));
    }

    #[test]
    fn each_coding_is_undone_and_lies_are_left_alone() {
        assert_eq!(&decode(Some("GZIP"), gzip(b"hello"), 99).body[..], b"hello");
        let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        raw.write_all(b"hello").expect("memory");
        assert_eq!(
            &decode(Some("deflate"), raw.finish().expect("memory").into(), 99).body[..],
            b"hello"
        );
        let mut brotli = Vec::new();
        brotli::CompressorWriter::new(&mut brotli, 4096, 5, 20)
            .write_all(b"hello")
            .expect("memory");
        assert_eq!(&decode(Some("br"), brotli.into(), 99).body[..], b"hello");
        assert_eq!(
            &decode(Some("gzip"), Bytes::from_static(b"plain"), 99).body[..],
            b"plain"
        );
        assert_eq!(
            &decode(Some("zstd"), Bytes::from_static(b"plain"), 99).body[..],
            b"plain"
        );
    }
}

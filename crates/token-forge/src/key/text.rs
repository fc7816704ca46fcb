//! PEM blocks, read more tolerantly than RFC 7468 asks: keys come through environment variables, which lose line breaks.

use crate::base64url;

/// One block of a PEM text.
pub(super) struct Block {
    /// What stands behind `BEGIN`.
    pub label: String,
    /// The content.
    pub der: Vec<u8>,
    /// The block as it stood, from the first dash to the last.
    pub text: String,
}

/// The blocks of a text. Written-out `\n` count as line breaks; what is no base64 is left out.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let text = text.replace("\\r", "").replace("\\n", "\n");
    let mut blocks = Vec::new();
    let mut rest = text.as_str();
    while let Some((_, from)) = rest.split_once("-----BEGIN ") {
        let Some((label, body)) = from.split_once("-----") else {
            break;
        };
        let end = format!("-----END {label}-----");
        let Some((body, after)) = body.split_once(end.as_str()) else {
            break;
        };
        let packed: String = body.chars().filter(|character| !character.is_whitespace()).collect();
        if let Some(der) = base64url::decode_any(&packed) {
            blocks.push(Block {
                label: label.to_owned(),
                der,
                text: format!("-----BEGIN {label}-----{body}{end}"),
            });
        }
        rest = after;
    }
    blocks
}

/// A PEM text with lines of 64 characters and no line break at its end.
pub(super) fn pem(label: &str, der: &[u8], line_break: &str) -> String {
    let packed = base64url::encode_standard(der);
    let mut text = format!("-----BEGIN {label}-----{line_break}");
    let mut rest = packed.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push_str(line_break);
        rest = after;
    }
    text + &format!("-----END {label}-----")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_with_lost_line_breaks_and_between_other_text() {
        let written = pem("THING", &[7; 100], "\n");
        let flat = written.replace('\n', " ");
        let escaped = written.replace('\n', "\\n");
        for text in [written.clone(), flat, escaped, format!("# mine\n{written}\nend\n")] {
            let found = blocks(&text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!((found[0].label.as_str(), &found[0].der), ("THING", &vec![7; 100]));
        }
    }

    #[test]
    fn torn_blocks_are_none() {
        for text in [
            "-----BEGIN A",
            "-----BEGIN A-----",
            "-----BEGIN A-----\n!!\n-----END A-----",
            "",
        ] {
            assert!(blocks(text).is_empty(), "{text}");
        }
    }
}

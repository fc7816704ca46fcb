//! Values that stand for a value: templates, examples, words that say "put yours here".

use super::lists::WordList;
use super::words;

/// Within a value that is not random, any of these says that it is none.
static TELLING: WordList = WordList::new(
    "example sample anonymous placeholder changeme change_me change-me change_this change-this changethis replace insert \
     your_ your- yourpass yoursecret yourtoken yourapi youraccess yourkey <your my_secret my-secret mysecret todo \
     fixme dummy redacted censored removed masked hidden xxxx **** .... ____ ---- ##### foobar lorem not_a_ not-a- \
     notareal _here -here obfuscated fake",
);
/// Within a random-looking token, only these do.
const TELLING_TOKEN: [&str; 9] = [
    "example",
    "placeholder",
    "redacted",
    "your_",
    "your-",
    "xxxxx",
    "*****",
    ".....",
    "abcdefghijkl",
];
/// Whole values that nobody means.
static EMPTY: WordList = WordList::new(
    "null none nil undefined true false yes no on off password passwords passwd passw0rd pass pwd secret secrets \
     token key apikey api_key string str text varchar admin root user username guest test testing test123 test1234 \
     tests demo default value empty unset required optional disabled enabled auto prompt ask env changeit foo bar \
     baz qux abc abc123 abcd1234 12345 123456 1234567 12345678 123456789 1234567890 hidden bearer",
);

fn lower(value: &[u8]) -> String {
    String::from_utf8_lossy(value).to_ascii_lowercase()
}

/// A template or a reference to a value that is elsewhere.
pub(crate) fn is_template(value: &[u8]) -> bool {
    let text = lower(value);
    let between = |open: &str, close: &str| {
        text.find(open)
            .is_some_and(|at| text[at + open.len()..].contains(close))
    };
    let wrapped = |open: char, close: char| text.starts_with(open) && text.ends_with(close) && text.len() > 2;
    between("${", "}")
        || between("{{", "}}")
        || between("$(", ")")
        || between("#{", "}")
        || between("<%", "%>")
        || between("[[", "]]")
        || between("@@", "@@")
        || wrapped('<', '>')
        || wrapped('{', '}')
        || wrapped('[', ']')
        || wrapped('%', '%')
        || (text.starts_with("__") && text.ends_with("__"))
        || (text.starts_with('$')
            && text[1..]
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !text.starts_with("$1$"))
        || ["%s", "%d", "%v", "%@", "{}", "{0}", "$$"].contains(&&*text)
        || text.contains("process.env")
        || text.contains("os.environ")
        || text.contains("getenv")
        || text.contains("secrets.")
        || text.starts_with("env:")
        || text.starts_with("vault:")
        || text.starts_with("ssm:")
        || text.starts_with("op://")
        || text.starts_with("arn:")
        || text.starts_with("file://")
        || text.starts_with("ref:")
        || text.starts_with("enc(")
        || text.starts_with("enc[")
        || text.starts_with("!vault")
        || text.starts_with("var.")
        || text.starts_with("data.")
        || text.starts_with("local.")
}

/// Whether a value that people choose stands for another.
pub(crate) fn is_placeholder(value: &[u8]) -> bool {
    let text = lower(value);
    let bare = text.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    text.is_empty()
        || EMPTY.contains(&text)
        || EMPTY.contains(bare)
        || TELLING.iter().any(|word| text.contains(word))
        || words::distinct(value) <= 2
        || (value.len() >= 6 && words::stepping(value) > 0.75)
        || is_template(value)
}

/// Whether a token that a machine made is an example: only what chance does not write.
pub(crate) fn is_example_token(value: &[u8]) -> bool {
    let text = lower(value);
    TELLING_TOKEN.iter().any(|word| text.contains(word))
        || words::distinct(value) <= 4.min(value.len() / 3)
        || repeats(value)
        || (value.len() >= 12 && words::stepping(value) > 0.6)
}

/// A long stretch of one character, or of one short piece again and again.
fn repeats(value: &[u8]) -> bool {
    let run = value.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or(0);
    if run >= 8 {
        return true;
    }
    (1..=6).any(|piece| {
        value.len() >= piece * 4
            && value
                .windows(piece + 1)
                .filter(|window| window[0] == window[piece])
                .count()
                * 10
                >= (value.len() - piece) * 8
    })
}

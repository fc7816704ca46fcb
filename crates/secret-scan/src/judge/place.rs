//! What a path says about the text in it: which kind of file it is, and whether its secrets are meant for tests or readers.

use super::lists::WordList;

/// What kind of text a file holds, which decides how its values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A programming language: values are quoted; what is not is an expression.
    Code,
    /// Settings: values may stand bare.
    Config,
    /// Markup with text in elements.
    Markup,
    /// For people.
    Prose,
    /// Written by a package manager or a build: hashes and ids, no settings.
    Generated,
    /// The name does not say.
    Unknown,
}

/// Whose secrets these are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Setting {
    /// Nothing says otherwise.
    Product,
    /// Tests, fixtures, mocks.
    Test,
    /// Documentation, samples, templates.
    Example,
    /// Lock files, bundles, vendored packages.
    Generated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) kind: Kind,
    pub(crate) setting: Setting,
}

static CODE: WordList = WordList::new(
    "py pyw pyi js mjs cjs jsx ts tsx mts cts vue svelte java kt kts scala groovy gradle go rs rb erb php phtml inc \
     c h cc cpp cxx hpp hh m mm swift cs vb fs fsx pl pm lua r jl ex exs erl hs ml clj cljs dart sol sql ipynb asp \
     aspx jsp cfm d nim zig cr pas f90 tcl el lisp scm proto graphql thrift ps1 psm1 psd1",
);
static CONFIG: WordList = WordList::new(
    "env ini cfg conf config cnf properties props yaml yml toml json json5 jsonc tf tfvars tfstate hcl sh bash zsh \
     fish ksh bat cmd rc service desktop reg plist envrc rdp inf hosts j2 tpl http rest har \
     credentials dockerfile bash_history",
);
static MARKUP: WordList = WordList::new("xml html htm xhtml xaml csproj svg wsdl xsd pom resx storyboard");
static PROSE: WordList = WordList::new("md mdx markdown rst adoc asciidoc tex org pod rdoc textile");
static LOCKS: WordList = WordList::new(
    "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml cargo.lock poetry.lock pipfile.lock uv.lock \
     composer.lock gemfile.lock go.sum go.work.sum podfile.lock bun.lock bun.lockb flake.lock packages.lock.json \
     pubspec.lock mix.lock deno.lock gradle.lockfile cartfile.resolved package.resolved conan.lock pdm.lock \
     .cargo-checksum.json stack.yaml.lock chart.lock .terraform.lock.hcl verification-metadata.xml paket.lock \
     elm.json",
);
static TEST_SEGMENTS: WordList = WordList::new(
    "test tests testing __tests__ __test__ spec specs testdata test_data test-data testsuite testsuites fixture \
     fixtures __fixtures__ mock mocks __mocks__ stubs e2e unittest unittests unit integration-tests \
     integration_tests androidtest test-fixtures test_fixtures testutil testutils cassettes snapshots benches fuzz",
);
static EXAMPLE_SEGMENTS: WordList = WordList::new(
    "doc docs documentation example examples sample samples demo demos tutorial tutorials template templates \
     cookbook _examples quickstart quickstarts playground man website _posts notebooks locales locale i18n \
     translations l10n",
);
static GENERATED_SEGMENTS: WordList = WordList::new(
    "node_modules site-packages bower_components .yarn __pycache__ vendor vendored third_party third-party 3rdparty",
);

impl Place {
    pub(crate) fn of(path: &str) -> Self {
        let lower = path.to_ascii_lowercase();
        let mut segments: Vec<&str> = lower
            .split(['/', '\\', '!'])
            .filter(|segment| !segment.is_empty())
            .collect();
        let name = segments.pop().unwrap_or("");
        Self {
            kind: kind(name),
            setting: setting(&segments, name, path),
        }
    }
}

fn kind(name: &str) -> Kind {
    // What is compressed is opened, and is what its name says without that.
    let name = [".gz", ".xz", ".bz2", ".zst"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(name);
    if name.starts_with("changelog") || name.starts_with("readme") {
        return Kind::Prose;
    }
    let ending = name.rsplit_once('.').map_or(name, |(_, ending)| ending);
    let ending = match ending {
        // `.env.production`, `settings.yml.dist`.
        "example" | "sample" | "dist" | "template" | "default" | "bak" | "old" | "orig" | "backup" | "save"
        | "local" | "tmpl" => name.rsplit('.').nth(1).unwrap_or(ending),
        _ => ending,
    };
    if LOCKS.contains(name) || name.ends_with(".min.js") || name.ends_with(".map") || name.ends_with(".min.css") {
        return Kind::Generated;
    }
    if name.starts_with(".env")
        || name.starts_with("env.")
        || name.starts_with("dockerfile")
        || name.ends_with("rc") && name.starts_with('.')
    {
        return Kind::Config;
    }
    let has = |list: &WordList| list.contains(ending);
    match () {
        () if has(&CODE) => Kind::Code,
        () if has(&CONFIG) => Kind::Config,
        () if has(&MARKUP) => Kind::Markup,
        () if has(&PROSE) || ["readme", "changelog", "license", "copying", "news", "authors"].contains(&ending) => {
            Kind::Prose
        }
        () => Kind::Unknown,
    }
}

fn setting(segments: &[&str], name: &str, path: &str) -> Setting {
    let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
    let words = |word: &str| stem.split(['_', '-']).any(|part| part == word);
    let inner = |part: &str| name.split('.').skip(1).any(|piece| piece == part);
    let any = |list: &WordList| segments.iter().any(|segment| list.contains(segment));
    if LOCKS.contains(name) || any(&GENERATED_SEGMENTS) || name.ends_with(".min.js") || name.ends_with(".map") {
        Setting::Generated
    } else if any(&TEST_SEGMENTS)
        || segments.iter().any(|segment| {
            segment.ends_with("-test")
                || segment.ends_with("-tests")
                || segment.ends_with("_test")
                || segment.ends_with("_tests")
                || segment.ends_with(".tests")
                || segment.ends_with(".test")
        })
        || [
            "test", "tests", "spec", "specs", "mock", "mocks", "fixture", "fixtures", "conftest", "testing", "bench",
        ]
        .iter()
        .any(|word| words(word))
        || inner("test")
        || inner("spec")
        || ["Test.", "Tests.", "Spec.", "IT."].iter().any(|end| path.contains(end))
    {
        Setting::Test
    } else if any(&EXAMPLE_SEGMENTS)
        || ["example", "examples", "sample", "template", "demo"]
            .iter()
            .any(|word| words(word) || inner(word) || inner("dist") || inner("tmpl") || inner("tpl"))
        || kind(name) == Kind::Prose
    {
        Setting::Example
    } else {
        Setting::Product
    }
}

impl Setting {
    /// How many there are.
    pub(crate) const COUNT: usize = 4;

    /// Which of two folders around a file decides: the one with the higher rank.
    pub(crate) fn rank(self) -> usize {
        match self {
            Self::Product => 0,
            Self::Example => 1,
            Self::Test => 2,
            Self::Generated => 3,
        }
    }

    /// What a folder of this name says of the files below.
    pub(crate) fn of_folder(name: &str) -> Self {
        setting(&[&name.to_ascii_lowercase()], "", "")
    }

    /// The setting of one line of a file: within the text, documentation comments are for readers, and what follows the mark
    /// of a test module is for tests.
    pub(crate) fn at(self, kind: Kind, text: &[u8], place: usize) -> Self {
        if self != Self::Product {
            return self;
        }
        let begin = memchr::memrchr(b'\n', &text[..place]).map_or(0, |at| at + 1);
        let line = text[begin..place].trim_ascii_start();
        if kind != Kind::Code {
            // A program that is a text in another file, as source maps have it.
            let escaped = memchr::memmem::rfind(line, b"\\n").map(|at| line[at + 2..].trim_ascii_start());
            return match escaped {
                Some(line) if line.starts_with(b"* ") || line.starts_with(b"//") => Self::Example,
                _ => self,
            };
        }
        if [b"///".as_slice(), b"//!", b"* ", b"/**", b">>> ", b"#: "]
            .iter()
            .any(|mark| line.starts_with(mark))
        {
            return Self::Example;
        }
        if in_docstring(&text[..place]) {
            return Self::Example;
        }
        match memchr::memmem::rfind(&text[..place], b"#[cfg(test)]") {
            Some(_) => Self::Test,
            None => self,
        }
    }
}

/// Whether the text ends within a documentation string of Python: three quotes that stand first on their line opened it.
fn in_docstring(before: &[u8]) -> bool {
    const QUOTES: &[u8] = b"\"\"\"";
    let mut last = None;
    let mut count = 0;
    for at in memchr::memmem::find_iter(before, QUOTES) {
        last = Some(at);
        count += 1;
    }
    let Some(open) = last.filter(|_| count % 2 == 1) else {
        return false;
    };
    let begin = memchr::memrchr(b'\n', &before[..open]).map_or(0, |at| at + 1);
    matches!(before[begin..open].trim_ascii(), b"" | b"r" | b"u" | b"R")
}

/// Whether the path ends like the glob: `*` stands for a part of one name, `/` for the border of a folder.
pub(crate) fn ends_like(path: &str, glob: &str) -> bool {
    let mut names = path.rsplit(['/', '!']);
    glob.rsplit('/').all(|part| {
        names
            .next()
            .is_some_and(|name| name_like(&name.to_ascii_lowercase(), part))
    })
}

fn name_like(name: &str, glob: &str) -> bool {
    let Some((head, rest)) = glob.split_once('*') else {
        return name == glob;
    };
    let Some(name) = name.strip_prefix(head) else {
        return false;
    };
    rest.is_empty() || (0..=name.len()).any(|at| name.is_char_boundary(at) && name_like(&name[at..], rest))
}

#[cfg(test)]
mod tests {
    use super::{Kind, Place, Setting, ends_like};

    #[test]
    fn paths_say_what_a_file_is_for() {
        for (path, kind, setting) in [
            ("src/app.py", Kind::Code, Setting::Product),
            ("config/.env.production", Kind::Config, Setting::Product),
            (".env.example", Kind::Config, Setting::Example),
            ("tests/data/key.pem", Kind::Unknown, Setting::Test),
            ("src/userService.test.ts", Kind::Code, Setting::Test),
            ("src/UserServiceTest.java", Kind::Code, Setting::Test),
            ("src/contest.py", Kind::Code, Setting::Product),
            ("docs/config.rst", Kind::Prose, Setting::Example),
            ("Cargo.lock", Kind::Generated, Setting::Generated),
            ("a/latest/settings.yml", Kind::Config, Setting::Product),
        ] {
            let place = Place::of(path);
            assert_eq!((place.kind, place.setting), (kind, setting), "{path}");
        }
    }

    #[test]
    fn globs_match_the_end_of_a_path() {
        assert!(ends_like("home/x/.ssh/id_rsa", ".ssh/id_*"));
        assert!(ends_like("a/WP-config.php", "wp-config*.php"));
        assert!(!ends_like("a/xwp-config.php", "wp-config*.php"));
        assert!(!ends_like("id_rsa", ".ssh/id_*"));
    }
}

//! How large things may be, and which decision pages allow more.

use std::collections::BTreeMap;

use crate::{FILES, File, assert_faults, file, hold, is_test_module, rust, test_modules, without_tests};

/// Lines that a file may have.
const FILE_LINES: usize = 600;
/// Lines that the sources of a crate may have together, its test modules left out.
const CRATE_LINES: usize = 3_500;

/// What the lines `size: PATH` of the decision pages allow to be larger, with the page.
fn size_pages(files: &[File]) -> BTreeMap<&str, &str> {
    let pages = files.iter().filter(|file| file.path.starts_with("docs/decisions/"));
    pages
        .flat_map(|page| page.text.lines().map(move |line| (line, page)))
        .filter_map(|(line, page)| Some((line.strip_prefix("size: ")?.trim(), page.path.as_str())))
        .collect()
}

fn size_faults(files: &[File]) -> Vec<String> {
    let (modules, pages) = (test_modules(files), size_pages(files));
    let mut crates: BTreeMap<String, usize> = BTreeMap::new();
    let mut large: BTreeMap<String, String> = BTreeMap::new();
    for file in rust(files) {
        let lines = file.text.lines().count();
        if lines > FILE_LINES {
            large.insert(
                file.path.clone(),
                format!("has {lines} lines, {FILE_LINES} are allowed"),
            );
        }
        if let Some((name, _)) = file
            .path
            .strip_prefix("crates/")
            .and_then(|path| path.split_once("/src/"))
            && !is_test_module(&modules, &file.path)
        {
            *crates.entry(format!("crates/{name}")).or_default() += without_tests(&file.text).count();
        }
    }
    for (path, lines) in crates.into_iter().filter(|(_, lines)| *lines > CRATE_LINES) {
        large.insert(
            path,
            format!("has {lines} lines without its tests, {CRATE_LINES} are allowed"),
        );
    }
    let unexplained = large
        .iter()
        .filter(|(path, _)| !pages.contains_key(path.as_str()))
        .map(|(path, what)| {
            format!(
                "{path} {what}: split it, or say why not on a page docs/decisions/*.md with the line `size: {path}`"
            )
        });
    let idle = pages
        .iter()
        .filter(|(path, _)| !large.contains_key(**path))
        .map(|(path, page)| {
            format!("{page} allows {path} to be large, and it is not (any more): remove the line `size: {path}`")
        });
    unexplained.chain(idle).collect()
}

#[test]
fn files_and_crates_are_small_or_a_decision_says_why() {
    hold(&size_faults(&FILES));
}

// That each rule can fail.

#[test]
fn large_files_and_crates_are_found() {
    let lines = |count: usize| "// line\n".repeat(count);
    let tests = format!("{}\n#[cfg(test)]\nmod tests {{\n{}}}\n", lines(500), lines(90));
    let mut files: Vec<File> = (0..7)
        .map(|n| file(&format!("crates/a/src/m{n}.rs"), tests.clone()))
        .collect();
    files.push(file("crates/a/src/lib.rs", "#[cfg(test)]\nmod samples;\n"));
    files.push(file("crates/a/src/samples.rs", lines(600)));
    files.push(file("crates/a/src/samples/more.rs", lines(600)));
    // 7 × 500 lines and the two of `lib.rs`; the tests and the test module do not count.
    assert_faults(&size_faults(&files), &["crates/a has 3502 lines"]);
    files.push(file("docs/decisions/1.md", "# Why\n\nsize: crates/a\n"));
    assert_faults(&size_faults(&files), &[]);
    files.push(file("crates/b/tests/long.rs", lines(601)));
    assert_faults(&size_faults(&files), &["`size: crates/b/tests/long.rs`"]);
    files.push(file(
        "docs/decisions/2.md",
        "size: crates/b/tests/long.rs\nsize: crates/b\n",
    ));
    assert_faults(&size_faults(&files), &["remove the line `size: crates/b`"]);
}

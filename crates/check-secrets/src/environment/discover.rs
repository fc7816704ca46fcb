//! The files that are named like environment files, below a folder.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

/// Folders of packages and of what is built: what is in there is somebody else's.
const LEFT_OUT: [&str; 6] = [".git", "node_modules", "vendor", "target", "dist", ".venv"];
/// How deep is looked.
const DEEPEST: usize = 8;
/// The most files.
const MOST: usize = 1000;

/// The files, sorted. Those that git ignores too: they are where secrets of environments are kept.
pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let walk = WalkBuilder::new(folder)
        .standard_filters(false)
        .follow_links(false)
        .max_depth(Some(DEEPEST))
        .filter_entry(|entry| !LEFT_OUT.iter().any(|name| entry.file_name() == *name))
        .build();
    let mut files: Vec<PathBuf> = walk
        .flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .filter(|entry| entry.file_name().to_str().is_some_and(is_environment))
        .map(ignore::DirEntry::into_path)
        .take(MOST)
        .collect();
    files.sort();
    files
}

fn is_environment(name: &str) -> bool {
    name == ".env" || name.starts_with(".env.") || (name.ends_with(".env") && name.len() > 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment_files_are_found_by_their_names_and_packages_are_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        for path in [
            ".env",
            ".env.production",
            "deploy/staging.env",
            "env.txt",
            "node_modules/x/.env",
            "src/.environment",
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("made");
            std::fs::write(path, "A=1\n").expect("written");
        }
        let found = files(folder.path());
        let names: Vec<String> = found
            .iter()
            .map(|path| {
                path.strip_prefix(folder.path())
                    .expect("below")
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        assert_eq!(names, [".env", ".env.production", "deploy/staging.env"]);
    }
}

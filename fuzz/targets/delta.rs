//! Differences of the pack format, and likeness of texts: what is said to be copied is, and the survey that follows from it is the survey of
//! the whole.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    secret_scan::fuzzing::differences(bytes);
});

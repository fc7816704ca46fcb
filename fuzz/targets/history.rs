//! A repository whose pack is made of these bytes: reading by differences finds what reading each blob whole finds, or both say that
//! something is wrong.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    secret_scan::fuzzing::history(bytes);
});

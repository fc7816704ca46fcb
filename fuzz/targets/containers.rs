//! Whatever stands in a file: no panic, no limit passed, every origin within the file. Archives, dex, resources.arsc, binary XML, Hermes,
//! property lists, classes and Mach-O have this one door; the corpus that the run starts from decides which of them is struck.
#![no_main]

use std::ops::ControlFlow;
use std::time::Duration;

use artifact_text::{Limits, open};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits {
        max_total_bytes: 4 << 20,
        max_held_bytes: 1 << 20,
        max_window_bytes: 1 << 20,
        max_entries: 2000,
        max_time: Duration::from_secs(5),
        max_notices: 50,
        ..Limits::default()
    };
    let mut given = 0;
    let outcome = open("x", bytes, &limits, &mut |part| {
        given += part.text.len();
        if !part.text.is_empty() {
            let (first, last) = (part.origin(0), part.origin(part.text.len() - 1));
            assert!(first <= last || part.repeated > 0 || part.kind != artifact_text::Kind::Text, "origins run backwards");
            let _ = part.line(part.text.len() - 1);
        }
        assert!(part.repeated <= part.text.len());
        ControlFlow::Continue(())
    });
    assert!(outcome.notices.len() <= 50);
    assert!(given <= 64 << 20, "{given} bytes of text");
});

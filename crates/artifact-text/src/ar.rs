//! ar: Debian packages and static libraries, with the long names of GNU and BSD.

use std::io::Read;

use crate::Unread;
use crate::open::Opener;
use crate::source::Content;

const MARK: &[u8] = b"!<arch>\n";
const HEADER_BYTES: usize = 60;
const MAX_NAMES_BYTES: u64 = 4 << 20;

/// Reads all members.
pub(crate) fn read(opener: &mut Opener<'_>, mut content: Content<'_>) {
    let mut mark = [0; MARK.len()];
    match content.read_block(&mut mark) {
        Ok(_) if mark == MARK => {}
        Ok(_) => return opener.note(Unread::unsupported("thin ar")),
        Err(error) => return opener.note(opener.meter.why(&error)),
    }
    let mut names = Vec::new();
    while !opener.ended() {
        let mut header = [0; HEADER_BYTES];
        match content.read_block(&mut header) {
            Ok(0) => return,
            Ok(HEADER_BYTES) => {}
            // An odd last member may be padded.
            Ok(1) if header[0] == b'\n' => return,
            Ok(_) => return opener.note(Unread::Truncated),
            Err(error) => return opener.note(opener.meter.why(&error)),
        }
        if let Err(unread) = member(opener, &mut content, &header, &mut names) {
            return opener.note(unread);
        }
    }
}

fn member(
    opener: &mut Opener<'_>,
    content: &mut Content<'_>,
    header: &[u8; HEADER_BYTES],
    names: &mut Vec<u8>,
) -> Result<(), Unread> {
    let field = |range: std::ops::Range<usize>| std::str::from_utf8(&header[range]).unwrap_or_default().trim_end();
    if &header[58..] != b"`\n" {
        return Err(Unread::malformed("no ar header where one has to be"));
    }
    let size: u64 = field(48..58)
        .parse()
        .map_err(|_| Unread::malformed("the size of an ar member is no number"))?;
    let name = field(0..16);
    let read = if name == "//" && size <= MAX_NAMES_BYTES {
        let mut failed = Ok(0);
        let whole = content.with_next(size, |bytes| failed = bytes.into_stream().read_to_end(names));
        failed.and(whole)
    } else {
        let name = match name.strip_prefix('/').and_then(|at| at.parse::<usize>().ok()) {
            Some(at) => {
                let rest = names.get(at..).unwrap_or_default();
                let name = rest.split(|byte| matches!(*byte, b'\n' | 0)).next().unwrap_or_default();
                String::from_utf8_lossy(name).into_owned()
            }
            None => name.to_owned(),
        };
        content.with_next(size, |bytes| opener.member(name.trim_end_matches('/'), bytes))
    };
    read.map_err(|error| opener.meter.why(&error))?;
    // The padding of the last member may be left out.
    let _ = content.with_next(size % 2, |_| {});
    Ok(())
}

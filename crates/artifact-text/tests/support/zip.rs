//! Zip archives made by hand, so that each of their fields can lie.

use super::deflate;

/// A member, with what its header and the directory say apart from each other.
#[derive(Clone)]
pub struct Member {
    pub name: String,
    pub data: Vec<u8>,
    pub size: u32,
    pub crc: u32,
    pub local: Said,
    pub central: Said,
    pub listed: bool,
    pub descriptor: bool,
    pub extra: Vec<u8>,
}

/// What is said in one of the two places.
#[derive(Clone)]
pub struct Said {
    pub name: String,
    pub method: u16,
    pub flags: u16,
    pub packed: u32,
}

pub fn deflated(name: &str, bytes: &[u8]) -> Member {
    member(name, bytes, deflate(bytes), 8)
}

pub fn stored(name: &str, bytes: &[u8]) -> Member {
    member(name, bytes, bytes.to_vec(), 0)
}

pub fn member(name: &str, bytes: &[u8], data: Vec<u8>, method: u16) -> Member {
    let said = Said {
        name: name.to_owned(),
        method,
        flags: 0,
        packed: data.len() as u32,
    };
    Member {
        name: name.to_owned(),
        size: bytes.len() as u32,
        crc: crc32fast::hash(bytes),
        local: said.clone(),
        central: said,
        listed: true,
        descriptor: false,
        extra: Vec::new(),
        data,
    }
}

impl Member {
    pub fn unlisted(mut self) -> Self {
        self.listed = false;
        self
    }

    pub fn with_descriptor(mut self) -> Self {
        self.descriptor = true;
        self.local.flags |= 8;
        self.central.flags |= 8;
        self.local.packed = 0;
        self
    }

    pub fn encrypted(mut self) -> Self {
        self.local.flags |= 1;
        self.central.flags |= 1;
        self
    }

    fn common(&self, said: &Said, size: u32) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(20u16.to_le_bytes());
        out.extend(said.flags.to_le_bytes());
        out.extend(said.method.to_le_bytes());
        out.extend([0; 4]);
        out.extend(self.crc.to_le_bytes());
        out.extend(said.packed.to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend((said.name.len() as u16).to_le_bytes());
        out
    }
}

/// The archive, with `before` in front that its offsets do not count.
pub fn zip(members: &[Member], before: &[u8], comment: &[u8]) -> Vec<u8> {
    let mut out = before.to_vec();
    let mut directory = Vec::new();
    let mut listed = 0u16;
    for member in members {
        let offset = (out.len() - before.len()) as u32;
        let size = if member.descriptor { 0 } else { member.size };
        out.extend(b"PK\x03\x04");
        out.extend(member.common(&member.local, size));
        out.extend((member.extra.len() as u16).to_le_bytes());
        out.extend(member.local.name.as_bytes());
        out.extend(&member.extra);
        out.extend(&member.data);
        if member.descriptor {
            out.extend(b"PK\x07\x08");
            out.extend(member.crc.to_le_bytes());
            out.extend((member.data.len() as u32).to_le_bytes());
            out.extend(member.size.to_le_bytes());
        }
        if member.listed {
            listed += 1;
            directory.extend(entry(member, offset));
        }
    }
    let start = (out.len() - before.len()) as u32;
    out.extend(&directory);
    out.extend(end(listed, directory.len() as u32, start, comment));
    out
}

pub fn entry(member: &Member, offset: u32) -> Vec<u8> {
    let mut out = b"PK\x01\x02\x14\0".to_vec();
    out.extend(member.common(&member.central, member.size));
    out.extend([0; 12]);
    out.extend(offset.to_le_bytes());
    out.extend(member.central.name.as_bytes());
    out
}

pub fn end(listed: u16, size: u32, start: u32, comment: &[u8]) -> Vec<u8> {
    let mut out = b"PK\x05\x06\0\0\0\0".to_vec();
    out.extend(listed.to_le_bytes());
    out.extend(listed.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend((comment.len() as u16).to_le_bytes());
    out.extend(comment);
    out
}

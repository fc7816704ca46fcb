//! Tar archives made by hand.

/// An entry of type `kind`, whose size field has `size`.
pub fn entry_saying(name: &str, kind: u8, size: &[u8], data: &[u8]) -> Vec<u8> {
    let mut block = [0u8; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..107].copy_from_slice(b"0000644");
    block[124..124 + size.len()].copy_from_slice(size);
    block[156] = kind;
    block[257..263].copy_from_slice(b"ustar\0");
    block[263..265].copy_from_slice(b"00");
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut out = block.to_vec();
    out.extend(data);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

pub fn entry(name: &str, kind: u8, data: &[u8]) -> Vec<u8> {
    entry_saying(name, kind, format!("{:011o}", data.len()).as_bytes(), data)
}

pub fn file(name: &str, data: &[u8]) -> Vec<u8> {
    entry(name, b'0', data)
}

pub fn tar(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut out = entries.concat();
    out.resize(out.len() + 1024, 0);
    out
}

//! Fenced blocks of a Markdown page.

/// A fenced block.
pub struct Block {
    page: String,
    line: usize,
    /// What stands behind the opening fence.
    pub info: String,
    /// What is in it.
    pub text: String,
}

impl Block {
    /// Where it is.
    pub fn place(&self) -> String {
        format!("{}:{}", self.page, self.line)
    }

    /// Whether its info begins with these words.
    pub fn is(&self, kind: &str) -> bool {
        self.info
            .strip_prefix(kind)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    }
}

/// The blocks of a page, in order.
pub fn blocks(page: &str, text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(info), None) => {
                open = Some(Block {
                    page: page.to_owned(),
                    line: index + 1,
                    info: info.trim().to_owned(),
                    text: String::new(),
                });
            }
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{page}: a fence is not closed");
    blocks
}

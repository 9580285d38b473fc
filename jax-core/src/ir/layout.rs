//! Laying text out in lines: documents of text, breaks and groups. Knows nothing of jaxprs.
//!
//! The scheme is Wadler's ("A prettier printer", 2003) as JAX has it: a group prints on the rest of the line if it
//! fits there by itself, whatever follows it; otherwise its own breaks become new lines.

/// A text that can be laid out in more than one way.
#[derive(Clone, Debug)]
pub(super) enum Doc {
    /// Text that stays as it is.
    Text(String),
    /// This text, or a new line.
    Break(&'static str),
    /// One after the other.
    Concat(Vec<Doc>),
    /// New lines inside are indented by two more columns.
    Nest(Box<Doc>),
    /// The breaks inside, those of inner groups excepted, are all text or all new lines.
    Group(Box<Doc>),
}

impl Doc {
    pub fn text(text: impl Into<String>) -> Doc {
        Doc::Text(text.into())
    }

    pub fn nest(parts: Vec<Doc>) -> Doc {
        Doc::Nest(Box::new(Doc::Concat(parts)))
    }

    pub fn group(parts: Vec<Doc>) -> Doc {
        Doc::Group(Box::new(Doc::Concat(parts)))
    }

    /// The documents with a separator between each two.
    pub fn join(separator: Doc, docs: impl IntoIterator<Item = Doc>) -> Doc {
        let mut parts = Vec::new();
        for doc in docs {
            if !parts.is_empty() {
                parts.push(separator.clone());
            }
            parts.push(doc);
        }
        Doc::Concat(parts)
    }

    /// The text, in lines of at most `width` columns where the breaks permit it.
    pub fn layout(&self, width: usize) -> String {
        let mut out = String::new();
        let mut column = 0;
        let mut rest = vec![(self, 0, false)];
        while let Some((doc, indent, flat)) = rest.pop() {
            match doc {
                Doc::Text(text) => {
                    out.push_str(text);
                    column += text.chars().count();
                }
                Doc::Break(text) if flat => {
                    out.push_str(text);
                    column += text.len();
                }
                Doc::Break(_) => {
                    out.push('\n');
                    out.extend(std::iter::repeat_n(' ', indent));
                    column = indent;
                }
                Doc::Concat(parts) => rest.extend(parts.iter().rev().map(|part| (part, indent, flat))),
                Doc::Nest(inner) => rest.push((inner, indent + 2, flat)),
                Doc::Group(inner) => {
                    let fits = flat || column <= width && inner.fits(width - column);
                    rest.push((inner, indent, fits));
                }
            }
        }
        out
    }

    /// The text in one line.
    pub fn flat(&self) -> String {
        self.layout(usize::MAX)
    }

    /// Whether the document in one line takes this many columns at most.
    fn fits(&self, mut width: usize) -> bool {
        let mut rest = vec![self];
        while let Some(doc) = rest.pop() {
            let taken = match doc {
                Doc::Text(text) => text.chars().count(),
                Doc::Break(text) => text.len(),
                Doc::Concat(parts) => {
                    rest.extend(parts.iter().rev());
                    0
                }
                Doc::Nest(inner) | Doc::Group(inner) => {
                    rest.push(inner);
                    0
                }
            };
            match width.checked_sub(taken) {
                Some(left) => width = left,
                None => return false,
            }
        }
        true
    }
}

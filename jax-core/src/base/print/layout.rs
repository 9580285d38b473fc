//! Brackets, line breaks and summaries around elements that are already text.

use super::options::PrintOptions;

/// What one array's layout depends on.
pub struct Layout<'a> {
    /// The extents.
    pub shape: &'a [usize],
    /// The text of the element at a row-major position.
    pub element: &'a dyn Fn(usize) -> String,
    /// Between two elements of a line.
    pub separator: &'a str,
    /// The choices.
    pub options: &'a PrintOptions,
    /// Whether long axes are summarized.
    pub summarize: bool,
}

impl Layout<'_> {
    /// The indices shown along an axis of this extent; `None` is the ellipsis.
    pub fn shown(extent: usize, edge: Option<usize>) -> Vec<Option<usize>> {
        match edge {
            Some(edge) if 2 * edge < extent => {
                (0..edge).map(Some).chain([None]).chain((extent - edge..extent).map(Some)).collect()
            }
            _ => (0..extent).map(Some).collect(),
        }
    }

    /// The array whose first line follows a prefix of `indent - 1` columns.
    pub fn array(&self, indent: usize, width: usize) -> String {
        self.axis(0, 0, indent, width)
    }

    fn axis(&self, axis: usize, offset: usize, indent: usize, width: usize) -> String {
        let Some((&extent, inner)) = self.shape[axis..].split_first() else { return (self.element)(offset) };
        let stride: usize = inner.iter().product();
        let shown = Layout::shown(extent, self.summarize.then_some(self.options.edgeitems));
        let items = shown.into_iter().map(|index| match index {
            Some(index) => self.axis(axis + 1, offset + index * stride, indent + 1, width.saturating_sub(1)),
            None => "...".to_string(),
        });
        let margin = " ".repeat(indent);
        let comma = self.separator.trim_end();
        let body = if inner.is_empty() {
            let width = width.saturating_sub(comma.len().max(1));
            self.wrap(items, &margin, width)
        } else {
            let gap = format!("{comma}{}{margin}", "\n".repeat(inner.len()));
            items.collect::<Vec<_>>().join(&gap)
        };
        format!("[{body}]")
    }

    /// The items on lines of this width; the first line lacks its margin.
    fn wrap(&self, items: impl Iterator<Item = String>, margin: &str, width: usize) -> String {
        let mut done = String::new();
        let mut line = margin.to_string();
        for (i, item) in items.enumerate() {
            if i > 0 {
                line += self.separator;
            }
            if line.len() + item.len() > width && line.len() > margin.len() {
                done += line.trim_end();
                done.push('\n');
                line = margin.to_string();
            }
            line += &item;
        }
        done += &line;
        done.split_off(margin.len())
    }
}

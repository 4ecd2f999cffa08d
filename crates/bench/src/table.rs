//! Tables of figures: printed with ratios, written as JSON, asked for a figure.

use std::fmt::{self, Display, Formatter, Write};

/// Candidates below each other, what was measured beside each other.
pub struct Table {
    /// What is measured, and how.
    pub title: String,
    /// The unit of every figure.
    pub unit: &'static str,
    /// The headings of the figures.
    pub columns: Vec<String>,
    /// A candidate's name and its figures, one for each column; not a number where it cannot do it.
    pub rows: Vec<(String, Vec<f64>)>,
    /// The row that the others are divided by, if it is there.
    pub reference: &'static str,
}

impl Table {
    /// A table without rows yet.
    pub fn new(title: impl Into<String>, unit: &'static str, columns: &[&str], reference: &'static str) -> Self {
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        Table { title: title.into(), unit, columns, rows: Vec::new(), reference }
    }

    /// A row.
    pub fn row(&self, name: &str) -> Option<&[f64]> {
        self.rows.iter().find(|(row, _)| row == name).map(|(_, figures)| figures.as_slice())
    }

    /// One figure, by the names of its row and its column; not a number where there is none.
    pub fn at(&self, row: &str, column: &str) -> f64 {
        let at = self.columns.iter().position(|name| name == column);
        self.row(row).zip(at).and_then(|(figures, at)| figures.get(at).copied()).unwrap_or(f64::NAN)
    }

    /// The table as a JSON object.
    pub fn json(&self) -> String {
        let figure = |value: &f64| if value.is_finite() { format!("{value:.3}") } else { "null".to_owned() };
        let rows = self.rows.iter().map(|(name, figures)| {
            let figures: Vec<String> = figures.iter().map(figure).collect();
            format!("{{\"name\":{name:?},\"figures\":[{}]}}", figures.join(","))
        });
        format!(
            "{{\"title\":{:?},\"unit\":{:?},\"reference\":{:?},\"columns\":{:?},\"rows\":[{}]}}",
            self.title,
            self.unit,
            self.reference,
            self.columns,
            rows.collect::<Vec<_>>().join(",\n  ")
        )
    }
}

/// The table as Markdown, each figure followed by its ratio to the reference.
impl Display for Table {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let reference = self.row(self.reference);
        let mut lines = vec![std::iter::once(format!("{}, {}", self.title, self.unit)).collect::<Vec<_>>()];
        lines[0].extend(self.columns.iter().cloned());
        for (name, figures) in &self.rows {
            let mut line = vec![name.clone()];
            for (at, &figure) in figures.iter().enumerate() {
                let mut text = shown(figure);
                if let Some(base) = reference.map(|base| base[at]).filter(|base| *base > 0.0 && figure.is_finite()) {
                    write!(text, " ({:.2})", figure / base)?;
                }
                line.push(text);
            }
            lines.push(line);
        }
        let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..=self.columns.len()).map(width).collect();
        for (number, line) in lines.iter().enumerate() {
            write!(f, "| {:<1$} |", line[0], widths[0])?;
            for (text, width) in line.iter().zip(&widths).skip(1) {
                write!(f, " {text:>width$} |")?;
            }
            writeln!(f)?;
            if number == 0 {
                write!(f, "|{}|", "-".repeat(widths[0] + 2))?;
                for width in &widths[1..] {
                    write!(f, "{}:|", "-".repeat(width + 1))?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

/// A figure with about three digits.
fn shown(figure: f64) -> String {
    match figure {
        _ if !figure.is_finite() => "–".to_owned(),
        _ if figure >= 100.0 || figure == figure.trunc() => format!("{figure:.0}"),
        _ if figure >= 10.0 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}

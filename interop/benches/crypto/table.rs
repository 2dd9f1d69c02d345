//! What is shown of it.

use core::fmt;

use crate::measure::Pair;

const BEGIN: &str = "<!-- made by `make bench-crypto` -->";
const END: &str = "<!-- end of what `make bench-crypto` made -->";

/// A row for each backend and suite.
#[derive(Default)]
pub(crate) struct Table(Vec<(&'static str, u16, [Pair; 8])>);

const COLUMNS: [&str; 8] =
    ["sign", "verify", "HPKE seal", "HPKE open", "KEM derive", "hash 256 B", "AEAD seal 1 KiB", "AEAD open 1 KiB"];

impl Table {
    pub(crate) fn add(&mut self, backend: &'static str, suite: u16, row: [Pair; 8]) {
        for (column, pair) in COLUMNS.iter().zip(&row).filter(|(_, pair)| !pair.is_good()) {
            let Pair { ours, bare } = pair;
            println!("{backend}, suite {suite}, {column}: {ours:.0} ns, and bare {bare:.0} ns");
        }
        self.0.push((backend, suite, row));
    }

    /// Puts the table between its marks.
    pub(crate) fn write_into(&self, path: &str) {
        let text = std::fs::read_to_string(path).unwrap();
        let (before, rest) = text.split_once(BEGIN).unwrap_or_else(|| panic!("{path} has no {BEGIN}"));
        let (_, behind) = rest.split_once(END).unwrap_or_else(|| panic!("{path} has no {END}"));
        std::fs::write(path, format!("{before}{BEGIN}\n{self}{END}{behind}")).unwrap();
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| backend | suite | {} |", COLUMNS.join(" | "))?;
        writeln!(f, "|---|---|{}", "---|".repeat(COLUMNS.len()))?;
        for (backend, suite, row) in &self.0 {
            write!(f, "| {backend} | {suite} |")?;
            for Pair { ours, bare } in row {
                write!(f, " {} / {} |", microseconds(*ours), microseconds(*bare))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// Three digits at the most, two of them behind the point.
fn microseconds(nanoseconds: f64) -> String {
    match nanoseconds / 1000.0 {
        few if few < 9.95 => format!("{few:.2}"),
        some if some < 99.5 => format!("{some:.1}"),
        many => format!("{many:.0}"),
    }
}

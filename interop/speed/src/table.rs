//! The table: ours, the floor, the best rival, and the ratios.

use core::fmt::Write as _;
use std::collections::BTreeMap;

use crate::ours::ALL_CORES;
use crate::row::Row;

/// Which operations, in which order.
pub const OPERATIONS: [&str; 26] = [
    "key package",
    "create",
    "bulk add, tree inside",
    "bulk add, tree outside",
    "join",
    "path commit, fresh",
    "process it, fresh",
    "path commit, warm",
    "process it, warm, beside",
    "process it, warm, other half",
    "persist a processed commit",
    "add one",
    "process it, add",
    "remove one",
    "process it, remove",
    "1 000 single adds",
    "send 32 B",
    "send 1 KiB",
    "send 64 KiB",
    "receive 32 B",
    "receive 1 KiB",
    "receive 64 KiB",
    "persist a message",
    "cold start, send",
    "cold start, receive",
    "load",
];

/// What several threads share.
const SHARED: [&str; 4] = ["bulk add, tree outside", "join", "path commit, fresh", "load"];

/// How implementations end that keep groups in a database.
const SQLITE: &str = ", SQLite";

/// What shows in a database.
const STORED: [&str; 5] =
    ["persist a processed commit", "persist a message", "cold start, send", "cold start, receive", "load"];

/// All rows of one operation, suite and size.
pub struct Line<'a> {
    pub operation: &'static str,
    pub members: u32,
    pub ours: Option<&'a Row>,
    pub rival: Option<&'a Row>,
    pub floor: Option<f64>,
    pub all: Vec<&'a Row>,
}

/// The lines of a suite.
pub fn lines<'a>(rows: &'a [Row], suite: u16) -> Vec<Line<'a>> {
    let mut found: BTreeMap<(usize, u32), Vec<&Row>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.suite == suite) {
        let place = OPERATIONS.iter().position(|operation| *operation == row.operation);
        found.entry((place.unwrap_or(OPERATIONS.len()), row.members)).or_default().push(row);
    }
    found
        .into_iter()
        .filter_map(|((place, members), all)| {
            let operation = *OPERATIONS.get(place)?;
            let best = |ours: bool| {
                let measured = all.iter().filter(|row| row.runs > 0 && (row.implementation == "ours") == ours);
                let measured = measured.filter(|row| ours || is_rival(row));
                measured.min_by(|a, b| a.cpu_us.total_cmp(&b.cpu_us)).copied()
            };
            let ours = best(true);
            let floor = ours.and_then(|row| row.floor_us);
            Some(Line { operation, members, ours, rival: best(false), floor, all })
        })
        .collect()
}

/// Writes the table of a suite in Markdown.
pub fn table(rows: &[Row], suite: u16) -> String {
    let mut text = format!(
        "### Suite {suite}\n\n| operation | members | ours | backend | floor | ours / floor | best rival | its time | ours / \
         rival | allocations | records, bytes stored |\n|---|---|---|---|---|---|---|---|---|---|---|\n"
    );
    for line in lines(rows, suite) {
        let Some(ours) = line.ours else { continue };
        let floor = line.floor.map_or_else(|| "-".to_owned(), time);
        let over = line.floor.map_or_else(|| "-".to_owned(), |floor| format!("{:.2}", ours.cpu_us / floor));
        let (rival, its, ratio) = line.rival.map_or_else(
            || ("-".to_owned(), "-".to_owned(), "-".to_owned()),
            |rival| {
                let name = format!("{}, {}", rival.implementation, rival.backend);
                (name, time(rival.cpu_us), format!("{:.3}", ours.cpu_us / rival.cpu_us))
            },
        );
        let stored = match (ours.records, ours.stored, ours.live) {
            (Some(records), Some(bytes), _) => format!("{records}, {bytes}"),
            (_, _, Some(live)) => format!("{live} B alive"),
            _ => String::new(),
        };
        let Line { operation, members, .. } = line;
        let (taken, allocations, backend) = (time(ours.cpu_us), ours.allocations, &ours.backend);
        writeln!(
            text,
            "| {operation} | {members} | {taken} | {backend} | {floor} | {over} | {rival} | {its} | {ratio} | {allocations} | \
             {stored} |"
        )
        .unwrap();
    }
    for row in rows.iter().filter(|row| row.suite == suite) {
        if let Some(why) = &row.stopped {
            let Row { implementation, backend, operation, members, .. } = row;
            writeln!(text, "\n{implementation}, {backend}: {operation} of {members}: {why}").unwrap();
        }
    }
    text
}

/// Somebody else's, in memory.
fn is_rival(row: &Row) -> bool {
    !row.implementation.starts_with("ours") && !row.implementation.ends_with(SQLITE)
}

/// Writes what storing and loading costs in databases on disk: ours beside mls-rs.
pub fn stored(rows: &[Row], suite: u16) -> String {
    let mut text = String::new();
    let rows: Vec<&Row> = rows
        .iter()
        .filter(|row| row.suite == suite && row.runs > 0 && row.implementation.ends_with(SQLITE))
        .filter(|row| STORED.contains(&row.operation.as_str()))
        .collect();
    for ours in rows.iter().filter(|row| row.implementation.starts_with("ours")) {
        let same = |other: &&&Row| other.operation == ours.operation && other.members == ours.members;
        let Some(rival) = rows.iter().filter(same).find(|other| !other.implementation.starts_with("ours")) else {
            continue;
        };
        if text.is_empty() {
            text.push_str(
                "\nIn SQLite: processor time, and the time on the wall beside \
                 it. Ours stores each step as part of it, mls-rs when it is told to.\n\n| operation | members | ours | wall | \
                 mls-rs | wall | ours / mls-rs | ours, bytes stored | mls-rs |\n|---|---|---|---|---|---|---|---|---|\n",
            );
        }
        let bytes = |row: &Row| row.stored.map_or_else(|| "-".to_owned(), |bytes| bytes.to_string());
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {:.3} | {} | {} |",
            ours.operation,
            ours.members,
            time(ours.cpu_us),
            time(ours.wall_us),
            time(rival.cpu_us),
            time(rival.wall_us),
            ours.cpu_us / rival.cpu_us,
            bytes(ours),
            bytes(rival)
        )
        .unwrap();
    }
    text
}

/// Writes what several threads share, by the wall: ours on all cores beside ours on one and the best rival.
pub fn shared(rows: &[Row], suite: u16) -> String {
    let mut text = String::new();
    for row in rows.iter().filter(|row| row.suite == suite && row.implementation == ALL_CORES) {
        let same = |other: &&Row| {
            other.operation == row.operation && other.members == row.members && other.suite == suite && other.runs > 0
        };
        let best = |of: fn(&Row) -> f64| {
            let rivals = rows.iter().filter(same).filter(|other| is_rival(other));
            rivals.map(of).min_by(f64::total_cmp)
        };
        let alone = rows.iter().filter(same).filter(|other| other.implementation == "ours").map(|other| other.wall_us);
        let Some(alone) = alone.min_by(f64::total_cmp).filter(|_| SHARED.contains(&row.operation.as_str())) else {
            continue;
        };
        if text.is_empty() {
            text.push_str(
                "\nOn all cores, with the feature `parallel`, by the wall. mls-rs uses several threads, too: its time on the \
                 wall, and of the processor.\n\n| operation | members | ours, one core | all cores | best rival, wall | ours / \
                 rival | best rival, processor | ours / rival |\n|---|---|---|---|---|---|---|---|\n",
            );
        }
        let beside = |rival: Option<f64>| {
            rival.map_or_else(|| "- | -".to_owned(), |rival| format!("{} | {:.3}", time(rival), row.wall_us / rival))
        };
        let (wall, processor) = (beside(best(|row| row.wall_us)), beside(best(|row| row.cpu_us)));
        let Row { operation, members, wall_us, .. } = row;
        writeln!(text, "| {operation} | {members} | {} | {} | {wall} | {processor} |", time(alone), time(*wall_us))
            .unwrap();
    }
    text
}

/// A time with three digits.
fn time(us: f64) -> String {
    match us {
        us if us < 1e3 => format!("{} us", digits(us)),
        us if us < 1e6 => format!("{} ms", digits(us / 1e3)),
        us => format!("{} s", digits(us / 1e6)),
    }
}

fn digits(value: f64) -> String {
    match value {
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

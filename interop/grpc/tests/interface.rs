//! The interface's calls and field numbers against the table that they were written from.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "these are tests"
)]

use core::fmt::Write as _;
use std::path::Path;

/// The table, committed: calls as `Name(Request) -> Response`, messages as `Name: field = number: type, ..`.
const COMMITTED: &str = include_str!("interface.txt");
const PROTO: &str = include_str!("../proto/mls_client.proto");

/// The proto file in the form of the table.
fn of_proto(proto: &str) -> Vec<String> {
    let (mut lines, mut message) = (Vec::new(), None::<(String, Vec<String>)>);
    for line in proto.lines().map(str::trim) {
        if let Some(call) = line.strip_prefix("rpc ") {
            lines.push(call.replace(" returns (", " -> ").trim_end_matches(");").to_owned());
        } else if let Some(name) = line.strip_prefix("message ") {
            if let Some(name) = name.strip_suffix(" {}") {
                lines.push(format!("{name}: (empty)"));
            } else {
                message = Some((name.trim_end_matches(" {").to_owned(), Vec::new()));
            }
        } else if line == "}" {
            if let Some((name, fields)) = message.take() {
                lines.push(format!("{name}: {}", fields.join(", ")));
            }
        } else if let (Some((_, fields)), Some(field)) = (&mut message, line.strip_suffix(';')) {
            let (left, number) = field.split_once(" = ").unwrap();
            let words: Vec<_> = left.split(' ').collect();
            fields.push(match words.as_slice() {
                ["repeated", kind, name] => format!("{name} = {number}: r {kind}"),
                [kind, name] => format!("{name} = {number}: {kind}"),
                other => panic!("a field of another form: {other:?}"),
            });
        }
    }
    lines
}

/// The table in the design notes, in the same form.
fn of_notes(notes: &str) -> Vec<String> {
    let start = notes.find("Package `mls_client`").unwrap();
    let table = &notes[start..start + notes[start..].find("What the others implement").unwrap()];
    let (_, calls) = table.split_once("unary:\n").unwrap();
    let calls = calls.lines().next().unwrap().trim_end_matches('.');
    let calls = calls.split("; ").map(|call| call.replace('`', ""));
    let messages = table.lines().filter_map(|line| line.strip_prefix("- ").map(str::to_owned));
    calls.chain(messages).collect()
}

#[test]
fn the_interface_is_that_of_the_committed_table() {
    let mut written = String::new();
    of_proto(PROTO).iter().for_each(|line| writeln!(written, "{line}").unwrap());
    assert_eq!(written, COMMITTED);
    assert_eq!(COMMITTED.lines().filter(|line| line.contains(" -> ")).count(), 34);
}

#[test]
fn the_interface_is_that_of_the_shared_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/design/peers.md");
    let Ok(notes) = std::fs::read_to_string(&path) else {
        println!("no {}: not compared", path.display());
        return;
    };
    assert_eq!(of_proto(PROTO), of_notes(&notes));
}

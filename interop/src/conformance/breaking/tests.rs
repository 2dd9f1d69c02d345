use std::path::Path;

use super::change::{Rank, With};
use super::collect::{MARK, collect};
use super::scope::scope;
use super::weave::weave;
use super::workshop::adapted;

/// The source with each change in it by itself, only those lines that differ.
fn changed(text: &str, line: usize) -> Vec<String> {
    let scope = scope(text, line).unwrap();
    let found = collect(text).unwrap();
    let within = found.changes.iter().filter(|change| scope.near.contains(&change.anchor) && change.what != MARK);
    let differing = |changed: String| {
        let lines = changed.lines().zip(text.lines()).filter(|(new, old)| new != old);
        lines.map(|(new, _)| new.trim().to_owned()).collect::<Vec<_>>().join(" / ")
    };
    within.map(|change| differing(change.replaced(text).unwrap())).collect()
}

#[test]
fn conditions_never_and_always_hold() {
    let text = "fn f() -> R {\n    // req: R-1-01\n    if a == b {\n        return Err(E);\n    }\n    g()\n}\n";
    let wanted = ["if (false) {", "if (true) {", "if (!(a == b)) {", "if (a != b) {"];
    assert_eq!(changed(text, 2), wanted);
    let text = "fn f() {\n    if c {\n    } else if let Some(x) = y && z {\n    }\n}\n";
    let wanted = ["} else if false && let Some(x) = y && z {", "} else if let Some(x) = y && (false) {"];
    assert_eq!(changed(text, 2)[..2], wanted);
}

#[test]
fn what_disables_a_refusal_ranks_first() {
    let rank = |text: &str, what: &str| {
        collect(text).unwrap().changes.into_iter().find(|change| change.what == what).map(|change| change.rank)
    };
    let refusing = "fn f() -> R { if a { return Err(E); } Ok(()) }";
    assert_eq!(rank(refusing, "never"), Some(Rank::Disabled));
    assert_eq!(rank(refusing, "always"), Some(Rank::Reversed));
    let allowing = "fn f() -> R { if a { Ok(()) } else { Err(E) } }";
    assert_eq!(rank(allowing, "never"), Some(Rank::Reversed));
    assert_eq!(rank(allowing, "always"), Some(Rank::Disabled));
}

#[test]
fn checks_are_made_and_dropped_or_left_out() {
    let text = "fn f() -> R {\n    check(a, |x| x?)\n        .or(b)?;\n    c()\n}\n";
    let changed = changed(text, 1);
    assert_eq!(changed[0], "let _ = check(a, |x| x?) / .or(b);");
    // Left out altogether.
    assert!(changed[1].ends_with("/ c() / }"), "{changed:?}");
}

#[test]
fn functions_return_at_once() {
    let returned = |head: &str| changed(&format!("/// x\n{head} {{\n    g()\n}}\n"), 1);
    assert_eq!(returned("fn f(a: [u8; 3]) -> Result<(), E>"), ["fn f(a: [u8; 3]) -> Result<(), E> { return Ok(());"]);
    assert_eq!(returned("fn f() -> bool").len(), 2);
    assert_eq!(returned("fn f()"), ["fn f() { return ();"]);
    assert_eq!(returned("fn f() -> Option<u8>")[0], "fn f() -> Option<u8> { return None;");
}

#[test]
fn arms_go_where_others_are_left() {
    let text = "fn f() -> R {\n    match x {\n        A => Err(E),\n        _ => Ok(()),\n    }\n}\n";
    let off = "A if false => Err(E),";
    let changed_arm = changed(text, 2);
    assert!(changed_arm.contains(&off.to_owned()) && changed_arm.contains(&"A => (Ok(())),".to_owned()));
    // Without the last arm nothing would be left.
    assert!(!changed(text, 3).iter().any(|line| line.contains("if false")));
}

#[test]
fn constants_change_without_a_switch() {
    let text = "const A: &[u8] = b\"label\";\n";
    assert_eq!(changed(text, 0), ["const A: &[u8] = b\"xlabel\";"]);
    assert!(matches!(collect(text).unwrap().changes[0].with, With::Text(_)));
}

#[test]
fn what_is_derived_has_a_switch_and_other_structures_have_none() {
    let text = "// req: R-1-01\n#[derive(Encode)]\npub struct S {\n    /// One.\n    b: u8,\n    c: u16,\n}\n";
    let found = collect(text).unwrap();
    assert_eq!(found.changes[0].with, With::Derived);
    assert!(weave(text, &found, &[(0, 3)]).text.contains("\n#[doc = \"mls-switch 3\"] #[derive(Encode)]\n"));
    assert_eq!(scope(text, 1).unwrap().far, text.find('#').unwrap()..text.len() - 1);
    assert_eq!(changed(&text.replace("Encode", "Clone"), 1), ["c: u16, / /// One. / b: u8,"]);
}

#[test]
fn arguments_are_others_or_change_places() {
    let text = "fn f() -> R {\n    let a = g(b, c)?;\n    Ok(a)\n}\n";
    let changed = changed(text, 1);
    for wanted in
        ["let a = (g(b, c).unwrap());", "let a = (g(c, b))?;", "let a = g((&[]), c)?;", "let a = g(b, (None))?;"]
    {
        assert!(changed.contains(&wanted.to_owned()), "{wanted} {changed:?}");
    }
}

#[test]
fn what_is_for_tests_is_left_alone() {
    let text = "#[cfg(test)]\nmod tests { fn f() -> bool { a == b } }\n#[test]\nfn g() { h(); }\n";
    let found = collect(text).unwrap();
    assert!(found.functions.is_empty() && found.changes.is_empty());
}

#[test]
fn a_line_of_a_chain_is_what_is_called_in_it() {
    let text = "fn f() {\n    let a = b\n        .filter(|x| *x)\n        .max();\n}\n";
    let scope = scope(text, 2).unwrap();
    assert_eq!(&text[scope.near], ".filter(|x| *x)");
}

/// Switches nest, and each is found again where it stands.
#[test]
fn changes_are_woven_into_one_source() {
    let text = "const fn f(a: u8) -> bool {\n    a == 1 && b\n}\n";
    let found = collect(text).unwrap();
    let index = |what: &str| found.changes.iter().position(|change| change.what == what).unwrap();
    let chosen = [(index("returns true"), 1), (index("|| for &&"), 2), (index("!= for =="), 3)];
    let woven = weave(text, &found, &chosen);
    let wanted = "      fn f(a: u8) -> bool { if ::mls_switch::on(1) { return true; } \n    \
                  (if ::mls_switch::on(2) { a == 1 || b } else { (if ::mls_switch::on(3) { a != 1 } else { a == 1 }) && b })\n}\n";
    assert_eq!(woven.text, wanted);
    for place in &woven.places {
        assert!(woven.text[place.other.clone()].contains(&format!("on({})", place.number)));
    }
    let outer = woven.places.iter().find(|place| place.number == 2).unwrap();
    let inner = woven.places.iter().find(|place| place.number == 3).unwrap();
    assert!(outer.whole.start < inner.whole.start && inner.whole.end < outer.whole.end);
    // Without a switch it is as it was.
    assert_eq!(weave(text, &found, &[]).text, text);
}

/// What is replaced stands in the workspace's manifest, which may change. In a copy it has been replaced already.
#[test]
fn the_manifest_of_the_copy_knows_the_switches() {
    let manifest = include_bytes!("../../../../Cargo.toml").to_vec();
    let text = String::from_utf8(adapted(Path::new("Cargo.toml"), manifest)).unwrap();
    for line in [
        "    \"mls-switch\",",
        "mls-codec = { opt-level = 0, debug = false }",
        "mls-core = { opt-level = 0, debug = false }",
    ] {
        assert!(text.lines().any(|other| other == line), "{line}");
    }
}

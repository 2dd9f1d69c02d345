use super::rules::changes;

/// The changed lines of each change.
fn changed(text: &str, line: usize) -> Vec<String> {
    let differing = |changed: &str| {
        let lines =
            changed.lines().zip(text.lines()).filter(|(new, old)| new != old).map(|(new, _)| new.trim().to_owned());
        lines.collect::<Vec<_>>().join(" / ")
    };
    changes(text, line).iter().map(|change| differing(&change.text)).collect()
}

#[test]
fn conditions_never_hold_or_hold_in_reverse() {
    let text = "fn f() {\n    // req: R-1-01\n    if a(\"{\") { // {\n        return Err(E);\n    }\n    b();\n}\n";
    let wanted = ["if false && (a(\"{\")) { // {", "if !(a(\"{\")) { // {", "if a(\"x{\") { // {"];
    assert_eq!(changed(text, 2), wanted);
    let text = "fn f() {\n    } else if let Some(x) = y {\n    }\n}\n";
    assert_eq!(changed(text, 1), ["} else if false && let Some(x) = y {"]);
    let text = "match x {\n    A { b } if b > c => Err(E),\n    _ => Ok(()),\n}\n";
    assert_eq!(changed(text, 1)[0], "A { b } if false && (b > c) => Err(E),");
}

#[test]
fn checks_are_made_and_dropped() {
    let text = "fn f() {\n    check(a, |x| x?)\n        .or(b)?;\n    c()\n}\n";
    assert_eq!(changed(text, 1)[0], "let _ = check(a, |x| x?) / .or(b);");
}

#[test]
fn functions_return_at_once() {
    let text = "/// x\npub fn f(a: [u8; 3]) -> Result<(), E> {\n    g()\n}\n";
    assert_eq!(changed(text, 1)[0], "pub fn f(a: [u8; 3]) -> Result<(), E> {return Ok(());");
    let text = "fn f() -> bool {\n    g()\n}\n";
    assert_eq!(changed(text, 0)[..2], ["fn f() -> bool {return true;", "fn f() -> bool {return false;"]);
}

#[test]
fn arms_values_and_literals_change() {
    let text = "match x {\n    A => 1,\n    B => 2,\n}\n";
    assert_eq!(changed(text, 1), ["A if false => 1,", "A => (1 + 1),", "A => 7,"]);
    let text = "fn f() {\n    let a = b == c;\n    d(a);\n}\n";
    assert_eq!(changed(text, 1), ["let a = b != c;", "let a = Default::default();"]);
    assert_eq!(changed(text, 2), [""]);
    let text = "const A: &[u8] = b\"label\";\n";
    assert_eq!(changed(text, 0).last().unwrap(), "const A: &[u8] = b\"xlabel\";");
}

#[test]
fn loops_tails_and_fields_change() {
    let text = "fn f() {\n    for a in b(c) {\n        d();\n    }\n    e(f).map_err(|_| g)\n}\n";
    assert_eq!(changed(text, 1)[0], "for a in (b(c)).into_iter().take(0) {");
    assert_eq!(changed(text, 4)[0], "{ let _ = e(f).map_err(|_| g); Ok(()) }");
    let text = "// req: R-1-01\n#[derive(Encode)]\npub struct A {\n    /// One.\n    b: u8,\n    c: u16,\n}\n";
    let changes = changes(text, 1);
    assert_eq!(changes.last().unwrap().what, "fields swapped");
    assert!(changes.last().unwrap().text.contains("    /// One.\n    c: u16,\n    b: u8,\n}\n"));
}

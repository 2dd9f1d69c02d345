use std::collections::BTreeSet;

use super::assign::assignments;
use super::read_scenarios;

#[test]
fn few_assignments_are_all_tried() {
    let (all, whole) = assignments(2, 3, 8, 1);
    assert!(whole);
    assert_eq!(all.first(), Some(&vec![0, 0, 0]));
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 8);
}

#[test]
fn many_assignments_are_drawn_from_the_seed() {
    let (some, whole) = assignments(3, 40, 6, 1);
    assert!(!whole);
    assert_eq!(some.len(), 6);
    assert!(some.iter().all(|places| places.len() == 40 && places.iter().all(|place| *place < 3)));
    assert!((0..3).all(|server| some.contains(&vec![server; 40])), "one server plays all");
    assert_eq!(assignments(3, 40, 6, 1), (some.clone(), false));
    assert_ne!(assignments(3, 40, 6, 2).0, some);
}

#[test]
fn actors_come_in_the_order_of_the_script() {
    let json = r#"{"scripts": {"s": [
        {"action": "createGroup", "actor": "a", "members": ["b"]},
        {"action": "fullCommit", "actor": "b", "members": ["a"], "joiners": ["c"], "force_path": true},
        {"action": "addExternalSigner", "actor": "a", "signer": "d"}
    ]}}"#;
    let scenarios = read_scenarios("file", json).unwrap();
    assert_eq!(scenarios[0].name(), "file/s");
    assert_eq!(scenarios[0].actors(), ["a", "b", "c", "d"]);
    assert!(scenarios[0].steps[1].force_path);
}

#[test]
fn a_field_that_is_not_known_is_an_error() {
    let json = r#"{"scripts": {"s": [{"action": "createGroup", "actors": "a"}]}}"#;
    assert!(read_scenarios("file", json).unwrap_err().contains("actors"));
}

//! GREASE (RFC 9420 section 13.5), which is on by default.

use mls_client::CommitPlan;
use mls_client::mls_core::extension::ExtensionType;
use mls_client::mls_core::key_package::KeyPackage;

use crate::world::{Party, Setup, assert_talk, deliver, pair};

const fn reserved(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

fn greased(key_package: &KeyPackage) -> [bool; 6] {
    let leaf = &key_package.leaf_node;
    let capabilities = &leaf.capabilities;
    let extension = |kind: &ExtensionType| reserved(kind.0);
    [
        capabilities.cipher_suites.iter().any(|suite| reserved(suite.0)),
        capabilities.extensions.iter().any(extension),
        capabilities.proposals.iter().any(|kind| reserved(kind.0)),
        capabilities.credentials.iter().any(|kind| reserved(kind.0)),
        leaf.extensions.iter().any(|one| reserved(one.extension_type.0)),
        key_package.extensions.iter().any(|one| reserved(one.extension_type.0)),
    ]
}

// req: R-13.5-01, R-13.5-02, R-7.2-09, R-10-12
scenario! { fn key_packages_are_greased_unless_told_otherwise() {
    let alice = Party::new("alice");
    let made = alice.client.key_package(&alice.identity).unwrap().key_package;
    assert_eq!(greased(&made), [true; 6]);
    let plain = alice.client_with("plain", Setup { grease: false, ..Setup::default() });
    let made = plain.key_package(&alice.identity).unwrap().key_package;
    assert_eq!(greased(&made), [false; 6]);
} }

// req: R-13.5-05, R-13.5-06
scenario! { fn a_greased_group_works_and_its_context_is_not_greased() {
    let (_, mut at_alice, _, mut at_bob) = pair();
    let carol = Party::new("carol");
    let commit = at_alice.add(&[carol.key_package()]).unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    let mut at_carol = carol.client.join(&commit.welcome.unwrap(), None).unwrap();
    let commit = at_carol.commit(&CommitPlan::default()).unwrap();
    deliver(&mut at_carol, &commit, &mut [&mut at_alice, &mut at_bob]);
    assert_talk(&mut at_carol, &mut at_bob);
    assert!(at_carol.context().extensions.is_empty());
} }

// req: R-13.5-08
scenario! { fn what_a_client_supports_takes_no_grease_up() {
    let alice = Party::new("alice");
    for _ in 0..20 {
        let made = alice.client.key_package(&alice.identity).unwrap().key_package;
        let capabilities = &made.leaf_node.capabilities;
        assert_eq!(capabilities.cipher_suites.iter().filter(|suite| reserved(suite.0)).count(), 1);
        assert_eq!(capabilities.proposals.iter().filter(|kind| reserved(kind.0)).count(), 1);
        assert_eq!(capabilities.credentials.iter().filter(|kind| reserved(kind.0)).count(), 1);
    }
} }
